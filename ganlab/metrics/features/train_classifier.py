"""Train the classifier whose features measure generators of a data set."""

from __future__ import annotations

import time
from collections.abc import Generator
from typing import Literal

import torch
from torch.nn import functional

from ganlab.core.devices import resolve
from ganlab.core.events import Loading
from ganlab.core.types import Conditioning
from ganlab.data import DATASETS, load
from ganlab.data.batches import Batches
from ganlab.data.dataset import Dataset
from ganlab.metrics.features.lenet import DIMS, About, Lenet, LenetExtractor, classifier_name
from ganlab.metrics.statistics.gaussian import gather

_BATCH, _PEAK_RATE, _DECAY = 128, 3e-3, 0.05
_SHIFT = 2  # pixels to any side: what a picture shows does not depend on them
_SIZE = 32  # for data sets without a size of their own


def train_classifier(
    dataset: str, *, epochs: int = 8, seed: int = 0, device: str = "auto"
) -> Generator[Loading, None, tuple[Lenet, About]]:
    """Train on the train part and read the test part; yield progress, return the network and its accuracy.

    ValueError when the data set has no labels, DataError when it cannot be had.
    """
    train = yield from _load(dataset, "train")
    test = yield from _load(dataset, "test")
    began = time.monotonic()
    torch.manual_seed(seed)
    where = resolve(device)
    _, channels, _, size = train.images.shape
    network = Lenet(size, channels, len(train.label_names)).to(where)
    yield from _fit(network, train, epochs, seed, where)
    facts = (dataset, size, channels, train.label_names)
    reader = LenetExtractor(network, About(*facts, 0.0, 0, 0, 0.0), "", where)
    _measure_spread(network, reader, train)
    seconds = round(time.monotonic() - began, 1)
    return network, About(*facts, _accuracy(reader, test), len(train.images), len(test.images), seconds)


def _load(dataset: str, split: Literal["train", "test"]) -> Generator[Loading, None, Dataset]:
    size = DATASETS[dataset].image_size if dataset in DATASETS else 0
    return (yield from load(dataset, image_size=size or _SIZE, conditioning=Conditioning.LABEL, split=split))


def _fit(network: Lenet, train: Dataset, epochs: int, seed: int, device: str) -> Generator[Loading, None, None]:
    """AdamW with one cycle of the rate (Smith 2018), images moved by up to two pixels."""
    size = train.images.shape[-1]
    bordered = functional.pad(train.images.float(), [_SHIFT] * 4, mode="replicate").byte()
    moved = Dataset(train.name, bordered, train.labels, train.label_names)
    batches = Batches(moved, Conditioning.LABEL, _BATCH, seed, device, crop=size)
    steps = epochs * len(train.images) // _BATCH
    optimizer = torch.optim.AdamW(network.parameters(), lr=_PEAK_RATE, weight_decay=_DECAY, fused=device != "mps")
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, _PEAK_RATE, total_steps=steps)
    for step in range(steps):
        if step % 20 == 0:
            yield Loading("training_classifier", classifier_name(train.name), step, steps, "steps")
        batch = next(batches)
        assert batch.condition is not None
        loss = functional.cross_entropy(network(batch.real)[1], batch.condition)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()


def _measure_spread(network: Lenet, reader: LenetExtractor, train: Dataset) -> None:
    """The standard deviation of every feature; units that hardly ever answer are not blown up beyond a tenth of the others."""
    spread = gather((reader(images).rows for images in train.images.split(500)), DIMS).covariance.diagonal().sqrt()
    network.spread.copy_(spread.clamp_min(0.1 * spread.median()))


def _accuracy(classifier: LenetExtractor, test: Dataset) -> float:
    """How often it is right."""
    assert test.labels is not None
    right = 0
    for images, labels in zip(test.images.split(500), test.labels.split(500), strict=True):
        right += int((classifier(images).logits.argmax(1).cpu() == labels).sum())
    return right / len(test.images)
