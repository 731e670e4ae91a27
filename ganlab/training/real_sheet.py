"""Real images laid out as the sheets of samples are, to be looked at beside them."""

from __future__ import annotations

import torch
from torch import Tensor

from ganlab.core.config import TrainConfig
from ganlab.core.events import Samples
from ganlab.core.types import DataSpec
from ganlab.data.dataset import Dataset
from ganlab.training.adversarial import sheet_inputs


def real_sheet(dataset: Dataset, spec: DataSpec, config: TrainConfig) -> Samples | None:
    """As many random images of `dataset` as a sheet has, with its labels; None for models between images, whose sheets show
    real ones."""
    if spec.conditioning.between_images:
        return None
    z, labels, columns = sheet_inputs(config.samples, 1, config.seed, spec)
    order = torch.randperm(len(dataset.images), generator=torch.Generator().manual_seed(config.seed))
    some = order[: len(z)] if labels is None or dataset.labels is None else _of_classes(order, dataset.labels, labels)
    return Samples(0, _middle(dataset.images[some], spec.image_size), columns)


def _of_classes(order: Tensor, known: Tensor, wanted: Tensor) -> Tensor:
    """Places (n,) in `order` whose labels are `wanted` (n,), each taken once as long as there are any left."""
    places: dict[int, list[int]] = {label: order[known[order] == label].tolist() for label in set(wanted.tolist())}
    chosen, taken = [], dict.fromkeys(places, 0)
    for label in wanted.tolist():
        if places[label]:
            chosen.append(places[label][taken[label] % len(places[label])])
            taken[label] += 1
        else:  # a class without images
            chosen.append(int(order[0]))
    return torch.tensor(chosen)


def _middle(images: Tensor, size: int) -> Tensor:
    """(n, C, S, S) -> (n, C, size, size): training may cut its images out of larger ones."""
    edge = (images.shape[-1] - size) // 2
    return images[..., edge : edge + size, edge : edge + size]
