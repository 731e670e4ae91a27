"""Residual translators: CycleGAN's own (junyanz), GAN Compression's light one, and HugGAN's, which upsamples to enlarge."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from torch import nn

from ganlab.core.types import Conditioning
from ganlab.models.adapters.foreign import Foreign
from ganlab.models.adapters.layout import Layout, Tensors, in_order, numbered, pour, shape, translator, without_statistics
from ganlab.training.networks.layers import Norm
from ganlab.training.networks.resnet import ResNetGenerator

# Block 10 of "10.conv_block.1.weight"; with a Dropout in the block its second convolution is number 6, else 5.
_BLOCK = r"(\d{1,3})\.(?:conv_block|block)\.[156]\."


class UpsamplingResNet(ResNetGenerator):
    """HugGAN's GeneratorResNet: enlarges by repeating pixels and convolving, where the paper's transposes a convolution."""

    def __init__(self, in_channels: int, out_channels: int, widths: Sequence[int], inner: Sequence[int], norm: Norm) -> None:
        super().__init__(in_channels, out_channels, widths, inner, norm)
        full, half, quarter = widths
        self.decode = nn.Sequential(
            nn.Upsample(scale_factor=2), nn.Conv2d(quarter, half, 3, padding=1), norm(half), nn.ReLU(),
            nn.Upsample(scale_factor=2), nn.Conv2d(half, full, 3, padding=1), norm(full), nn.ReLU(),
            nn.ReflectionPad2d(3), nn.Conv2d(full, out_channels, 7), nn.Tanh(),
        )  # fmt: skip


def read(tensors: Tensors, _assume: Mapping[str, str]) -> Foreign | None:
    """Names "1.weight", "10.conv_block.1.weight", "19.weight": an index for every layer of one Sequential."""
    given, tensors = tensors, without_statistics(tensors)
    blocks = numbered(tensors, _BLOCK)
    if not blocks or blocks != list(range(10, 10 + len(blocks))):
        return None
    end = blocks[-1] + 1
    upsamples = f"{end}.weight" not in tensors
    first, half, quarter = (shape(tensors, f"{index}.weight", 4) for index in (1, 4, 7))
    last = shape(tensors, f"{end + (9 if upsamples else 7)}.weight", 4)
    if not (first and half and quarter and last):
        return None
    light = any(".conv." in name for name in tensors)
    widths, inner = (first[0], half[0], quarter[0]), [_inner(tensors, block) for block in blocks]
    norm = Norm.INSTANCE if "1.bias" in tensors else Norm.BATCH

    def build() -> nn.Module:
        if upsamples:
            return UpsamplingResNet(first[1], last[0], widths, inner, norm)
        return ResNetGenerator(first[1], last[0], widths, inner, norm, light)

    network = pour(build, tensors, in_order(tensors))
    # HugGAN pads by as many pixels as there are channels, so that its grey network returns smaller pictures.
    if network is None or (upsamples and first[1] != 3):
        return None
    origin = "HugGAN ResNet" if upsamples else "GAN Compression ResNet" if light else "junyanz ResNet"
    size = 128 if len(blocks) == 6 else 256
    foreign = translator(f"{origin}, {len(blocks)} blocks", network, (first[1], last[0]), size, Conditioning.UNPAIRED)
    return replace(foreign, unused=tuple(name for name in given if name not in tensors))


def _inner(tensors: Tensors, block: int) -> int:
    """Channels between a block's two convolutions."""
    for kind in ("conv_block.1", "block.1", "conv_block.1.conv.2"):
        if found := shape(tensors, f"{block}.{kind}.weight", 4):
            return found[0]
    return 1


LAYOUT = Layout("residual translators (junyanz, GAN Compression, HugGAN, UPIT)", read)
