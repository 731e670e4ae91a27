"""The queue of every device: one run at a time, or one group of runs started together, in the order of their creation.

Runs of the sandbox have a queue of their own on the same device, so that they never take the others' turn.

Nothing is stored but the holder of each device; the queue is derived from the run directories.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from ganlab.core.files import read_bounded
from ganlab.core.lock import FileLock, is_held
from ganlab.runtime.retry import Attempt, at_once
from ganlab.runtime.run import ID, UNREADABLE, Run, runs_root
from ganlab.runtime.status import Activity, Status

SANDBOX = ":sandbox"  # after the device in a slot's name
_POLL_SECONDS = 0.5  # between two looks of a run that waits
_RESCAN_SECONDS = 15.0  # until it looks through all runs in any case: an older one may have been resumed


@contextmanager
def device_slot(
    run: Run,
    device: str,
    report: Callable[[Activity], None],
    *,
    stop: Callable[[], bool] | None = None,
    attempt: Attempt = at_once,
) -> Iterator[bool]:
    """Hold the device for `run` inside the block; False when `stop` said meanwhile that the run is asked to stop.

    What is written is written by `attempt`.

    Every holder shares the lock and writes its group (or id) beside it: newcomers of the same group join, others need
    the lock for themselves alone.
    """
    line, reported = attempt(lambda: _Line(run, slot_of(run, device))), -1
    while not attempt(line.take):
        if (stop or run.stop_requested)():
            yield False
            return
        if (ahead := 1 + line.ahead) != reported:
            report(Activity("waiting_device", device, ahead=ahead))
            reported = ahead
        time.sleep(_POLL_SECONDS)
    try:
        yield True
    finally:
        line.leave()


class _Line:
    """The line for a device, or the sandbox on it, as one run in it sees it.

    All runs are looked through only where another run has the device than before, or the worker of one that waits before this
    one has ended. `ahead` counts those that wait before, without any that have the device already and load their data.
    """

    def __init__(self, run: Run, device: str) -> None:
        self.run, self.device, self.ahead = run, device, 0
        self._holder = _holder(run.path.parent, device)
        self._holder.parent.mkdir(exist_ok=True)
        self._lock = FileLock(self._holder.with_suffix(".lock"))
        self._before: list[Run] = []
        self._has, self._rescan_at = "", 0.0

    def take(self) -> bool:
        """Take the device if it is this run's turn."""
        mine = _party(self.run)
        if _named(self._holder) == mine and self._lock.acquire(shared=True):
            if _named(self._holder) == mine:  # or another run took the device between the look and the lock
                return True
            self._lock.release()
        self._look()
        if self.ahead or not self._lock.acquire():
            return False
        if _waiting_before(self.run, self.device):  # one that was resumed, or that has come back for the device it had
            self._lock.release()
            return False
        self._holder.write_text(mine)
        return self._lock.acquire(shared=True)

    def leave(self) -> None:
        """Give the device back."""
        self._lock.release()

    def _look(self) -> None:
        has, now = _named(self._holder), time.monotonic()
        if has == self._has and now < self._rescan_at and all(is_held(other.lock_path) for other in self._before):
            return
        self._before = _waiting_before(self.run, self.device)
        self._has, self._rescan_at = has, now + _RESCAN_SECONDS
        self.ahead = sum(_party(other) != has for other in self._before)


def _named(holder: Path) -> str:
    try:
        return read_bounded(holder, 1000).decode()
    except (OSError, UnicodeDecodeError):
        return ""


def holder_of(root: Path, device: str) -> str:
    """The group or id of the runs that had `device` last, "" when none had; those still queued are loading their data."""
    return _named(_holder(root, device))


def _holder(root: Path, device: str) -> Path:
    """The file with the group or id of the runs that have `device`."""
    return root / ".devices" / f"{device.replace(':', '-')}.holder"


def _party(run: Run) -> str:
    """What gets a device together: the group of the run, or the run alone."""
    return run.settings.group or run.id


