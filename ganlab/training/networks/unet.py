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
        widths = [width * min(2**level, 8) for level in range(depth)]  # 64, 128, 256, 512, 512 ... at width 64
        self.down, self.up = nn.ModuleList(), nn.ModuleList()
        for level, outputs in enumerate(widths):
            outer, inner = level == 0, level == depth - 1
            # Activations come before the convolution, so that the skip takes them with their sign.
            layers: list[nn.Module] = [] if outer else [nn.LeakyReLU(0.2)]
            # (B, widths[level - 1], s, s) -> (B, widths[level], s / 2, s / 2)
            layers.append(nn.Conv2d(in_channels if outer else widths[level - 1], outputs, 4, 2, 1, bias=norm.bias))
            if not (outer or inner):  # outer: as in DCGAN; inner: instance norm of a single pixel would be zero
                layers.append(norm(outputs))
            self.down.append(nn.Sequential(*layers))
            self.up.append(self._up(level, depth, widths, out_channels, norm, dropout))
        dcgan_init(self)

    @staticmethod
    def _up(level: int, depth: int, widths: list[int], out_channels: int, norm: Norm, dropout: float) -> nn.Sequential:
        inputs = widths[level] * (1 if level == depth - 1 else 2)  # the skip lies beside what comes from below
        if level == 0:  # (B, 2 * widths[0], H / 2, W / 2) -> (B, C', H, W)
            return nn.Sequential(nn.ReLU(), nn.ConvTranspose2d(inputs, out_channels, 4, 2, 1), nn.Tanh())
        outputs = widths[level - 1]
        layers: list[nn.Module] = [nn.ReLU(), nn.ConvTranspose2d(inputs, outputs, 4, 2, 1, bias=norm.bias), norm(outputs)]
        # At the paper's levels: only near the bottom, where features are coarse.
        if dropout and 4 <= level < depth - 1:
            layers.append(nn.Dropout(dropout))
        return nn.Sequential(*layers)

    def forward(self, image: Tensor) -> Tensor:
        skips = []
        x = image
        for down in self.down:
            x = down(x)  # half the side
            skips.append(x)
        x = self.up[-1](skips.pop())  # (B, F, 1, 1) -> (B, F, 2, 2): the bottom has no skip beside it
        for up in reversed(self.up[:-1]):
            # Edges pass by the bottleneck: the skip of the same size lies beside what comes from below, (B, 2 F, s, s).
            x = up(torch.cat([skips.pop(), x], dim=1))  # twice the side
        return x
