"""HugGAN's GeneratorUNet (after PyTorch-GAN): instance norm, no biases, and a last step that upsamples and convolves."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from ganlab.core.types import Conditioning
from ganlab.models.adapters.foreign import Foreign
from ganlab.models.adapters.layout import Layout, Tensors, in_order, numbered, pour, shape, translator

_MAX_DEPTH = 10  # 1024 pixels


class HugGANUNet(nn.Module):
    """image (B, C, H, W) -> image (B, C', H, W) in [-1, 1]; `widths` are the channels after each halving."""

    def __init__(self, in_channels: int, out_channels: int, widths: list[int]) -> None:
        super().__init__()
        self.multiple = 2 ** len(widths)
        self.down, self.up = nn.ModuleList(), nn.ModuleList()
        for level, (before, after) in enumerate(zip([in_channels, *widths], widths, strict=False)):
            norm = [nn.InstanceNorm2d(after)] if 0 < level < len(widths) - 1 else []
            self.down.append(nn.Sequential(nn.Conv2d(before, after, 4, 2, 1, bias=False), *norm, nn.LeakyReLU(0.2)))
        below = widths[-1]
        for skip in reversed(widths[:-1]):
            up = nn.ConvTranspose2d(below, skip, 4, 2, 1, bias=False)
            self.up.append(nn.Sequential(up, nn.InstanceNorm2d(skip), nn.ReLU()))
            below = 2 * skip
        self.final = nn.Sequential(
            nn.Upsample(scale_factor=2), nn.ZeroPad2d((1, 0, 1, 0)), nn.Conv2d(below, out_channels, 4, padding=1), nn.Tanh()
        )

    def forward(self, image: Tensor) -> Tensor:
        skips, x = [], image
        for down in self.down:
            x = down(x)
            skips.append(x)
        x = skips.pop()
        for up in self.up:
            x = torch.cat([up(x), skips.pop()], dim=1)
        return self.final(x)


def read(tensors: Tensors, _assume: Mapping[str, str]) -> Foreign | None:
    """Names "down1.model.0.weight", "up1.model.0.weight", "final.2.weight"."""
    levels = numbered(tensors, r"down(\d{1,2})\.model\.0\.weight$")
    shapes = [shape(tensors, f"down{level}.model.0.weight", 4) for level in levels]
    last = shape(tensors, "final.2.weight", 4)
    if not 3 <= len(levels) <= _MAX_DEPTH or levels != list(range(1, len(levels) + 1)) or not shapes[0] or not last:
        return None
    widths = [found[0] if found else 0 for found in shapes]
    before, after = shapes[0][1], last[0]
    ups = [f"up{level}.model.0.weight" for level in range(1, len(levels))]
    names = [f"down{level}.model.0.weight" for level in levels] + ups + ["final.2.weight", "final.2.bias"]
    if in_order(names) != in_order(tensors):
        return None
    network = pour(lambda: HugGANUNet(before, after, widths), tensors, names)
    if network is None:
        return None
    size = 2 ** len(widths)
    return translator(f"HugGAN U-Net, {size} pixels", network, (before, after), size, Conditioning.PAIRED)


LAYOUT = Layout("down1 … up1 … final U-Nets (HugGAN, PyTorch-GAN)", read)
