"""Settings for a folder of pictures that has not been trained on yet: from what is there and how fast this machine is."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import torch

from ganlab.core.config import TrainConfig, Value
from ganlab.core.devices import resolve
from ganlab.core.errors import DataError
from ganlab.core.types import Batch, Conditioning, DataSpec
from ganlab.data.inspection import Inspection
from ganlab.training.families import FAMILIES

SECONDS = 600.0  # of training that are proposed on a CPU
_STEPS = {"cpu": (300, 20_000), "gpu": (20_000, 20_000)}  # the fewest and the most that are proposed
_FEWEST_A_CLASS = 10  # pictures, for labels to be of use
_MOST_CLASSES = 100
_TIMED = 3  # steps at most, after one that warms up
_TIMED_SECONDS = 3.0  # after which no further step is timed
Pace = Callable[[TrainConfig, Inspection, str], float]


@dataclass(frozen=True)
class Proposal:
    """The `config` that is proposed on this device, which of its settings are `proposed`, and the `seconds` that a step takes."""

    config: TrainConfig
    proposed: tuple[str, ...]
    seconds: float

    @property
    def whole(self) -> float:
        """Seconds that all steps take."""
        return self.seconds * self.config.steps


def usual_family(found: Inspection) -> str:
    """The family for what was found: pairs and domains are translated, labels condition, all else is drawn from z."""
    if found.pairs or found.halved:
        return "pix2pix"
    if found.domains:
        return "cyclegan"
    labelled = 2 <= len(found.classes) <= _MOST_CLASSES and min(found.classes.values()) >= _FEWEST_A_CLASS
    return "cgan" if labelled else "dcgan"


def check_fit(found: Inspection, family: str) -> None:
    """Raise DataError, one sentence, where these pictures are not of the kind that the family learns from."""
    match FAMILIES[family].conditioning:
        case Conditioning.LABEL if len(found.classes) < 2:
            lacking = "has no labels: put the pictures of each class into a folder named after it, or choose DCGAN"
        case Conditioning.PAIRED if not (found.pairs or found.partners or found.side_by_side):
            lacking = "has no pairs: put the pictures side by side into one file, or under equal names into folders A and B"
        case Conditioning.UNPAIRED if not (found.domains or len(found.classes) == 2 or found.partners):
            lacking = "has no two domains: put the pictures of each into folders called trainA and trainB"
        case _:
            return
    raise DataError(f"{found.name} {lacking}.")


def propose(
    found: Inspection,
    data_path: str,
    given: Mapping[str, Any] = MappingProxyType({}),
    seconds: float = SECONDS,
    pace: Pace | None = None,
) -> Proposal:
    """Family, image size, mirroring, batch, width and steps for these pictures, but for what is `given` by the user.

    Some steps on noise show the `pace` here; on a CPU as many are proposed as `seconds` have room for. ValueError names what
    does not fit.
    """
    family, device = str(given.get("family") or usual_family(found)), resolve(str(given.get("device", "auto")))
    fast = not device.startswith("cpu")
    # Photos may be mirrored; letters and digits would become others.
    settings: dict[str, Value] = {"flip": found.sides[1] >= 48 and found.channels == 3}
    TrainConfig.of(family)  # ValueError for none
    check_fit(found, family)
    if not FAMILIES[family].conditioning.between_images:
        size, batch = _size(found.sides[1], fast and found.count >= 1000), _batch(found.count)
        settings |= {"image_size": size, "batch_size": batch, "width": 64 if fast else 32}
    elif not fast:  # at the papers' 256 pixels a step takes many seconds
        settings |= {"image_size": 128 if found.sides[1] >= 128 else 64, "width": 32}
    chosen = {name: value for name, value in given.items() if name != "family"}
    config = TrainConfig.of(family, **settings | {"dataset": "folder", "data_path": data_path} | chosen)
    step = (pace or _seconds_a_step)(config, found, device)
    fewest, most = _STEPS["gpu" if fast else "cpu"]
    steps = int(chosen.get("steps", min(max(round(seconds / step / 100) * 100, fewest), most)))
    settings |= {"steps": steps, "sample_every": max(10, steps // 40), "checkpoint_every": max(50, steps // 10)}
    proposed = tuple(name for name in settings if name not in chosen)
    return Proposal(config.replace(**settings | chosen), proposed, step)


def _size(side: int, large: bool) -> int:
    """The side that pictures of this median side are trained at, in pixels."""
    if side >= 48:
        return 128 if large and side >= 128 else 64
    return next((size for size in (32, 28) if side >= size), 16)


def _batch(count: int) -> int:
    """64, or the power of two that a quarter of few pictures has room for."""
    return next((size for size in (64, 32, 16) if 4 * size <= count), 8)


def _seconds_a_step(config: TrainConfig, found: Inspection, device: str) -> float:
    """Measured here on noise of the pictures' shape; the random numbers of others stay as they were."""
    family = FAMILIES[config.family]
    classes = max(len(found.classes), 2) if family.conditioning is Conditioning.LABEL else 0
    spec = DataSpec(config.image_size, found.channels, family.conditioning, classes)
    with torch.random.fork_rng(devices=[]):
        training = family.build(config, spec, device)
        batches = iter(lambda: _noise(config, spec, device), None)
        took: list[float] = []  # of each step; the first one warms up
        while len(took) <= _TIMED and sum(took) < _TIMED_SECONDS:
            began = time.perf_counter()
            float(next(iter(training.step(batches).values())))  # waits for a GPU
            took.append(time.perf_counter() - began)
    return sum(took[1:]) / len(took[1:]) if took[1:] else took[0]


def _noise(config: TrainConfig, spec: DataSpec, device: str) -> Batch:
    shape = (config.batch_size, spec.channels, spec.image_size, spec.image_size)
    real = torch.rand(shape, device=device) * 2 - 1
    if spec.conditioning is Conditioning.LABEL:
        return Batch(real, torch.randint(spec.num_classes, (config.batch_size,), device=device))
    return Batch(real, torch.rand_like(real) if spec.conditioning.between_images else None)
