"""Who may train on a device: one run at a time, or one group of runs started together, in the order of their creation."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from ganlab.devices import resolve
from ganlab.lock import FileLock, is_held
from ganlab.run import Run, runs

_POLL_SECONDS = 0.3


@contextmanager
def device_slot(run: Run, device: str, say: Callable[[str], None]) -> Iterator[bool]:
    """Hold the device for `run` inside the block; False when somebody asked the run to stop while it waited.

    Every holder shares the lock and writes its group (or id) beside it: newcomers of the same group join, others need
    the lock for themselves alone.
    """
    folder = run.path.parent / ".devices"
    folder.mkdir(exist_ok=True)
    stem = device.replace(":", "-")
    lock, holder = FileLock(folder / f"{stem}.lock"), folder / f"{stem}.holder"
    said = ""
    while not _take(lock, holder, run, device):
        if run.stop_requested():
            yield False
            return
        ahead = 1 + len(_waiting_before(run, device))
        message = f"Waiting for {device}: {ahead} {'run is' if ahead == 1 else 'runs are'} ahead."
        if message != said:
            say(message)
            said = message
        time.sleep(_POLL_SECONDS)
    try:
        yield True
    finally:
        lock.release()


def _take(lock: FileLock, holder: Path, run: Run, device: str) -> bool:
    mine = run.settings["group"] or run.id
    if holder.exists() and holder.read_text() == mine and lock.acquire(shared=True):
        return True
    if _waiting_before(run, device) or not lock.acquire():
        return False
    holder.write_text(mine)
    return lock.acquire(shared=True)


def _waiting_before(run: Run, device: str) -> list[Run]:
    """Older runs that wait for the same device."""
    older = (other for other in runs(run.path.parent) if other.id < run.id and is_held(other.lock_path))
    return [other for other in older if other.status().state == "queued" and _device(other) == device]


def _device(run: Run) -> str | None:
    try:
        return resolve(run.settings["config"]["device"])
    except ValueError:  # written on another machine: it waits for nothing here
        return None
