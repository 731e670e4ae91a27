"""What the discriminator says of pictures."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from ganlab.models.pipeline import Pipeline
from ganlab.training.networks.clusters import ClusteredGenerator

NO_JUDGE = "This model travels without its discriminator, so nobody scores its pictures; a run's newest checkpoint has one."
_BATCH = 64


@torch.inference_mode()
def scores(pipeline: Pipeline, images: Tensor, label: int | Sequence[int] | Tensor | None = None) -> list[float] | None:
    """D's score of each of images (n, C, S, S) uint8 in the units of the family's objective; None where no D is at hand.

    `label` is the one that each was drawn for, as `Pipeline.generate` takes it.
    """
    judge = pipeline.discriminators.get("D")
    if judge is None or pipeline.score is None:
        return None
    reals = images.float().div(127.5).sub(1).to(pipeline.device)
    condition = told(pipeline, reals, label)
    logits = [
        judge(reals[start : start + _BATCH], None if condition is None else condition[start : start + _BATCH])
        for start in range(0, len(reals), _BATCH)
    ]
    return pipeline.score(torch.cat(logits).float()).flatten(1).mean(dim=1).tolist()


def told(pipeline: Pipeline, images: Tensor, label: int | Sequence[int] | Tensor | None) -> Tensor | None:
    """What D is told beside images (n, C, S, S): their labels, or the clusters they belong to where G sorts by itself."""
    if isinstance(pipeline.generator, ClusteredGenerator):
        return pipeline.generator.clusters.nearest(images)
    condition = pipeline.condition(len(images), label)
    return None if condition is None else condition.to(pipeline.device)
