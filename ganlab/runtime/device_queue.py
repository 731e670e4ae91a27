"""The queue of every device: one run at a time, or one group of runs started together, in the order of their creation.

Nothing is stored but the holder of each device; the queue is derived from the run directories.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ganlab.core.lock import FileLock, is_held
from ganlab.runtime.run import UNREADABLE, Run, runs
from ganlab.runtime.status import Activity

_POLL_SECONDS = 0.3


@contextmanager
def device_slot(run: Run, device: str, report: Callable[[Activity], None]) -> Iterator[bool]:
    """Hold the device for `run` inside the block; False when the run was asked to stop while it waited.

    Every holder shares the lock and writes its group (or id) beside it: newcomers of the same group join, others need
    the lock for themselves alone.
    """
    holder = _holder(run.path.parent, device)
    holder.parent.mkdir(exist_ok=True)
    lock = FileLock(holder.with_suffix(".lock"))
    reported = -1
    while not _take(lock, holder, run, device):
        if run.stop_requested():
            yield False
            return
        has = holder_of(run.path.parent, device)
        ahead = 1 + sum((other.settings["group"] or other.id) != has for other in _waiting_before(run, device))
        if ahead != reported:
            report(Activity("waiting_device", device, ahead=ahead))
            reported = ahead
        time.sleep(_POLL_SECONDS)
    try:
        yield True
    finally:
        lock.release()


def _take(lock: FileLock, holder: Path, run: Run, device: str) -> bool:
    mine = run.settings["group"] or run.id
    if _named(holder) == mine and lock.acquire(shared=True):
        if _named(holder) == mine:  # or another run took the device between the look and the lock
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
    """The group or id of the runs that had `device` last, "" when none had; those still queued are loading their data."""
    return _named(_holder(root, device))


def _holder(root: Path, device: str) -> Path:
    """The file with the group or id of the runs that have `device`."""
    return root / ".devices" / f"{device.replace(':', '-')}.holder"


def _waiting_before(run: Run, device: str) -> list[Run]:
    """Older runs that wait for the same device."""
    older = (other for other in runs(run.path.parent) if other.id < run.id and is_held(other.lock_path))
    return [other for other in older if _waits(other) and device_of(other) == device]


def _waits(run: Run) -> bool:
    try:
        return run.status().state == "queued"
    except UNREADABLE:  # deleted meanwhile, or damaged: it holds up no other run
        return False


def device_of(run: Run) -> str | None:
    """The device that a run's settings mean here; None when they were written on another machine, or cannot be read."""
    from ganlab.core.devices import resolve  # noqa: PLC0415  (brings PyTorch)

    try:
        return resolve(run.settings["config"]["device"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


@dataclass(frozen=True)
class Place:
    """A run in the queue of `device`: `ahead` runs wait before it; None when it has the device (loads or trains)."""

    run: Run
    device: str
    ahead: int | None

    @property
    def waits(self) -> bool:
        """Whether it has no device yet."""
        return self.ahead is not None

    @property
    def party(self) -> str:
        """The group of the run, or the run alone: what gets a device together."""
        return str(self.run.settings["group"] or self.run.id)


def queue(root: Path | None = None) -> dict[str, tuple[Place, ...]]:
    """{device: runs that have it, then those that wait for it in the order they will get it}; devices without any are left out.

    Runs started together (a group) have a device together. A run made on another machine, whose device is not here, waits for
    nothing and is left out.
    """
    having: dict[str, list[Run]] = {}
    waiting: dict[str, list[Run]] = {}
    for run in reversed(runs(root)):
        try:
            status = run.status()
            device = (status.device if status.state != "queued" else None) or device_of(run)
        except UNREADABLE:  # deleted meanwhile, damaged, or being written to
            continue
        if status.active and device:
            has = status.state != "queued" or holder_of(run.path.parent, device) == (run.settings["group"] or run.id)
            (having if has else waiting).setdefault(device, []).append(run)
    return {
        device: (
            *(Place(run, device, None) for run in having.get(device, [])),
            *(Place(run, device, ahead) for ahead, run in enumerate(waiting.get(device, []))),
        )
        for device in sorted(having.keys() | waiting.keys())
    }


def cancel(run: Run, who: str = "") -> None:
    """Take a waiting run out of the queue: it ends as stopped, and can be resumed, which puts it back by its age.

    ValueError when it does not wait (any more): one that trains is stopped, not cancelled.
    """
    places = [place for places in queue(run.path.parent).values() for place in places if place.run.id == run.id]
    if not places or not places[0].waits:
        raise ValueError(f"{run.id} is {run.status().state}: it does not wait in the queue.")
    run.request_stop(who)
