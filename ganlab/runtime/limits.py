"""What a server allows: how many runs may wait, how much they may write; and a warning before the disk is full."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ganlab.core.config import TrainConfig
from ganlab.core.files import writable
from ganlab.core.text import byte_size, counted
from ganlab.core.threads import asked_threads
from ganlab.runtime.cleanup import clean
from ganlab.runtime.device_queue import SANDBOX, Place, queue
from ganlab.runtime.disk import LIMIT, checkpoint_bytes_of, limit, room, will_write
from ganlab.runtime.run import Run, runs_root

MAX_WAITING = "GANLAB_MAX_WAITING"
_MOST_WAITING = 20


def most_waiting() -> int:
    """How many runs may wait for a device, on all devices together: GANLAB_MAX_WAITING, by default 20; ValueError if unfit."""
    text = os.environ.get(MAX_WAITING, "").strip() or str(_MOST_WAITING)
    if not text.isdecimal():
        raise ValueError(f"{MAX_WAITING} = {text!r} is not a whole number.")
    return int(text)


def admit(config: TrainConfig, count: int = 1, root: Path | None = None, *, sandbox: bool = False) -> None:
    """Whether `count` more runs like `config` may be started now; ValueError, one sentence, when not.

    They may wait unless too many do (how many in the sandbox is bounded where it is asked), and begin where there is room for
    two checkpoints, without which nothing can be kept.
    """
    from ganlab.core.devices import resolve  # noqa: PLC0415  (brings PyTorch)

    root = root or runs_root()
    asked_threads()
    places, device = queue(root), resolve(config.device)
    waiting, most = will_wait(places), most_waiting()
    if not sandbox and any(not place.away for place in places.get(device, ())) and waiting + count > most:
        lets = f"this server lets {counted(most, 'run') if most else 'no run'} wait"
        if not waiting:
            raise ValueError(f"Others have {device} and {lets}: try again when it is free.")
        wait = f"{counted(waiting, 'run')} {'waits' if waiting == 1 else 'wait'} already"
        raise ValueError(f"{wait} and {lets}: cancel one, or try again when one has begun.")
    least, left = 2 * count * sum(checkpoint_bytes_of(config)), room(root)
    if least > left:
        most_bytes = limit(root)
        freed = clean(root, dry_run=True).bytes
        of = "the disk" if most_bytes is None else f"the {byte_size(most_bytes)} that {LIMIT} allows"
        raise ValueError(f"Only {byte_size(left)} of {of} are left and two checkpoints take {byte_size(least)}: {remedy(freed)}.")


def will_wait(places: Mapping[str, Sequence[Place]]) -> int:
    """How many runs of a `queue` wait for others, without the sandbox's; the first in line for a free device begins."""
    return sum(len(_behind(members)) for slot, members in places.items() if not slot.endswith(SANDBOX))


def _behind(members: Sequence[Place]) -> list[Place]:
    waiting = [place for place in members if place.waits]
    if not waiting or any(place.has for place in members):
        return waiting
    return [place for place in waiting if place.party != waiting[0].party]


def unfit(root: Path | None = None) -> str:
    """Why no run can be started here, in one sentence: a limit that is none, a read-only folder; "" if one can."""
    try:
        most_waiting()
        asked_threads()
        limit(root)
        root = root or runs_root()
    except ValueError as error:
        return str(error)
    if writable(root):
        return ""
    return f"The folder of runs, {root}, cannot be written: make it writable, or let GANLAB_RUNS name another."


@dataclass(frozen=True)
class Shortage:
    """More bytes are `wanted` by the `runs` that train or wait than are `left`; cleaning up frees `freed`."""

    runs: int
    wanted: int
    left: int
    freed: int


def shortage(root: Path | None = None) -> Shortage | None:
    """What is lacking when what trains and waits will write more than there is room for; None while all is well."""
    root = root or runs_root()
    active = [place.run for places in queue(root).values() for place in places]
    wanted, left = sum(map(_written, active)), room(root)
    return Shortage(len(active), wanted, left, clean(root, dry_run=True).bytes) if wanted > left else None


def _written(run: Run) -> int:
    try:
        return will_write(run)
    except (OSError, ValueError, sqlite3.Error):  # deleted meanwhile, or being written to
        return 0


def remedy(freed: int) -> str:
    """What to do where room is lacking and cleaning up frees so many bytes."""
    return f"cleaning up frees {byte_size(freed)} (ganlab clean)" if freed else "delete runs that are not needed any more"
