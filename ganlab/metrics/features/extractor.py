"""From images to features, in one pass and in bounded memory, by any network that reads uint8 images."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import torch
from torch import Tensor


class Features(NamedTuple):
    """What a network makes of images: `rows` (B, d) float32, and the `logits` (B, classes) of its classifier."""

    rows: Tensor
    logits: Tensor


class Extractor(Protocol):
    """A network that reads images (B, C, H, W) uint8 of any size and number.

    `name` and `sha` (of the file of weights, the first digits) identify it, `resize` is how it brings images to its own size:
    all three belong to the protocol of every number made with it.
    """

    @property
    def name(self) -> str: ...
    @property
    def sha(self) -> str: ...
    @property
    def resize(self) -> str: ...
    @property
    def dims(self) -> int: ...
    @property
    def batch_size(self) -> int: ...
    @property
    def device(self) -> str: ...

    def __call__(self, images: Tensor) -> Features:
        """-> features on `device`."""


@dataclass(frozen=True)
class Images:
    """A batch (B, C, H, W) uint8; `labels` (B,) are the classes asked of a conditional model, or the true ones of real images."""

    pixels: Tensor
    labels: Tensor | None = None


Source = Iterable[Tensor | Images]


def portions(source: Source, size: int, count: int | None = None) -> Iterator[Images]:
    """The first `count` images (None: all) in portions of at most `size`; ValueError for anything but uint8 images."""
    left = count
    for batch in source:
        images = _checked(batch)
        for start in range(0, len(images.pixels), size):
            part = slice(start, start + (size if left is None else min(size, left)))
            portion = Images(images.pixels[part], None if images.labels is None else images.labels[part])
            left = None if left is None else left - len(portion.pixels)
            yield portion
            if left == 0:
                return


def _checked(batch: Tensor | Images) -> Images:
    images = batch if isinstance(batch, Images) else Images(batch)
    pixels, labels = images.pixels, images.labels
    if pixels.dtype is not torch.uint8 or pixels.ndim != 4 or pixels.shape[1] not in (1, 3):
        raise ValueError(
            f"Images to measure are uint8 (B, 1 or 3, H, W); these are {pixels.dtype} {tuple(pixels.shape)}: "
            "see ganlab.core.images.to_uint8."
        )
    if labels is not None and labels.shape != pixels.shape[:1]:
        raise ValueError(f"There are {len(labels)} labels for {len(pixels)} images.")
    return images
