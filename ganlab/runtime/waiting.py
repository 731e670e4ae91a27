"""The queue of every device, as its workers keep it: nothing is stored here, everything is read from the run directories."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from pathlib import Path

from ganlab.runtime.device_queue import device_of, holder_of
from ganlab.runtime.run import Run, runs


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
        """Who gets a device together: the group of the run, or the run alone."""
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
        except (OSError, ValueError, sqlite3.Error):  # deleted meanwhile, damaged, or being written to
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
