"""The three ways in which images have been brought to Inception's 299 pixels; FID depends on which (Parmar et al. 2022)."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Literal

import torch
from torch import Tensor
from torch.nn.functional import interpolate

SIZE = 299

Resize = Literal["legacy", "clean", "tf"]


def legacy(pixels: Tensor) -> Tensor:
    """pytorch-fid's: bilinear without antialias; grey levels 0 and 255 become -1 and 1."""
    return interpolate(pixels / 255, (SIZE, SIZE), mode="bilinear", align_corners=False).mul_(2).sub_(1)


def clean(pixels: Tensor) -> Tensor:
    """clean-fid's: bicubic with antialias and not rounded, as Pillow does it on floats; 128 becomes 0."""
    down, across = (_cubic(size).to(pixels) for size in pixels.shape[-2:])
    return (down @ (pixels @ across.T)).clamp_(0, 255).sub_(128).div_(128)


@lru_cache(16)  # sizes: a folder of photos may hold thousands
def _cubic(size: int) -> Tensor:
    """(299, size): what each output pixel takes of each input pixel, by Keys' cubic (1981) with a = -1/2, widened to shrink.

    PyTorch's own antialiased bicubic rounds its weights to float32, and is off by more than the rest of the network.
    """
    scale = size / SIZE
    width = max(scale, 1.0)
    centre = (torch.arange(SIZE, dtype=torch.float64) + 0.5) * scale
    pixel = torch.arange(size, dtype=torch.float64)
    first, last = (centre - 2 * width + 0.5).trunc(), (centre + 2 * width + 0.5).trunc()
    x = ((pixel + 0.5 - centre[:, None]) / width).abs()
    near, far = (1.5 * x - 2.5) * x * x + 1, ((-0.5 * x + 2.5) * x - 4) * x + 2
    weights = torch.where(x < 1, near, torch.where(x < 2, far, 0.0))
    weights[(pixel < first[:, None]) | (pixel >= last[:, None])] = 0
    return weights / weights.sum(1, keepdim=True)


def tf(pixels: Tensor) -> Tensor:
    """The original's and torch-fidelity's: TensorFlow 1's bilinear, whose grid starts at the corner; 128 becomes 0."""
    for axis in (-1, -2):
        pixels = _stretch(pixels, axis)
    return pixels.sub(128).div_(128)


def _stretch(pixels: Tensor, axis: int) -> Tensor:
    """Linear along one axis, output i taken at i * size / 299."""
    size = pixels.shape[axis]
    place = torch.arange(SIZE, device=pixels.device, dtype=torch.float32) * (size / SIZE)
    left = place.long().clamp_max(size - 1)
    share = (place - left).view(-1, *[1] * (-1 - axis))
    low = pixels.index_select(axis, left)
    return low + (pixels.index_select(axis, (left + 1).clamp_max(size - 1)) - low) * share


RESIZES: dict[Resize, Callable[[Tensor], Tensor]] = {"legacy": legacy, "clean": clean, "tf": tf}


def prepared(images: Tensor, resize: Resize) -> Tensor:
    """uint8 (B, 1 or 3, H, W) -> floats (B, 3, 299, 299); grey is repeated."""
    return RESIZES[resize](images.float()).expand(-1, 3, -1, -1)
