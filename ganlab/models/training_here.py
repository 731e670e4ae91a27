"""A training in this process: its events one after another, and what they have shown so far, as a run on disk shows it."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import replace

import numpy as np
from PIL import Image
from torch import nn

from ganlab.core import plugins
from ganlab.core.config import TrainConfig
from ganlab.core.events import Checkpoint, Event, Finished, Progress, Samples, Started
from ganlab.core.guesses import guesses
from ganlab.core.images import png, sheet
from ganlab.core.types import DataSpec
from ganlab.models.pipeline import Pipeline
from ganlab.runtime import checkpoint, notebook, portrait
from ganlab.runtime.recorded import columns_of
from ganlab.runtime.status import Status
from ganlab.runtime.store import Series

_RATES = ("step", "steps_per_second", "images_per_second", "seconds", "memory")
_SECONDS = 1.0  # between two looks of a notebook


_MEANT = {
    "run id path launch": "ganlab.launch(...) trains in a process of its own and returns its run",
    "wait join start fit train": "finish() trains to the end, `for event in training` one event after another",
    "losses history curves df": "pandas.DataFrame(training.metrics()) has the curves",
    "images samples": "sheet() is the newest sheet of samples, pipeline().sample(n) draws others",
    "sample generator G model save save_pretrained": "pipeline() opens the newest checkpoint: it draws and is saved",
    "checkpoint checkpoints": "pipeline() opens the newest, Checkpoint events have all of it",
    "stop pause cancel": "close() ends it, and so does leaving its loop",
}


@guesses(_MEANT)
class TrainingHere(Iterator[Event]):
    """What `ganlab.train` returns: it trains as its events are asked for, or to its end with `finish`.

    A notebook shows it with its curves and newest sheet, and keeps those up to date while the events are asked for; showing it
    trains nothing. `networks` are those that were given for the family's own.
    """

    def __init__(
        self, events: Generator[Event, None, None], config: TrainConfig, networks: Mapping[str, nn.Module] | None = None
    ) -> None:
        self.config = config
        self._events, self._networks = events, networks
        self._status = Status("queued", 0, config.steps)
        self._points: dict[str, list[tuple[int, float]]] = {}
        self._sheet: Samples | None = None
        self._checkpoint: Checkpoint | None = None
        self._show: Callable[[str], None] = lambda html: None
        self._looked = 0.0

    def __next__(self) -> Event:
        try:
            event = next(self._events)
        except StopIteration:
            raise
        except BaseException as error:
            self._status = replace(self._status, state="stopped" if isinstance(error, KeyboardInterrupt) else "failed")
            self._refresh(0)
            raise
        self._keep(event)
        self._refresh(0 if isinstance(event, Samples | Finished) else _SECONDS)
        return event

    def finish(self) -> TrainingHere:
        """Train to the end; return this."""
        for _ in self:
            pass
        return self

    def close(self) -> None:
        """Train no further."""
        self._events.close()

    def status(self) -> Status:
        """Where it stands."""
        return self._status

    def metrics(self) -> dict[str, np.ndarray]:
        """All metrics so far, for `pandas.DataFrame(training.metrics())`, as `Run.metrics`."""
        return columns_of(self.series())

    def series(self) -> dict[str, Series]:
        """The points of each metric so far."""
        columns = {name: np.array(points, dtype=np.float64).T for name, points in sorted(self._points.items())}
        return {name: Series(steps.astype(np.int64), values) for name, (steps, values) in columns.items()}

    def sheet(self) -> Image.Image:
        """The newest sheet of samples; ValueError where there is none yet."""
        if self._sheet is None:
            raise ValueError("There is no sheet of samples yet: ask for events first, or call finish().")
        return sheet(self._sheet.images, self._sheet.columns)

    def plot(self) -> portrait.Curves:
        """Losses, scores and distances as charts, which a notebook shows and `save` writes."""
        return portrait.curves(self.series())

    def pipeline(self) -> Pipeline:
        """The generator of the newest checkpoint, to draw from; ValueError before the first one."""
        made = self._checkpoint
        if made is None:
            raise ValueError("There is no checkpoint yet: train on, or call finish().")
        name, config = f"{self.config.family} on {self.config.dataset}", self.config.to_dict()
        if self._networks is None:
            info = checkpoint.Info(config, dict(made.spec), made.labels, made.step, packages=plugins.origins(config))
            return Pipeline.of_checkpoint(info, made.model, name=name)
        generator = nn.ModuleDict({"G": copy.deepcopy(self._networks["G"])})
        generator.load_state_dict(made.model)
        spec = DataSpec.from_dict(made.spec)
        return Pipeline({"G": generator["G"]}, spec, z_dim=self.config.z_dim, labels=made.labels, name=name, title="own networks")

    def _keep(self, event: Event) -> None:
        match event:
            case Started():
                self._status = replace(self._status, state="running", device=event.device, num_images=event.num_images)
            case Progress():
                self._status = replace(self._status, **{name: getattr(event, name) for name in _RATES})
                for step, values in event.points:
                    for name, value in values.items():
                        self._points.setdefault(name, []).append((step, value))
            case Samples():
                self._sheet = event
            case Checkpoint():
                self._checkpoint = replace(event, state={})
            case Finished():
                state = "finished" if event.reason == "finished" else "stopped"
                self._status = replace(self._status, state=state, step=event.step)  # type: ignore[arg-type]

    def _refresh(self, seconds: float) -> None:
        """Show the newest in a notebook, if the last look is so long ago."""
        if time.monotonic() - self._looked >= seconds:
            self._looked = time.monotonic()
            self._show(self._repr_html_())

    def __repr__(self) -> str:
        at = f"{self._status.state}, step {self._status.step} of {self._status.steps}"
        return f"<Training of {self.config.family} on {self.config.dataset}: {at}>"

    def _repr_html_(self) -> str:
        title = f"{self.config.family} on {self.config.dataset}"
        return portrait.portrait(title, self._status, self.series(), png(self.sheet()) if self._sheet else None)

    def _ipython_display_(self) -> None:
        self._show = notebook.place(self._repr_html_())
