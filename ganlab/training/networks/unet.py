"""The U-Net generator of Pix2Pix (Isola et al. 2017): halves the image down to one pixel and back, with a skip at each size."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ganlab.training.networks.layers import Norm, dcgan_init


class UNetGenerator(nn.Module):
    """image (B, C, H, W) -> image (B, C', H, W) in [-1, 1]; H and W multiples of 2**depth.

    `width` channels after the first halving, doubling to 8 times that. `dropout` is the paper's only source of chance; it
    acts while training.
    """

    def __init__(self, in_channels: int, out_channels: int, width: int, norm: Norm, depth: int = 8, dropout: float = 0.5) -> None:
        super().__init__()
        if depth < 5:
            raise ValueError(f"A U-Net of depth {depth} is too shallow: it has at least 5 halvings.")
        self.multiple = 2**depth
        widths = [width * min(2**level, 8) for level in range(depth)]
        self.down, self.up = nn.ModuleList(), nn.ModuleList()
        for level, outputs in enumerate(widths):
            outer, inner = level == 0, level == depth - 1
            layers: list[nn.Module] = [] if outer else [nn.LeakyReLU(0.2)]
            layers.append(nn.Conv2d(in_channels if outer else widths[level - 1], outputs, 4, 2, 1, bias=norm.bias))
            if not (outer or inner):
                layers.append(norm(outputs))
            self.down.append(nn.Sequential(*layers))
            self.up.append(self._up(level, depth, widths, out_channels, norm, dropout))
        dcgan_init(self)

    @staticmethod
    def _up(level: int, depth: int, widths: list[int], out_channels: int, norm: Norm, dropout: float) -> nn.Sequential:
        inputs = widths[level] * (1 if level == depth - 1 else 2)  # the skip lies beside what comes from below
        if level == 0:
            return nn.Sequential(nn.ReLU(), nn.ConvTranspose2d(inputs, out_channels, 4, 2, 1), nn.Tanh())
        outputs = widths[level - 1]
        layers: list[nn.Module] = [nn.ReLU(), nn.ConvTranspose2d(inputs, outputs, 4, 2, 1, bias=norm.bias), norm(outputs)]
        if dropout and 4 <= level < depth - 1:
            layers.append(nn.Dropout(dropout))
        return nn.Sequential(*layers)

    def forward(self, image: Tensor) -> Tensor:
        skips = []
        x = image
        for down in self.down:
            x = down(x)
            skips.append(x)
        x = self.up[-1](skips.pop())
        for up in reversed(self.up[:-1]):
            x = up(torch.cat([skips.pop(), x], dim=1))
        return x
