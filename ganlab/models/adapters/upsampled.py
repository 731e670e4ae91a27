"""PyTorch-GAN's convolutional generators: one linear layer `l1`, then `conv_blocks` that upsample and convolve."""

from __future__ import annotations

from math import isqrt

from torch import nn

from ganlab.core.types import DataSpec
from ganlab.models.adapters.foreign import Foreign
from ganlab.models.adapters.layout import Drawing, Layout, Tensors, in_order, pour, shape


def read(tensors: Tensors) -> Foreign | None:
    """Names "l1.0.weight", "conv_blocks.0.weight" (batch norm), "conv_blocks.2.weight" (convolution) …"""
    linear, norm = shape(tensors, "l1.0.weight", 2), shape(tensors, "conv_blocks.0.weight", 1)
    ends = [shape(tensors, f"conv_blocks.{index}.weight", 4) for index in (2, 6, 9)]
    if not linear or not norm or not all(ends):
        return None
    first, second, last = (end or () for end in ends)
    side, channels = isqrt(linear[0] // norm[0]), last[0]
    if side < 4 or linear[0] != norm[0] * side**2 or channels not in (1, 3):
        return None

    def block(before: int, after: int) -> list[nn.Module]:
        # 0.8 is where upstream meant a momentum; its networks were trained with it.
        norm = nn.BatchNorm2d(after, 0.8)
        return [nn.Upsample(scale_factor=2), nn.Conv2d(before, after, 3, padding=1), norm, nn.LeakyReLU(0.2)]

    def build() -> nn.Module:
        start = [nn.Linear(linear[1], linear[0]), nn.Unflatten(1, (norm[0], side, side)), nn.BatchNorm2d(norm[0])]
        blocks = [*block(norm[0], first[0]), *block(first[0], second[0])]
        return Drawing(nn.Sequential(*start, *blocks, nn.Conv2d(second[0], channels, 3, padding=1), nn.Tanh()))

    names = in_order(name for name in tensors if name.startswith("l1.")) + in_order(
        name for name in tensors if name.startswith("conv_blocks.")
    )
    network = pour(build, tensors, names) if len(names) == len(tensors) else None
    if network is None:
        return None
    return Foreign(f"PyTorch-GAN DCGAN, {4 * side} pixels", {"G": network}, DataSpec(4 * side, channels), linear[1])


LAYOUT = Layout("l1 and conv_blocks generators (PyTorch-GAN)", read)
