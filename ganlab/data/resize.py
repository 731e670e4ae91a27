"""Whole sets of images in memory to another size or number of channels."""

from __future__ import annotations

from collections.abc import Generator

import torch
from torch import Tensor
from torch.nn import functional

from ganlab.core.events import Loading
from ganlab.data.cache import About, Spool, entry, recall

_BATCH = 1024
LUMA = (0.299, 0.587, 0.114)  # ITU-R BT.601, as Pillow's "L"


def resize(images: Tensor, image_size: int, channels: int, name: str) -> Generator[Loading, None, Tensor]:
    """uint8 (N, C, H, H) -> (N, `channels`, S, S), channels last in memory; bilinear with antialias.

    A set too big for memory is kept in the cache under `name`.
    """
    count, given, _, side = images.shape
    if (given, side) == (channels, image_size):
        return images
    folder = entry("resized", name, count, image_size, channels)
    kept = recall(folder)
    if kept is None:
        with Spool(folder, count, (image_size, image_size, channels)) as spool:
            for start in range(0, count, _BATCH):
                yield Loading("resizing", name, start, count, names=(str(image_size),))
                spool.append(_resized(images[start : start + _BATCH], image_size, channels).permute(0, 2, 3, 1).numpy())
            kept = spool.finish(About(), keep=False)
    return torch.from_numpy(kept.images).permute(0, 3, 1, 2)


def _resized(images: Tensor, image_size: int, channels: int) -> Tensor:
    if images.shape[1] == 3 and channels == 1:
        weights = torch.tensor(LUMA).view(1, 3, 1, 1)
        images = (images * weights).sum(1, keepdim=True).round_().byte()
    if images.shape[-1] != image_size:
        images = functional.interpolate(images, (image_size, image_size), mode="bilinear", antialias=True)
    return images.expand(-1, channels, -1, -1)
