"""The events that training yields. A run directory records them; the screens never see the engine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from ganlab.core.text import brief

if TYPE_CHECKING:
    from torch import Tensor

    from ganlab.core.interventions import Intervention
    from ganlab.core.remarks import Remark

# What a process does, or waits for, while no step is trained; ganlab/app/views/loading_wording.py makes the sentences.
Phase = Literal[
    "",
    "starting",
    "starting_torch",
    "waiting_device",
    "waiting_download",
    "waiting_jobs",
    "waiting_room",
    "waiting_lock",
    "restoring",
    "downloading",
    "looking_through",
    "reading",
    "unpacking",
    "decoding",
    "saving_decoded",
    "looking_for_depth",
    "data_read",
    "resizing",
    "drawing_shapes",
    "building",
    "loading_model",
    "opening_features",
    "reading_images",
    "reading_reference",
    "reading_features",
    "computing",
    "measuring_pace",
    "comparing",
    "distilling",
    "training_classifier",
    "training_recipe",
    "training_systems",
    "systems_wait",
    "training",
    "paused",
]
Point = tuple[int, Mapping[str, float]]  # (step, {metric name: value})


@dataclass(frozen=True)
class Loading:
    """Work of a kind on `subject` (a model's, a file's or a folder's name): `done` of `total` (0: unknown) in `unit`.

    `names` are further things that the work is about. Where several models are measured, this is number `place` of `places`;
    `floors`: what real images read is measured. `remarks` are about the data that were read.
    """

    phase: Phase = ""
    subject: str = ""
    done: int = 0
    total: int = 0
    unit: str = "images"
    names: tuple[str, ...] = ()
    place: int = 0
    places: int = 0
    floors: bool = False
    remarks: tuple[Remark, ...] = ()

    __repr__ = brief

    @property
    def work(self) -> tuple[object, ...]:
        """What all events of one piece of work have in common."""
        return self.phase, self.subject, self.names, self.place, self.floors


@dataclass(frozen=True)
class Started:
    """Training is about to make (or, resumed, to continue after) step `step`."""

    step: int
    steps: int
    device: str
    num_images: int
    parameters: Mapping[str, int]
    seconds: float = 0.0  # trained before
    protocols: Mapping[str, str] = field(default_factory=dict)  # how a measured metric is read, by its name
    readings: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    """Of each measured metric how many `fakes` are held against how many `real` images, and, where that is known, the `floor`:
    what as many real ones that are not among them read."""
    moved: bool = False  # resumed on another kind of device than it began on, so that the noise is drawn anew
    real: Samples | None = None  # real images, as many and laid out as on the sheets; None where the sheets show some


@dataclass(frozen=True)
class Progress:
    """Where the run is, and the metrics of the steps since the last Progress; rates per second, memory in bytes."""

    step: int
    steps: int
    points: tuple[Point, ...]
    steps_per_second: float
    images_per_second: float
    seconds: float
    memory: int


@dataclass(frozen=True, repr=False)
class Samples:
    """A sheet of fixed inputs at `step`: `images` (N, C, H, W) uint8 on the CPU, in rows of `columns` that show `titles`.

    `domains` are the names of the two kinds of images that a model leads between.
    """

    step: int
    images: Tensor
    columns: int
    titles: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"Samples(step={self.step}, images={tuple(self.images.shape)}, columns={self.columns})"


@dataclass(frozen=True, repr=False)
class Checkpoint:
    """Everything to use (`model`: the averaged generator's tensors) and to resume (`state`) the run after `step`.

    `best`: nothing measured nearer to the real images so far; one that is made for that reason alone has no `state`.
    """

    step: int
    model: Mapping[str, Tensor]
    state: Mapping[str, Any]
    spec: Mapping[str, Any]
    labels: tuple[str, ...] = field(default=())
    best: bool = False

    def __repr__(self) -> str:
        return f"Checkpoint(step={self.step}, model of {len(self.model)} tensors{', best so far' if self.best else ''})"


@dataclass(frozen=True)
class Finished:
    """The run ended in good order at `step`: all its steps done, or asked to stop."""

    step: int
    reason: str  # "finished" | "stopped"


@dataclass(frozen=True)
class Paused:
    """The run is paused after `step`, by the user `who`."""

    step: int
    who: str = ""


@dataclass(frozen=True)
class Continued:
    """The run continues after `step`, by the user `who`."""

    step: int
    who: str = ""


@dataclass(frozen=True)
class Intervened:
    """Something was changed while the run trained; `effect` is its Intervention.effect, `again` whether it was on record."""

    intervention: Intervention
    effect: Mapping[str, Any]
    again: bool = False


Event = Loading | Started | Progress | Samples | Checkpoint | Finished | Paused | Continued | Intervened
