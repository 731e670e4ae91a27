"""The CycleGAN of the Coursera course on GANs: `upfeature`, `contract`, `res`, `expand`, `downfeature`.

Its padding is the convolutions' own and reflects everywhere, and no norm follows the first convolution.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from torch import nn

from ganlab.core.types import Conditioning
from ganlab.models.adapters.foreign import Foreign
from ganlab.models.adapters.layout import Layout, Tensors, numbered, pour, shape, translator
from ganlab.training.networks.layers import Norm
from ganlab.training.networks.resnet import ResNetGenerator


class CourseraResNet(ResNetGenerator):
    """image (B, C, H, W) -> image (B, C', H, W) in [-1, 1], H and W multiples of 4."""

    def __init__(self, in_channels: int, out_channels: int, width: int, inner: Sequence[int]) -> None:
        norm, widths = Norm.INSTANCE, (width, 2 * width, 4 * width)
        super().__init__(in_channels, out_channels, widths, inner, norm)
        self.encode = nn.Sequential(
            nn.ReflectionPad2d(3), nn.Conv2d(in_channels, width, 7),
            nn.ReflectionPad2d(1), nn.Conv2d(width, 2 * width, 3, 2), norm(2 * width), nn.ReLU(),
            nn.ReflectionPad2d(1), nn.Conv2d(2 * width, 4 * width, 3, 2), norm(4 * width), nn.ReLU(),
        )  # fmt: skip


def read(tensors: Tensors, _assume: Mapping[str, str]) -> Foreign | None:
    """Names "upfeature.conv.weight", "contract1.conv1.weight", "res0.conv1.weight", "expand2.conv1.weight" …"""
    first, last = shape(tensors, "upfeature.conv.weight", 4), shape(tensors, "downfeature.conv.weight", 4)
    blocks = numbered(tensors, r"res(\d{1,2})\.conv1\.weight$")
    if not first or not last or not blocks:
        return None
    convolutions = ["upfeature.conv", "contract1.conv1", "contract2.conv1"]
    convolutions += [f"res{block}.conv{part}" for block in blocks for part in (1, 2)]
    convolutions += ["expand2.conv1", "expand3.conv1", "downfeature.conv"]
    names = [f"{name}.{kind}" for name in convolutions for kind in ("weight", "bias")]
    if set(names) != set(tensors):
        return None
    inner = [4 * first[0]] * len(blocks)
    network = pour(lambda: CourseraResNet(first[1], last[0], first[0], inner), tensors, names)
    if network is None:
        return None
    return translator(f"Coursera ResNet, {len(blocks)} blocks", network, (first[1], last[0]), 256, Conditioning.UNPAIRED)


LAYOUT = Layout("upfeature … downfeature translators (Coursera CycleGAN)", read)
