"""The state of a run at one moment, and the part of it that a viewer still lacks."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ganlab.app.api.worded import note_values, status_values
from ganlab.runtime.run import Run
from ganlab.runtime.status import Status
from ganlab.runtime.store import Annotation, Series

FIRST_POINTS = 1000  # per series of a first response
MOST_POINTS = 5000  # per series of any response: a viewer that was away for hours is served like a new one


@dataclass(frozen=True)
class Seen:
    """What a viewer has: every point up to step `since`, every sheet up to `sheets`, every annotation up to id `notes`.

    `since` None asks for a first, reduced response; `notes` None for all annotations.
    """

    since: int | None = None
    sheets: int = -1
    notes: int | None = None


@dataclass(frozen=True)
class Snapshot:
    """One consistent view of a run; never changed, so any thread may read it."""

    status: Status
    series: dict[str, Series] = field(default_factory=dict)
    sheets: tuple[int, ...] = ()
    notes: tuple[Annotation, ...] = ()

    @property
    def cursor(self) -> int:
        """The newest step with a metric that will not be written again; -1 before the first.

        A resumed run goes back to its checkpoint: what is known beyond its step it will compute once more.
        """
        newest = max((int(series.steps[-1]) for series in self.series.values()), default=-1)
        return min(newest, self.status.step)

    @classmethod
    def read(cls, run: Run, before: Snapshot | None = None) -> Snapshot:
        """The run as it is now; only what came after `before` is read from the disk."""
        status = run.status()
        new_notes = tuple(run.annotations(before.notes[-1].id if before and before.notes else 0))
        if before is None or _rewound_to(new_notes) is not None:  # a resumed run may have gone back behind what was read
            before = cls(status, notes=before.notes if before else ())
        known = min(before.cursor, status.step)
        new_sheets = tuple(run.samples(before.sheets[-1] if before.sheets else -1))
        new_series = run.series(since=known)
        if status == before.status and not (new_notes or new_sheets or new_series):
            return before
        series = before.series | {name: _joined(before.series.get(name), new, known) for name, new in new_series.items()}
        return cls(status, series, before.sheets + new_sheets, before.notes + new_notes)

    def delta(self, seen: Seen) -> dict[str, Any]:
        """What a viewer lacks, as JSON values. It first drops its points after `since` and its sheets after `sheets_since`."""
        first = seen.since is None
        since, sheets, notes = -1 if seen.since is None else seen.since, seen.sheets, seen.notes
        new_notes = [note for note in self.notes if note.id > (notes or 0)]
        rewound = None if notes is None else _rewound_to(new_notes)
        if rewound is not None:
            since, sheets = min(since, rewound), min(sheets, rewound)
        return {
            "status": status_values(self.status),
            "since": since,
            "sheets_since": sheets,
            "cursor": self.cursor,
            "series": packed(self.series, since, math.inf, FIRST_POINTS if first else MOST_POINTS),
            "sheets": [step for step in self.sheets if step > sheets],
            "annotations": [note_values(note) for note in new_notes],
        }

    def detail(self, start: int, stop: int) -> dict[str, Any]:
        """The points of the steps `start` to `stop`, both included: what a zoom into a reduced curve asks for."""
        return {"from": start, "to": stop, "series": packed(self.series, start - 1, stop, 2 * FIRST_POINTS)}


def packed(series: dict[str, Series], after: float, until: float, points: int) -> dict[str, Any]:
    """{name: {steps, values}} of the steps in (after, until]; reduced series also carry the `means` around each point."""
    result = {}
    for name, whole in series.items():
        start, stop = np.searchsorted(whole.steps, [after, until], side="right")
        part = Series(whole.steps[start:stop], whole.values[start:stop])
        if len(part.steps):
            kept = part.reduced(points)
            result[name] = {"steps": kept.steps.tolist(), "values": _numbers(kept.values)}
            if len(kept.steps) < len(part.steps):
                result[name]["means"] = _numbers(_means(part, kept))
    return result


def _means(part: Series, kept: Series) -> np.ndarray:
    """Extremes draw a curve's envelope but would bias its smoothing: the mean of all points nearest to each kept one."""
    index = np.searchsorted(part.steps, kept.steps)
    edges = np.concatenate([[0], (index[:-1] + index[1:] + 1) // 2])
    return np.add.reduceat(part.values, edges) / np.diff(edges, append=len(part.values))


def _numbers(values: np.ndarray) -> list[float | None]:
    """Single precision is all there is to a metric; JSON knows no NaN and no infinity."""
    return [float(f"{value:.7g}") if math.isfinite(value) else None for value in values.tolist()]


def _rewound_to(notes: tuple[Annotation, ...] | list[Annotation]) -> int | None:
    """The earliest step from which the run was started (again) in `notes`."""
    return min((note.step for note in notes if note.kind == "started"), default=None)


def _joined(old: Series | None, new: Series, known: int) -> Series:
    """The old points up to step `known`, then the new ones."""
    if old is None:
        return new
    kept = np.searchsorted(old.steps, known, side="right")
    return Series(np.concatenate([old.steps[:kept], new.steps]), np.concatenate([old.values[:kept], new.values]))
