"""What a run has recorded: curves, sheets of samples, and what happened; read from the disk anew each time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

import numpy as np

from ganlab.core.images import read
from ganlab.core.interventions import Intervention
from ganlab.runtime import portrait, standing
from ganlab.runtime.store import Annotation, Reader, Series

if TYPE_CHECKING:
    from PIL import Image


def columns_of(found: Mapping[str, Series]) -> dict[str, np.ndarray]:
    """Curves as columns of equal length: `step`, which ascends, and each metric, NaN where it has no point."""
    steps = np.unique(np.concatenate([np.empty(0, np.int64), *(one.steps for one in found.values())]))
    columns: dict[str, np.ndarray] = {"step": steps}
    for name, one in found.items():
        columns[name] = np.full(len(steps), np.nan)
        columns[name][np.searchsorted(steps, one.steps)] = one.values
    return columns


def points_of(found: Mapping[str, Series]) -> dict[int, dict[str, float]]:
    """Curves as {step: {metric: value}}, the steps ascending."""
    points: dict[int, dict[str, float]] = {}
    for name, one in found.items():
        for step, value in zip(one.steps.tolist(), one.values.tolist(), strict=True):
            points.setdefault(step, {})[name] = value
    return dict(sorted(points.items()))


class Recorded:
    """The record in the run directory `path`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._shown: Thread | None = None  # what keeps a notebook's view of it up to date

    @property
    def id(self) -> str:
        """The directory's name; sorts by time of creation."""
        return self.path.name

    @property
    def database(self) -> Path:
        """The SQLite file."""
        return self.path / "metrics.sqlite"

    @property
    def _reader(self) -> Reader:
        return Reader(self.database, tolerant=True)  # `status` reports a damaged file

    @property
    def last_step(self) -> int:
        """The step of the last report; of a run that has none, 0."""
        return int(standing.state(self.database).get("progress", {}).get("step", 0))

    def metric_names(self) -> list[str]:
        """Every metric recorded so far."""
        return self._reader.names()

    def series(self, names: Iterable[str] | None = None, since: int = -1) -> dict[str, Series]:
        """The points of each metric after step `since`; Damaged, a ValueError, when they cannot be read."""
        return Reader(self.database).series(names, since)

    def metrics(self) -> dict[str, np.ndarray]:
        """All that was recorded as columns of equal length, for `pandas.DataFrame(run.metrics())`.

        `step` ascends; each metric has its value at that step, and NaN where none was recorded.
        """
        return columns_of(self.series())

    def last_metrics(self) -> dict[str, float]:
        """The newest value of every metric."""
        return dict(standing.newest(self.database)[1])

    def sheet(self, step: int | None = None) -> Image.Image:
        """The sheet of samples after `step`, by default the newest; ValueError where there is none."""
        steps = self.samples()
        if not steps or step not in (None, *steps):
            raise ValueError(f"{self.id} has no sheet of samples{'' if step is None else f' after step {step:,}'} yet.")
        return read(self.sample_path(steps[-1] if step is None else step))

    def plot(self) -> portrait.Curves:
        """Losses, scores and distances as charts, which a notebook shows and `save` writes."""
        return portrait.curves(self.series())

    def samples(self, since: int = -1) -> list[int]:
        """The steps that have a sample sheet."""
        return self._reader.sheets(since) if since >= 0 else list(standing.newest(self.database)[0])

    @property
    def real_path(self) -> Path:
        """A sheet of real images that is laid out as the sheets of samples; absent where those show some."""
        return self.path / "samples" / "real.png"

    def sample_path(self, step: int) -> Path:
        """The PNG of the sheet at `step`."""
        return self.path / "samples" / f"step-{int(step):06d}.png"

    def annotations(self, since: int = 0) -> list[Annotation]:
        """Started, resumed, stopped, failed: what happened, with its step."""
        return self._reader.annotations(since)

    def interventions(self) -> list[Intervention]:
        """What was changed while the run trained, in order."""
        return [Intervention.from_dict(values) for values in self._reader.interventions()]

    @property
    def best(self) -> int | None:
        """The step whose generator read nearest to the real images; None where none was measured (`fid_every`)."""
        return standing.state(self.database).get("best")

    @property
    def threads(self) -> int | None:
        """How many threads it trains with, or trained with last; None where that is not on record."""
        return standing.state(self.database).get("threads")

    @property
    def protocols(self) -> dict[str, str]:
        """How the distance on the live curves is read, by the metric's name; empty where none was, or an older version did."""
        return dict(standing.state(self.database).get("protocols", {}))

    @property
    def readings(self) -> dict[str, dict[str, float]]:
        """Of each metric with a protocol how many `fakes` are held against how many `real` images, and the `floor`, what real
        images read, where that is on record."""
        return dict(standing.state(self.database).get("readings", {}))