def _waiting_before(run: Run, device: str) -> list[Run]:
    """Older runs that wait for the same device, oldest first."""
    older = _claimed(run.path.parent, before=run.id)
    return [other for other, status, wanted in older if status.state == "queued" and wanted == device]


def awaited(run: Run, device: str) -> bool:
    """Whether others wait for the device that this run, or its group, has and does not use as it is paused."""
    try:
        slot = slot_of(run, device)
        others = [(_party(other), status) for other, status, wanted in _claimed(run.path.parent) if wanted == slot]
    except OSError:  # the folder of runs cannot be looked at right now
        return False
    mine = [status for party, status in others if party == _party(run)]
    waits = any(status.state == "queued" and party != _party(run) for party, status in others)
    return waits and all(status.state == "paused" for status in mine)


def slot_of(run: Run, device: str) -> str:
    """What the run waits for: the device, or the sandbox on it."""
    return f"{device}{SANDBOX}" if run.settings.owner else device


def _claimed(root: Path, before: str = "~") -> Iterator[tuple[Run, Status, str]]:
    """The runs that a worker has claimed, oldest first, each with its status and slot; of ended ones only the lock is tried.

    Those that are damaged, deleted meanwhile, or being written to hold up no other run. `before`: only ids that sort before it.
    """
    names = os.listdir(root) if root.is_dir() else []  # noqa: PTH208  (names alone; what is no folder has no lock)
    for run in (Run(root / name) for name in sorted(names) if name < before and ID.fullmatch(name)):
        try:
            if is_held(run.lock_path):
                status = run.status()
                yield run, status, slot_of(run, status.device or device_of(run))
        except UNREADABLE:
            continue


def device_of(run: Run) -> str:
    """The device that a run's settings mean here; ValueError when it is not on this machine."""
    from ganlab.core.devices import resolve  # noqa: PLC0415  (brings PyTorch)

    return resolve(run.settings.device)


@dataclass(frozen=True)
class Place:
    """A run in the queue of a `device`, or slot: `ahead` runs wait before it; None when it has it (loads or trains) or is `away`.

    A `paused` run that has given its turn to others is away: it has no device, and waits for one only when it is to go on.
    """

    run: Run
    device: str
    ahead: int | None
    paused: bool = False
    away: bool = False

    @property
    def waits(self) -> bool:
        """Whether it waits for the device."""
        return self.ahead is not None

    @property
    def has(self) -> bool:
        """Whether it has the device."""
        return not (self.waits or self.away)

    @property
    def party(self) -> str:
        """The group of the run, or the run alone: what gets a device together."""
        return _party(self.run)


def queue(root: Path | None = None) -> dict[str, tuple[Place, ...]]:
    """{device or slot: runs that have it, then those that wait for it in the order they will get it, then those that are away}.

    Devices without any are left out.

    Runs started together (a group) have a device together. A run made on another machine, whose device is not here, waits for
    nothing and is left out.
    """
    found: dict[str, tuple[list[Place], list[Place], list[Place]]] = {}  # that have it, wait, are away
    for run, status, device in _claimed(root or runs_root()):
        if status.active:
            having, waiting, away = found.setdefault(device, ([], [], []))
            paused = status.state == "paused"
            if status.gave_turn:
                away.append(Place(run, device, None, paused, away=True))
            elif status.state != "queued" or holder_of(run.path.parent, device) == _party(run):
                having.append(Place(run, device, None, paused))
            else:
                waiting.append(Place(run, device, len(waiting)))
    return {device: tuple(chain.from_iterable(found[device])) for device in sorted(found)}


def cancel(run: Run, who: str = "") -> None:
    """Take a run that waits or is paused out of the queue: it ends as stopped, and can be resumed, which puts it back by its age.

    ValueError when it does neither (any more): one that trains is stopped, not cancelled.
    """
    places = [place for places in queue(run.path.parent).values() for place in places if place.run.id == run.id]
    if not places or not (places[0].waits or places[0].paused):
        raise ValueError(f"{run.id} is {run.status().state}: it does not wait in the queue.")
    run.request_stop(who)
