"""Who may train on a device: one run at a time, or one group of runs started together, in the order of their creation."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from ganlab.core.lock import FileLock, is_held
from ganlab.runtime.run import Run, runs

_POLL_SECONDS = 0.3


@contextmanager
def device_slot(run: Run, device: str, say: Callable[[str], None]) -> Iterator[bool]:
    """Hold the device for `run` inside the block; False when somebody asked the run to stop while it waited.

    Every holder shares the lock and writes its group (or id) beside it: newcomers of the same group join, others need
    the lock for themselves alone.
    """
    holder = _holder(run.path.parent, device)
    holder.parent.mkdir(exist_ok=True)
    lock = FileLock(holder.with_suffix(".lock"))
    said = ""
    while not _take(lock, holder, run, device):
        if run.stop_requested():
            yield False
            return
        has = holder_of(run.path.parent, device)
        ahead = 1 + sum((other.settings["group"] or other.id) != has for other in _waiting_before(run, device))
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
    if _named(holder) == mine and lock.acquire(shared=True):
        if _named(holder) == mine:  # or somebody else took the device between the look and the lock
            return True
        lock.release()
    if _waiting_before(run, device) or not lock.acquire():
        return False
    holder.write_text(mine)
    return lock.acquire(shared=True)


def _named(holder: Path) -> str:
    try:
        return holder.read_text()
    except (FileNotFoundError, UnicodeDecodeError):
        return ""


def holder_of(root: Path, device: str) -> str:
    """The group or id of the runs that had `device` last, "" when none had: who of them is still queued is loading its data."""
    return _named(_holder(root, device))


def _holder(root: Path, device: str) -> Path:
    """The file that says who has `device`."""
    return root / ".devices" / f"{device.replace(':', '-')}.holder"


def _waiting_before(run: Run, device: str) -> list[Run]:
    """Older runs that wait for the same device."""
    older = (other for other in runs(run.path.parent) if other.id < run.id and is_held(other.lock_path))
    return [other for other in older if _waits(other) and device_of(other) == device]


def _waits(run: Run) -> bool:
    try:
        return run.status().state == "queued"
    except (OSError, ValueError, sqlite3.Error):  # deleted meanwhile, or damaged: nobody waits for it
        return False


def device_of(run: Run) -> str | None:
    """The device that a run's settings mean here; None when they were written on another machine, or cannot be read."""
    from ganlab.core.devices import resolve

    try:
        return resolve(run.settings["config"]["device"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
