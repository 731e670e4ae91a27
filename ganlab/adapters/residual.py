"""Residual translators: CycleGAN's own (junyanz), GAN Compression's light one, and HugGAN's, which upsamples to enlarge."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import partial

from torch import nn

from ganlab.adapters import Foreign
from ganlab.adapters.layout import Layout, Tensors, in_order, numbered, pour
from ganlab.core import Conditioning, DataSpec
from ganlab.nn.layers import Norm
from ganlab.nn.resnet import ResNetGenerator

# Block 10 of "10.conv_block.1.weight"; with a Dropout in the block the second convolution is 6, else 5. UPIT leaves out "model.".
_BLOCK = r"(\d+)\.(?:conv_block|block)\.[156]\."


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


def _read(tensors: Tensors) -> Foreign | None:
    blocks = numbered(tensors, _BLOCK)
    if not blocks or blocks != list(range(10, 10 + len(blocks))):
        return None
    end = blocks[-1] + 1
    upsamples = f"{end + 1}.weight" in tensors and f"{end + 5}.weight" in tensors
    outer = [1, 4, 7, *((end + 1, end + 5, end + 9) if upsamples else (end, end + 3, end + 7))]
    weights = [tensors.get(f"{index}.weight") for index in outer]
    if any(weight is None or weight.ndim != 4 for weight in weights):
        return None
    first, half, quarter, *_, last = (weight.shape for weight in weights if weight is not None)
    light = any(".conv." in name for name in tensors)
    inner = [_inner(tensors, index, light) for index in blocks]
    norm = Norm.INSTANCE if "1.bias" in tensors else Norm.BATCH
    build = UpsamplingResNet if upsamples else partial(ResNetGenerator, light=light)
    widths = (first[0], half[0], quarter[0])
    network = pour(lambda: build(first[1], last[0], widths, inner, norm), tensors, in_order(tensors))
    if network is None:
        return None
    title = "HugGAN ResNet" if upsamples else "GAN Compression ResNet" if light else "junyanz ResNet"
    size = 128 if len(blocks) == 6 else 256
    spec = DataSpec(size, last[0], Conditioning.UNPAIRED)
    return Foreign(f"{title}, {len(blocks)} blocks", {"G": network}, spec)


def _inner(tensors: Tensors, block: int, light: bool) -> int:
    """Channels between a block's two convolutions."""
    pattern = re.compile(rf"{block}\.(?:conv_block|block)\.1\.{'conv.2.' if light else ''}weight")
    return next((len(tensor) for name, tensor in tensors.items() if pattern.fullmatch(name) and tensor.ndim), 1)


LAYOUTS = (Layout("ResNet generators of junyanz, GAN Compression, HugGAN and UPIT", _read),)
