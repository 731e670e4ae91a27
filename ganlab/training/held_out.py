"""Real images that D never learns from: its scores of them and of those it knows show whether it learns by heart.

As Karras et al. 2020 (Training Generative Adversarial Networks with Limited Data, section 3) do with a validation set.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn.modules.batchnorm import _BatchNorm

from ganlab.core.config import TrainConfig
from ganlab.core.errors import DataError
from ganlab.core.events import Loading
from ganlab.core.types import Batch, Conditioning
from ganlab.data import Batches, Dataset
from ganlab.data.registry import load_test_part

FEW = 5_000  # training images; of more D does not learn each by heart in runs as long as ours
MOST, LEAST = 64, 8  # images of either kind that D is asked about


@dataclass(frozen=True)
class HeldOut:
    """As many images that D learns from and that it does not."""

    known: Batch
    unknown: Batch


def set_apart(config: TrainConfig, dataset: Dataset, conditioning: Conditioning) -> tuple[Dataset, Dataset | None]:
    """What is left to train on, and the `held_out` images in a random order that is the same for all seeds; None without that.

    DataError where fewer would be left than are held out.
    """
    count, every = config.held_out, len(dataset.images)
    if not count or conditioning.between_images:
        return dataset, None
    if 2 * count > every:
        raise DataError(f"held_out = {count} leaves {max(0, every - count)} of {every} images to learn: hold out fewer.")
    order = torch.randperm(every, generator=torch.Generator().manual_seed(0))
    return _some(dataset, order[count:].sort().values), _some(dataset, order[:count])


def held_out(
    config: TrainConfig, dataset: Dataset, apart: Dataset | None, conditioning: Conditioning, device: str, **how: Any
) -> Generator[Loading, None, HeldOut | None]:
    """What D is to be asked about: images of `apart`, else of the test part; None where there are too few or D knows too many.

    `how` is the form of the batches; `dataset` is what the run trains on.
    """
    if conditioning.between_images or len(dataset.images) > FEW:
        return None
    apart = apart or (yield from load_test_part(config.dataset, dataset, conditioning, config.data_path))
    count = 0 if apart is None else min(MOST, len(apart.images), len(dataset.images))
    if apart is None or count < LEAST or (conditioning is Conditioning.LABEL and apart.label_names != dataset.label_names):
        return None
    known, unknown = (next(Batches(part, conditioning, count, 0, device, **how)) for part in (dataset, apart))
    return HeldOut(known, unknown)


def _some(dataset: Dataset, which: Tensor) -> Dataset:
    labels = None if dataset.labels is None else dataset.labels[which]
    return replace(dataset, images=dataset.images[which], labels=labels)


@torch.no_grad()
def logits_without_trace(discriminator: nn.Module, batch: Batch) -> Tensor:
    """D's logits, each batch normalised by itself as in training; neither averages nor random numbers are touched."""
    discriminator.eval()
    for module in discriminator.modules():
        if isinstance(module, _BatchNorm):
            module.train()
    copies = {name: buffer.clone() for name, buffer in discriminator.named_buffers()}
    logits: Tensor = functional_call(discriminator, copies, (batch.real, batch.condition))
    discriminator.train()
    return logits
