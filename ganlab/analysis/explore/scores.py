"""Scores that a model's discriminator D gives to images: to any, to real ones and to those of its own generator."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ganlab.analysis.explore.training_images import absence
from ganlab.core.errors import DataError
from ganlab.core.progress import finish
from ganlab.data import load
from ganlab.models.pipeline import Pipeline
from ganlab.training.networks.clusters import ClusteredGenerator

NO_DISCRIMINATOR = "This model comes without its discriminator, so its images have no scores; a run's newest checkpoint has one."
NUM = 256  # real images, and as many of G's
_BATCH = 64
_SEED = 20_201  # of G's images: not a seed that a user is likely to look at


@dataclass(frozen=True)
class Score:
    """D's score of an image in the units of the family's objective, for the class `label`; None without classes."""

    value: float
    label: int | None


@dataclass(frozen=True)
class Scale:
    """D's scores of real images (N,), None where they are not on this machine, and of G's own (N,)."""

    real: np.ndarray | None
    fake: np.ndarray


@torch.inference_mode()
def scores(pipeline: Pipeline, images: Tensor, label: int | Sequence[int] | Tensor | None = None) -> list[float] | None:
    """D's score of each of images (n, C, S, S) uint8 in the units of the family's objective; None where there is no D.

    `label` is the class that each was drawn for, as `Pipeline.generate` takes it.
    """
    discriminator = pipeline.discriminators.get("D")
    if discriminator is None or pipeline.score is None:
        return None
    scaled = images.float().div(127.5).sub(1).to(pipeline.device)  # (n, C, S, S) in [-1, 1]
    condition = condition_of(pipeline, scaled, label)
    logits = [
        discriminator(scaled[start : start + _BATCH], None if condition is None else condition[start : start + _BATCH])
        for start in range(0, len(scaled), _BATCH)
    ]
    return pipeline.score(torch.cat(logits).float()).flatten(1).mean(dim=1).tolist()


def condition_of(pipeline: Pipeline, images: Tensor, label: int | Sequence[int] | Tensor | None) -> Tensor | None:
    """The condition (n,) that D takes with images (n, C, S, S): their labels, or their clusters where G is self-conditioned."""
    if isinstance(pipeline.generator, ClusteredGenerator):
        return pipeline.generator.clusters.nearest(images)
    condition = pipeline.condition(len(images), label)
    return None if condition is None else condition.to(pipeline.device)


def best_score(pipeline: Pipeline, image: Tensor, label: int | None = None) -> Score | None:
    """D's score of one image (C, S, S) uint8 for `label`, or for the class that scores highest; None where there is no D."""
    labels = [label] if label is not None or not pipeline.conditional else list(range(pipeline.spec.num_classes))
    found = scores(pipeline, image.expand(len(labels), -1, -1, -1), label)
    if found is None:
        return None
    best = int(np.argmax(found))
    return Score(found[best], labels[best])


def scale(pipeline: Pipeline, config: Mapping[str, Any], num: int = NUM) -> Scale | None:
    """D's scores of `num` test images of the data in `config`, and of as many images of G, of all classes; None without D."""
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
        data = finish(loading)
    except DataError:  # the scores of G's images are useful without
        return None
    found = scores(pipeline, data.images, data.labels if pipeline.conditional else None)
    return None if found is None else np.array(found)
