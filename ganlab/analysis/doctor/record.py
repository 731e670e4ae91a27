"""The record of a run as the detectors need it: curves, their late part, sheets as tiles. Nothing here raises for a record that
is short, empty or full of gaps."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache

import numpy as np

from ganlab.analysis.doctor.real_images import Real
from ganlab.analysis.doctor.tiles import Tiles
from ganlab.core.config import TrainConfig, Value
from ganlab.runtime.store import Annotation, Series
from ganlab.training.objectives import Objective

LATE = 0.25  # share of the steps, the last ones, that most detectors look at
LEAST_POINTS = 20  # of a curve, before a detector looks at it
LEAST_STEPS = 100  # of a run, and of a sheet: every GAN is out of balance at first
LEAST_AFTER = 5  # points after a change of a setting, before the new value is looked at
STEERING = ("lr", "d_lr_ratio", "d_steps")  # settings that a finding may blame and that change while a run trains
# A healthy G may take this long to catch up with a D that no setting favours.
PATIENCE_STEPS = 1000
PATIENCE_IMAGES = 64_000  # that D was shown
RATE = 8.0  # times the family's own rate: no run is healthy at that
NOTHING = Series(np.empty(0, np.int64), np.empty(0))


@dataclass(frozen=True)
class Change:
    """After `step` steps the setting `name` was changed; it was `before`."""

    step: int
    name: str
    before: Value


@dataclass(frozen=True)
class Record:
    """One run at one moment. `read_sheet` and `read_real` are called only where images are needed; both may return None."""

    config: TrainConfig
    objective: Objective
    defaults: TrainConfig  # the family's own
    series: Mapping[str, Series] = field(default_factory=dict)
    sheets: tuple[int, ...] = ()
    notes: Sequence[Annotation] = ()
    num_images: int = 0
    breakpoints: Sequence[tuple[int, int]] = ()  # (step, real images that D was shown by then); empty: derived from the settings
    changes: Sequence[Change] = ()  # of STEERING settings, in order
    between_images: bool = False  # whether G turns images into images
    labelled: bool = False  # whether each column of a sheet was drawn for a label of its own
    read_sheet: Callable[[int], Tiles | None] = lambda step: None
    read_real: Callable[[], Real | None] = lambda: None

    @cached_property
    def step(self) -> int:
        """The newest step with anything on record."""
        newest = [int(series.steps[-1]) for series in self.series.values() if len(series.steps)]
        return max([0, *newest, *self.sheets[-1:]])

    @property
    def images_seen(self) -> int:
        """Real images that D was shown, by a fork's parent too."""
        if not self.breakpoints:
            return self.step * self.config.batch_size * self.config.d_steps
        steps, images = np.array(self.breakpoints, dtype=float).T
        return round(float(np.interp(self.step, steps, images)))

    @property
    def may_catch_up(self) -> bool:
        """Whether G may still be as healthy as it looks ill: the run is young, and no setting favours D."""
        config, usual = self.config, self.defaults
        favoured = (
            config.d_steps > usual.d_steps or config.d_lr_ratio > max(1.0, usual.d_lr_ratio) or config.lr >= RATE * usual.lr
        )
        return (self.step < PATIENCE_STEPS or self.images_seen < PATIENCE_IMAGES) and not favoured

    def curve(self, name: str) -> Series:
        """The finite points of a metric; empty where there are none."""
        series = self.series.get(name, NOTHING)
        good = np.isfinite(series.values)
        return series if good.all() else Series(series.steps[good], series.values[good])

    def mean(self, names: Sequence[str]) -> Series:
        """The mean of several metrics, at the steps that all of them have."""
        curves = [curve for name in names if len((curve := self.curve(name)).steps)]
        if len(curves) <= 1:
            return curves[0] if curves else NOTHING
        steps = curves[0].steps
        for curve in curves[1:]:
            steps = np.intersect1d(steps, curve.steps)
        values = [curve.values[np.isin(curve.steps, steps)] for curve in curves]
        return Series(steps, np.mean(values, axis=0)) if len(steps) else NOTHING

    def names(self, group: str, network: str, term: str = "") -> tuple[str, ...]:
        """The metrics of all networks of a kind: ("loss", "D", "adversarial") -> loss/D_A/adversarial, loss/D_B/adversarial."""
        parts = [(name, name.split("/")) for name in self.series]
        return tuple(
            name
            for name, (first, *rest) in parts
            if first == group and rest and rest[0][:1] == network and rest[1:] == ([term] if term else [])
        )

    @cached_property
    def d_loss(self) -> Series:
        """D's adversarial loss as a share of what it costs not to know: 1 when it guesses, 0 when it is sure and right.

        Empty where the objective has no such scale.
        """
        whole = self.objective.references(self.config.d_loss)["D"]
        if self.objective.undecided is None or not whole:
            return NOTHING
        curve = self.mean(self.names("loss", "D", "adversarial"))
        return Series(curve.steps, curve.values / whole)

    @cached_property
    def separation(self) -> Series:
        """How far apart D scores real and fake: 1 when sure and right, 0 when it cannot tell; empty without a scale."""
        if self.objective.certain is None:
            return NOTHING
        apart = self.apart("score/real", "score/fake")
        return Series(apart.steps, apart.values / (self.objective.certain[0] - self.objective.certain[1]))

    def apart(self, one: str, other: str) -> Series:
        """How much higher one metric is than the other, at the steps that both have."""
        a, b = self.curve(one), self.curve(other)
        steps = np.intersect1d(a.steps, b.steps)
        return Series(steps, a.values[np.isin(a.steps, steps)] - b.values[np.isin(b.steps, steps)])

    @property
    def since(self) -> int:
        """The first step of the late part."""
        return round(self.step * (1 - LATE))

    def late(self, series: Series, after: int = 0) -> np.ndarray:
        """The values of the late part, at most those after a step; empty while there are too few steps or points."""
        if self.step < LEAST_STEPS or len(series.steps) < LEAST_POINTS:
            return np.empty(0)
        return series.values[series.steps > max(self.since, after)]

    def changed(self, *names: str) -> int:
        """The step after which one of these settings, by default any that steers, was changed last; 0 where none was."""
        return max((change.step for change in self.changes if change.name in (names or STEERING)), default=0)

    def first_with(self, *names: str) -> int:
        """The first step that was trained with the values of these settings as they are now."""
        return changed + 1 if (changed := self.changed(*names)) else 0

    @cached_property
    def settled(self) -> Record:
        """The record before its last change of a setting, as long as too little followed to say anything of the new value."""
        changed = self.changed()
        after = self.mean(self.names("loss", "D", "adversarial")).steps > changed
        if not changed or after.sum() >= LEAST_AFTER:
            return self
        return self._at(changed).settled

    def until(self, step: int) -> Record:
        """The record as it was after `step` steps; the whole of it, with how the run ended, from its newest step on."""
        return self if step >= self.step else self._at(step)

    def _at(self, step: int) -> Record:
        undone = {change.name: change.before for change in reversed(self.changes) if change.step >= step}
        return replace(
            self,
            config=self.config.replace(**undone),
            series={name: _until(series, step) for name, series in self.series.items()},
            sheets=tuple(sheet for sheet in self.sheets if sheet <= step),
            notes=[note for note in self.notes if note.step <= step],
            changes=[change for change in self.changes if change.step < step],
        )

    def began(self, series: Series, wrong: Callable[[np.ndarray], np.ndarray]) -> int:
        """The step from which `wrong` holds for nearly all of the rest of a curve."""
        bad = wrong(series.values)
        rest = np.cumsum(bad[::-1])[::-1] / np.arange(len(bad), 0, -1)  # share of what is wrong from each point on
        holds = np.flatnonzero((rest >= 0.9) & bad)
        return int(series.steps[holds[0]]) if len(holds) else self.since

    @cached_property
    def _tiles(self) -> Callable[[int], Tiles | None]:
        return lru_cache(maxsize=16)(self.read_sheet)

    def sheet(self, step: int) -> Tiles | None:
        """The pictures of a sheet; None where it cannot be read."""
        return self._tiles(step)

    @cached_property
    def newest_sheet(self) -> tuple[int, Tiles] | None:
        """The last readable sheet and its step, if that is late enough in the run; else None."""
        return next(iter(self.newest_sheets(1)), None)

    def newest_sheets(self, count: int) -> list[tuple[int, Tiles]]:
        """The last readable sheets, oldest first, of those late enough in the run; none where the last two cannot be read."""
        late = [step for step in self.sheets if step >= LEAST_STEPS][-count - 1 :]
        read = [(step, tiles) for step in late if (tiles := self.sheet(step)) is not None]
        return read[-count:] if read and read[-1][0] in late[-2:] else []

    @cached_property
    def real(self) -> Real | None:
        """A sample of the training images, where they are at hand."""
        return self.read_real()

    def first_sheet(self, wrong: Callable[[Tiles], bool]) -> int:
        """The earliest of the newest sheets without a gap of which `wrong` holds, by halving; at most a handful is read."""
        low, high = 0, len(self.sheets) - 1
        while low < high:
            middle = (low + high) // 2
            tiles = self.sheet(self.sheets[middle])
            low, high = (low, middle) if tiles is not None and wrong(tiles) else (middle + 1, high)
        return self.sheets[high] if self.sheets else 0

    def calmer(self, factor: float) -> dict[str, Value]:
        """A fix: the learning rate divided by `factor`, and never above three times the family's own."""
        lr = min(self.config.lr / factor, 3 * self.defaults.lr)
        return {"lr": max(1e-7, float(f"{lr:.2g}"))}


def _until(series: Series, step: int) -> Series:
    kept = series.steps <= step
    return Series(series.steps[kept], series.values[kept])
