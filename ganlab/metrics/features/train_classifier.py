"""Train a classifier whose features measure generators: that of one data set, or the one that reads photos of any kind."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from dataclasses import dataclass, replace
from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional

from ganlab.core.devices import resolve
from ganlab.core.events import Loading
from ganlab.core.names import located, name_of
from ganlab.core.types import Conditioning
from ganlab.data import DATASETS, load
from ganlab.data.batches import Batches
from ganlab.data.dataset import Dataset
from ganlab.metrics.features.classifier import PHOTOS, About, ClassifierExtractor, Network
from ganlab.metrics.features.photo_encoder import PhotoEncoder
from ganlab.metrics.statistics.gaussian import gather

_PEAK_RATE, _DECAY = 3e-3, 0.05
_SHIFT = 2  # pixels to any side: what a picture shows does not depend on them
_SIZE = 32  # for data sets without a size of their own, and of the photos that the encoder learns
_READ = 64  # the side at which it reads them


@dataclass(frozen=True)
class _Recipe:
    """How a network learns: `epochs` of batches of `batch_size`, whether half of the images are mirrored, the share of the side
    that is cut out of each, and what is done to each batch."""

    epochs: int
    batch_size: int = 128
    flip: bool = False
    cut: float = 1.0
    augment: Callable[[Tensor], Tensor] = lambda images: images


def _zoomed(images: Tensor) -> Tensor:
    """Half of the images enlarged up to twice around a random place."""
    count = len(images)
    scale = torch.where(torch.rand(count) < 0.5, torch.ones(count), 0.5 + 0.5 * torch.rand(count))
    theta = torch.zeros(count, 2, 3)
    theta[:, 0, 0] = theta[:, 1, 1] = scale
    theta[:, :, 2] = (1 - scale)[:, None] * (2 * torch.rand(count, 2) - 1)
    grid = functional.affine_grid(theta.to(images.device), list(images.shape), align_corners=False)
    zoomed = functional.grid_sample(images, grid, padding_mode="reflection", align_corners=False)
    return zoomed.contiguous(memory_format=torch.channels_last)


_RECIPES = {"lenet": _Recipe(8), PHOTOS: _Recipe(5, 64, flip=True, cut=0.75, augment=_zoomed)}


def train_classifier(
    dataset: str, *, network: str = "lenet", data_path: str = "", epochs: int | None = None, seed: int = 0, device: str = "auto"
) -> Generator[Loading, None, tuple[Network, About]]:
    """Train on the train part and read the test part; yield progress, return the network and its accuracy.

    `network` is "lenet" or "photo-encoder"; `data_path` is that of the data set "folder". ValueError when the data set has no
    labels, DataError when it cannot be had.
    """
    train = yield from _load(dataset, "train", data_path)
    test = yield from _load(dataset, "test", data_path)
    began = time.monotonic()
    torch.manual_seed(seed)
    where = resolve(device)
    _, channels, _, size = train.images.shape
    read = _READ if network == PHOTOS else size
    name = name_of(located(data_path)) if data_path else dataset
    about = About(name, read, channels, train.label_names, 0.0, len(train.images), len(test.images), 0.0, network=network)
    recipe, made = _RECIPES[network], about.build().to(where)
    yield from _fit(made, train, about.name, replace(recipe, epochs=epochs or recipe.epochs), seed, where)
    made.to(made.stored).float()  # what is measured from here on is what will be read from the file
    made.eval()
    _measure_spread(made, train)
    reader = ClassifierExtractor(made, about, "", where)
    return made, replace(about, accuracy=_accuracy(reader, test), seconds=round(time.monotonic() - began, 1))


def _load(dataset: str, split: Literal["train", "test"], data_path: str = "") -> Generator[Loading, None, Dataset]:
    size = (DATASETS[dataset].image_size if dataset in DATASETS else 0) or _SIZE
    labels = Conditioning.LABEL
    return (yield from load(dataset, image_size=size, conditioning=labels, data_path=data_path, split=split))


def _fit(network: Network, train: Dataset, name: str, recipe: _Recipe, seed: int, device: str) -> Generator[Loading, None, None]:
    """AdamW with one cycle of the rate (Smith 2018), images moved by up to two pixels."""
    size = train.images.shape[-1]
    bordered = functional.pad(train.images.float(), [_SHIFT] * 4, mode="replicate").byte()
    moved = Dataset(train.name, bordered, train.labels, train.label_names)
    facts = {"crop": round(recipe.cut * size), "flip": recipe.flip}
    batches = Batches(moved, Conditioning.LABEL, recipe.batch_size, seed, device, **facts)  # type: ignore[arg-type]
    steps = recipe.epochs * len(train.images) // recipe.batch_size
    optimizer = torch.optim.AdamW(network.parameters(), lr=_PEAK_RATE, weight_decay=_DECAY, fused=device != "mps")
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, _PEAK_RATE, total_steps=steps)
    for step in range(steps):
        if step % 20 == 0:
            yield Loading("training_classifier", name, step, steps, "steps")
        batch = next(batches)
        assert batch.condition is not None
        loss = functional.cross_entropy(network(recipe.augment(batch.real))[1], batch.condition)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()


@torch.inference_mode()
def _measure_spread(network: Network, train: Dataset) -> None:
    """The standard deviation of every feature over the training images as they are, and for photos the mean.

    Units that hardly ever answer are not blown up beyond a tenth of the others.
    """
    device = network.spread.device
    rows = (network(images.to(device).float().div_(127.5).sub_(1))[0].cpu() for images in train.images.split(500))
    gathered = gather(rows, network.dims)
    spread = gathered.covariance.diagonal().sqrt()
    if isinstance(network, PhotoEncoder):
        network.centre.copy_(gathered.mean.to(network.stored))
    network.spread.copy_(spread.clamp_min(0.1 * spread.median()).to(network.stored))


def _accuracy(classifier: ClassifierExtractor, test: Dataset) -> float:
    """How often it is right."""
    assert test.labels is not None
    right = 0
    for images, labels in zip(test.images.split(500), test.labels.split(500), strict=True):
        right += int((classifier(images).logits.argmax(1).cpu() == labels).sum())
    return right / len(test.images)
