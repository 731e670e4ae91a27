"""From images to features, in one pass and in bounded memory, by any network that reads uint8 images."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import torch
from torch import Tensor

from ganlab.events import Loading


class Features(NamedTuple):
    """What a network makes of images: `rows` (B, d) float32, and the `logits` (B, classes) of its classifier."""

    rows: Tensor
    logits: Tensor


class Extractor(Protocol):
    """A network that reads images (B, C, H, W) uint8 of any size.

    `name` and `sha` (of the file of weights, the first digits) tell which, `resize` how it brings images to its own size:
    all three belong to the protocol of every number made with it.
    """

    name: str
    sha: str
    resize: str
    dims: int
    batch_size: int
    device: str

    def __call__(self, images: Tensor) -> Features:
        """-> features on `device`."""


@dataclass(frozen=True)
class Images:
    """A batch (B, C, H, W) uint8; `labels` (B,) are the classes that were asked of a conditional model, or the true ones."""

    pixels: Tensor
    labels: Tensor | None = None


Source = Iterable[Tensor | Images]


def extract(source: Source, extractor: Extractor, count: int, what: str) -> Iterator[tuple[Loading, Features, Tensor | None]]:
    """Features of the first `count` images of `source` batch by batch, with how far it is and the labels."""
    for done, images in portions(source, extractor.batch_size, count):
        features = extractor(images.pixels)
        yield Loading(what, done, count), features, images.labels


def portions(source: Source, size: int, count: int) -> Generator[tuple[int, Images], None, None]:
    """Batches of at most `size` and `count` images in all, whatever the batches of `source`; with the images so far.

    Small batches are joined where their images are of one shape. ValueError for anything but uint8 images.
    """
    done, waiting = 0, _Waiting()
    for batch in source:
        images = checked(batch)
        if waiting.count and not waiting.fits(images):
            yield done, waiting.take()
        for start in range(0, len(images.pixels), size):
            part = slice(start, min(start + size, start + count - done))
            labels = None if images.labels is None else images.labels[part]
            done += waiting.add(Images(images.pixels[part], labels))
            if waiting.count >= size or done == count:
                yield done, waiting.take()
            if done == count:
                return
    if waiting.count:
        yield done, waiting.take()
