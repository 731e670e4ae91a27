"""Runs side by side: which settings differ, and where each stood after as many steps, seconds, images or epochs as the others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ganlab.core.config import Value
from ganlab.runtime.images_seen import images_seen
from ganlab.runtime.run import Run
from ganlab.runtime.store import Series

AXES = {"step": "steps", "time": "seconds of training", "images": "real images seen", "epoch": "epochs"}
FEWEST, MOST = 2, 4  # runs in one comparison

# A single step's loss is mostly noise: what is told is the mean of the last part of what came before.
_WINDOW = 0.05

# How a run is shown or kept, which changes nothing of what it learns.
_INDIFFERENT = frozenset({"log_every", "sample_every", "samples", "checkpoint_every", "keep_checkpoints", "fid_every", "device"})


@dataclass(frozen=True)
class Standing:
    """Where a run stood: after `step` steps, `seconds` of training and `images` real images, with its newest sheet by then.

    `values` are the means of each metric over the last twentieth of those steps; a metric measured seldom tells its newest.
    """

    run: str
    step: int
    seconds: float
    images: int
    epochs: float | None
    sheet: int | None
    values: dict[str, float]


@dataclass(frozen=True)
class Comparison:
    """`settings` holds, for each one that differs, its value in every run (None where the family has no such setting);
    `changes` what a person changed while each run trained.

    `at` is the place on `axis` at which all are told, `until` the last that all have reached. `z_dims` are the numbers in each
    run's z (None where it draws from pictures, not from z), and `same_z` whether the sheets of all are drawn from the same z.
    """

    runs: tuple[str, ...]
    settings: dict[str, tuple[Value | None, ...]]
    changes: tuple[tuple[str, ...], ...]
    axis: str
    at: float
    until: float
    z_dims: tuple[int | None, ...]
    same_z: bool
    standings: tuple[Standing, ...]


def compare(runs: Sequence[Run], axis: str = "step", at: float | None = None) -> Comparison:
    """`runs` after `at` steps (seconds, images, epochs, as `axis` says); by default as far as all have come.

    ValueError, one sentence, for fewer than two or more than four runs, and for an axis there is not.
    """
    if not FEWEST <= len(runs) <= MOST:
        raise ValueError(f"{FEWEST} to {MOST} runs can be compared, not {len(runs)}.")
    if axis not in AXES:
        raise ValueError(f"axis = {axis!r} is not one of {', '.join(AXES)}.")
    courses = [_Course(run) for run in runs]
    until = min(course.place(course.last, axis) for course in courses)
    at = until if at is None else max(0.0, min(at, until))
    configs = [_used(run.settings["config"]) for run in runs]
    standings = tuple(course.standing(course.step_at(at, axis)) for course in courses)
    z_dims = tuple(config.get("z_dim") for config in configs)
    same_z = None not in z_dims and all(_same(configs, name) for name in ("seed", "z_dim", "samples"))
    changes = tuple(tuple(_changes(run)) for run in runs)
    ids = tuple(run.id for run in runs)
    return Comparison(ids, differing(configs), changes, axis, at, until, z_dims, same_z, standings)


def _used(config: dict[str, Any]) -> dict[str, Any]:
    """A config without what means nothing to its family."""
    from ganlab.training.families import FAMILIES  # brings torch

    family = FAMILIES.get(config["family"])
    return {name: value for name, value in config.items() if family is None or name not in family.unused}


def _same(configs: Sequence[dict[str, Any]], name: str) -> bool:
    return all(config.get(name) == configs[0].get(name) for config in configs)


def differing(configs: Sequence[dict[str, Any]]) -> dict[str, tuple[Value | None, ...]]:
    """The settings that matter and are not the same in all configs, with their values; those of one family come last."""
    names = list(dict.fromkeys(name for config in configs for name in config))
    wanted = [name for name in names if name not in _INDIFFERENT and not _same(configs, name)]
    return {name: tuple(config.get(name) for config in configs) for name in wanted}


def _changes(run: Run) -> list[str]:
    return [f"step {note.step:,}: {note.text}" for note in run.annotations() if note.kind == "changed"]


class _Course:
    """What a run has recorded, and its way from steps to the other axes."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self._metrics = run.metrics()
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

    def standing(self, step: int) -> Standing:
        """The run after `step` steps."""
        values = {name: _recent(series, step) for name, series in self._metrics.items() if not name.startswith("time/")}
        sheets = [sheet for sheet in self.run.samples() if sheet <= step]
        return Standing(
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
