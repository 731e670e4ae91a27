"""Runs side by side: which settings differ, and where each stood after as many steps, seconds, images or epochs as the others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ganlab.core.config import Value, config_differences, same_setting
from ganlab.runtime.images_seen import images_seen
from ganlab.runtime.run import Run
from ganlab.runtime.store import Annotation, Series

AXES = ("step", "time", "images", "epoch")
FEWEST, MOST = 2, 4  # runs in one comparison

# A single step's loss is mostly noise: a value is the mean over the last part of the steps before it.
_WINDOW = 0.05

_MEASURED = "distance/"  # metrics that compare with real images


@dataclass(frozen=True)
class RunAt:
    """A run after `step` steps, `seconds` of training and `images` real images, with its newest sheet by then.

    `values` are the means of each metric over the last twentieth of those steps, or its newest value where it is rarer.
    """

    run: str
    step: int
    seconds: float
    images: int
    epochs: float | None
    sheet: int | None
    values: dict[str, float]


@dataclass(frozen=True)
class MetricRow:
    """One metric under one `protocol` (empty for losses and rates, None where it is not on record) in every run.

    The value is None where a run has none or was measured under another protocol: numbers of two protocols never share a row.
    """

    name: str
    values: tuple[float | None, ...]
    protocol: str | None = ""


@dataclass(frozen=True)
class Comparison:
    """Two to four runs side by side at the place `at` on `axis`; `until` is the last place that all of them have reached.

    `settings` holds the value of each differing setting in every run (None where the family has no such setting), `changes`
    what was changed while each run trained. `z_dims` are the sizes of each run's z (None for translators), `same_z` is
    whether the sheets of all are drawn from the same z.
    """

    runs: tuple[str, ...]
    settings: dict[str, tuple[Value | None, ...]]
    changes: tuple[tuple[Annotation, ...], ...]
    axis: str
    at: float
    until: float
    z_dims: tuple[int | None, ...]
    same_z: bool
    runs_at: tuple[RunAt, ...]
    metrics: tuple[MetricRow, ...]


def compare(runs: Sequence[Run], axis: str = "step", at: float | None = None) -> Comparison:
    """Compare `runs` at the place `at` on `axis` (steps, seconds, images or epochs); by default the last that all have reached.

    ValueError for fewer than two or more than four runs, and for an unknown axis.
    """
    if not FEWEST <= len(runs) <= MOST:
        raise ValueError(f"{FEWEST} to {MOST} runs can be compared, not {len(runs)}.")
    if axis not in AXES:
        raise ValueError(f"axis = {axis!r} is not one of {', '.join(AXES)}.")
    histories = [_History(run) for run in runs]
    until = min(history.place(history.last, axis) for history in histories)
    at = until if at is None else max(0.0, min(at, until))
    configs = [_used(run.settings.config) for run in runs]
    runs_at = tuple(history.at(history.step_at(at, axis)) for history in histories)
    z_dims = tuple(config.get("z_dim") for config in configs)
    same_z = None not in z_dims and all(same_setting(configs, name) for name in ("seed", "z_dim", "samples"))
    changes = tuple(tuple(_changes(run)) for run in runs)
    ids = tuple(run.id for run in runs)
    return Comparison(
        ids, config_differences(configs), changes, axis, at, until, z_dims, same_z, runs_at, _metric_rows(runs, runs_at)
    )


def _used(config: Mapping[str, Any]) -> dict[str, Any]:
    """A config without what means nothing to its family."""
    from ganlab.training.families import FAMILIES  # noqa: PLC0415  (brings torch)

    family = FAMILIES.get(config["family"])
    return {name: value for name, value in config.items() if family is None or name not in family.unused}


def _changes(run: Run) -> list[Annotation]:
    return [note for note in run.annotations() if note.kind == "changed"]


def _metric_rows(runs: Sequence[Run], runs_at: Sequence[RunAt]) -> tuple[MetricRow, ...]:
    """One row for each metric, or for each protocol that it was measured under."""
    known = [run.protocols for run in runs]
    rows = []
    for name in dict.fromkeys(name for run_at in runs_at for name in run_at.values):
        protocols = [_protocol(name, one) for one in known]
        measured = zip(runs_at, protocols, strict=True)
        for protocol in dict.fromkeys(protocol for run_at, protocol in measured if name in run_at.values):
            pairs = zip(runs_at, protocols, strict=True)
            values = tuple(run_at.values.get(name) if one == protocol else None for run_at, one in pairs)
            rows.append(MetricRow(name, values, protocol))
    return tuple(rows)


def _protocol(name: str, known: Mapping[str, str]) -> str | None:
    return known.get(name) if name.startswith(_MEASURED) else ""


class _History:
    """The record of a run, and the map from its steps to the other axes."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self._metrics = run.series()
        status = run.status()
        newest = max((int(series.steps[-1]) for series in self._metrics.values()), default=0)
        self.last = max(status.step, newest)
        clock = self._metrics.get("time/seconds")
        self._clock_steps = np.concatenate([[0], clock.steps]) if clock else np.array([0, max(self.last, 1)])
        self._clock = np.concatenate([[0.0], clock.values]) if clock else np.array([0.0, status.seconds])
        self._num_images = status.num_images
        self._image_steps, self._images = np.array(images_seen(run), dtype=float).T

    def place(self, step: float, axis: str) -> float:
        """Where a step lies on an axis."""
        match axis:
            case "time":
                return float(np.interp(step, self._clock_steps, self._clock))
            case "images":
                return float(np.interp(step, self._image_steps, self._images))
            case "epoch":
                return self.place(step, "images") / max(self._num_images, 1)
        return step

    def step_at(self, place: float, axis: str) -> int:
        """The last step at or before a place on an axis."""
        match axis:
            case "time":
                return int(np.interp(place, self._clock, self._clock_steps) + 1e-6)
            case "images":
                return int(np.interp(place, self._images, self._image_steps) + 1e-6)
            case "epoch":
                return self.step_at(place * max(self._num_images, 1), "images")
        return int(place)

    def at(self, step: int) -> RunAt:
        """The run after `step` steps."""
        values = {name: _recent(series, step) for name, series in self._metrics.items() if not name.startswith("time/")}
        sheets = [sheet for sheet in self.run.samples() if sheet <= step]
        return RunAt(
            self.run.id,
            step,
            self.place(step, "time"),
            round(self.place(step, "images")),
            self.place(step, "epoch") if self._num_images else None,
            sheets[-1] if sheets else None,
            {name: value for name, value in values.items() if value is not None},
        )


def _recent(series: Series, step: int) -> float | None:
    """The mean over the last part of the steps up to `step`; None before the first finite point."""
    known = series.steps <= step
    steps, values = series.steps[known], series.values[known]
    window = values[steps > step * (1 - _WINDOW)]
    window = window[np.isfinite(window)]
    if len(window):
        return float(window.mean())
    finite = values[np.isfinite(values)]
    return float(finite[-1]) if len(finite) else None
