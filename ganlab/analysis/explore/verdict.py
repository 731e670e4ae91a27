"""What a discriminator says of one picture, beside what it says of real images and of its generator's own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from torch import Tensor

from ganlab.analysis.explore.scores import scores
from ganlab.analysis.explore.training_images import absence
from ganlab.core.errors import DataError
from ganlab.data import Dataset, Loader, load
from ganlab.models.pipeline import Pipeline

NUM = 256  # real images, and as many of G's
_SEED = 20_201  # of those: not one that a person is likely to look at


@dataclass(frozen=True)
class Verdict:
    """D's score of a picture, for the class that it fits best, or the one that was asked for; None without classes."""

    score: float
    label: int | None


@dataclass(frozen=True)
class Scale:
    """D's scores of what it knows: real images (N,), None where they are not on this machine, and G's own (N,)."""

    real: np.ndarray | None
    fake: np.ndarray


def verdict(pipeline: Pipeline, image: Tensor, label: int | None = None) -> Verdict | None:
    """D's view of one picture (C, S, S) uint8; a conditional D without a `label` is asked about every class. None without D."""
    labels = [label] if label is not None or not pipeline.conditional else list(range(pipeline.spec.num_classes))
    found = scores(pipeline, image.expand(len(labels), -1, -1, -1), label)
    if found is None:
        return None
    best = int(np.argmax(found))
    return Verdict(found[best], labels[best])


def scale(pipeline: Pipeline, config: Mapping[str, Any], num: int = NUM) -> Scale | None:
    """D's scores of `num` test images of the data in `config`, and of as many that G draws, of all classes; None without D."""
    fake = scores(pipeline, pipeline.generate(pipeline.latents(num, _SEED)))
    return None if fake is None else Scale(_real(pipeline, config, num), np.array(fake))


def _real(pipeline: Pipeline, config: Mapping[str, Any], num: int) -> np.ndarray | None:
    if absence(config):
        return None
    spec, path = pipeline.spec, str(config.get("data_path", ""))
    size, channels, kind = spec.image_size, spec.channels, spec.conditioning
    loading = load(
        str(config["dataset"]), image_size=size, channels=channels, conditioning=kind, data_path=path, split="test", limit=num
    )
    try:
        data = _finished(loading)
    except DataError:  # the verdict holds without them
        return None
    found = scores(pipeline, data.images, data.labels if pipeline.conditional else None)
    return None if found is None else np.array(found)


def _finished(loading: Loader) -> Dataset:
    """What a loader returns, its messages unheard."""
    while True:
        try:
            next(loading)
        except StopIteration as end:
            data: Dataset = end.value
            return data
