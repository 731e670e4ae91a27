"""What a discriminator says of one picture, beside what it says of real images and of its generator's own."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ganlab.data import DATASETS, DataError, Dataset, Loader, load
from ganlab.nn.clusters import ClusteredGenerator
from ganlab.pipeline import Pipeline

NUM = 256  # real images, and as many of G's
_SEED = 20_201  # of those: not one that a person is likely to look at


@dataclass(frozen=True)
class Scale:
    """Where a discriminator puts what it knows: its scores of real images and of G's own, (N,) each.

    `real` is None where the data is not on this machine.
    """

    real: np.ndarray | None
    fake: np.ndarray


@dataclass(frozen=True)
class Verdict:
    """D's score of a picture, by the class that it fits best, or the one that was asked for; None without classes."""

    score: float
    label: int | None


@torch.no_grad()
def scores(pipeline: Pipeline, images: Tensor, labels: Tensor | None = None) -> Tensor:
    """D's scores (N,) of images (N, C, S, S) uint8, of `labels` (N,) for a conditional one; patch maps by their mean.

    ValueError when no discriminator is at hand.
    """
    judge = pipeline.discriminators.get("D")
    if judge is None or pipeline.score is None:
        raise ValueError(f"{pipeline.name} came without its discriminator.")
    batch = images.to(pipeline.device).float().div(127.5).sub(1)
    condition = None if labels is None else labels.to(pipeline.device)
    if isinstance(pipeline.generator, ClusteredGenerator):
        condition = pipeline.generator.clusters.nearest(batch)
    return pipeline.score(judge(batch, condition).flatten(1).float().mean(dim=1)).cpu()


def verdict(pipeline: Pipeline, image: Tensor, label: int | None = None) -> Verdict:
    """D's view of one picture (C, S, S) uint8; a conditional D without a `label` is asked about every class."""
    if not pipeline.conditional:
        return Verdict(float(scores(pipeline, image[None])[0]), None)
    labels = torch.arange(pipeline.spec.num_classes) if label is None else torch.tensor([label])
    found = scores(pipeline, image.expand(len(labels), -1, -1, -1), labels)
    best = int(found.argmax())
    return Verdict(float(found[best]), int(labels[best]))


def scale(pipeline: Pipeline, dataset: str, num: int = NUM) -> Scale:
    """D's scores of `num` test images of `dataset`, where that is ready on this machine, and of as many that G draws."""
    fakes = pipeline.generate(pipeline.latents(num, _SEED))  # a conditional G goes through its classes
    labels = torch.arange(num) % pipeline.spec.num_classes if pipeline.conditional else None
    return Scale(_real(pipeline, dataset, num), scores(pipeline, fakes, labels).numpy())


def _real(pipeline: Pipeline, dataset: str, num: int) -> np.ndarray | None:
    source, spec = DATASETS.get(dataset), pipeline.spec
    if source is None or source.available().state != "ready":
        return None
    loading = load(
        dataset, image_size=spec.image_size, channels=spec.channels, conditioning=spec.conditioning, split="test", limit=num
    )
    try:
        data = _finished(loading)
    except DataError:  # the verdict holds without them
        return None
    return scores(pipeline, data.images, data.labels if pipeline.conditional else None).numpy()


def _finished(loading: Loader) -> Dataset:
    while True:
        try:
            next(loading)
        except StopIteration as end:
            return end.value
