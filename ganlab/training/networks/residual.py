"""R3GAN's networks (Huang et al. 2024, section 4), made modest: residual blocks, no normalisation, careful first weights.

A block widens to twice its channels, convolves in groups of 16 and narrows again (ResNeXt with an inverted bottleneck); sides
halve and double by interpolation. The paper has two blocks a side and 768 channels throughout; here it is one block, and `width`
channels at full resolution, twice as many at each half of it, so that a CPU trains it as well. As elsewhere here G ends in tanh.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn

from ganlab.training.networks.dcgan import halvings
from ganlab.training.networks.layers import Projection, with_label

_LEAK = 0.2
_GAIN = math.sqrt(2 / (1 + _LEAK**2))  # of He et al. 2015, for the slope of the activation
_GROUP = 16  # channels that a 3x3 convolution mixes
_LAYERS = 3  # of a block
_MOST = 8  # times `width`: the most channels


def _scaled(layer: nn.Conv2d | nn.Linear, gain: float = 1.0) -> nn.Module:
    """The layer with weights N(0, gain^2 / fan-in), which keeps the variance of what it is given, and biases 0."""
    nn.init.normal_(layer.weight, std=gain / math.sqrt(layer.weight[0].numel()))
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)
    return layer


class _Block(nn.Module):
    """features (B, F, H, W) -> the same shape; `blocks` is how many the whole network has."""

    def __init__(self, features: int, blocks: int) -> None:
        super().__init__()
        inner = 2 * features
        groups = inner // _GROUP if inner % _GROUP == 0 else 1
        # Fixup (Zhang et al. 2019): the last layer of each block begins at zero and the others shrink with the number of blocks,
        # so that without normalisation the first steps change the network as much as those of a single layer would.
        gain = _GAIN * blocks ** (-1 / (2 * _LAYERS - 2))
        last = nn.Conv2d(inner, features, 1, bias=False)
        nn.init.zeros_(last.weight)
        self.body = nn.Sequential(
            _scaled(nn.Conv2d(features, inner, 1), gain), nn.LeakyReLU(_LEAK),
            _scaled(nn.Conv2d(inner, inner, 3, padding=1, groups=groups), gain), nn.LeakyReLU(_LEAK),
            last,
        )  # fmt: skip

    def forward(self, x: Tensor) -> Tensor:
        return x + self.body(x)


class _Basis(nn.Module):
    """Amounts (B, F) -> (B, F, side, side): how much of a learned picture of 4 to 7 pixels each channel begins with."""

    def __init__(self, features: int, side: int) -> None:
        super().__init__()
        self.pictures = nn.Parameter(torch.empty(features, side, side))
        nn.init.normal_(self.pictures)

    def forward(self, amounts: Tensor) -> Tensor:
        return amounts[:, :, None, None] * self.pictures


def _widths(width: int, image_size: int) -> Sequence[int]:
    """The channels at full resolution, at a half, at a quarter ..."""
    return [width * min(2**level, _MOST) for level in range(halvings(image_size, "residual networks") + 1)]


def _across(before: int, after: int) -> list[nn.Module]:
    """Another number of channels."""
    return [] if before == after else [_scaled(nn.Conv2d(before, after, 1, bias=False))]


class ResidualGenerator(nn.Module):
    """z (B, z_dim) [+ label (B,)] -> image (B, C, S, S) in [-1, 1]."""

    def __init__(self, z_dim: int, width: int, image_size: int, channels: int, num_classes: int = 0) -> None:
        super().__init__()
        self.num_classes = num_classes
        widths = _widths(width, image_size)
        base, blocks = image_size >> (len(widths) - 1), len(widths)
        self.project = _scaled(nn.Linear(z_dim + num_classes, widths[-1], bias=False))
        layers: list[nn.Module] = [_Basis(widths[-1], base), _Block(widths[-1], blocks)]
        for before, after in pairwise(widths[::-1]):  # (B, before, s, s) -> (B, after, 2 s, 2 s)
            layers += [*_across(before, after), nn.Upsample(scale_factor=2, mode="bilinear"), _Block(after, blocks)]
        self.body = nn.Sequential(*layers, _scaled(nn.Conv2d(width, channels, 1, bias=False)), nn.Tanh())

    def forward(self, z: Tensor, condition: Tensor | None = None) -> Tensor:
        amounts = self.project(with_label(z, condition, self.num_classes))  # (B, F)
        return self.body(amounts)  # (B, C, S, S)


class ResidualDiscriminator(nn.Module):
    """image (B, C, S, S) [+ label (B,)] -> logits (B, 1): the generator turned around."""

    def __init__(self, width: int, image_size: int, channels: int, num_classes: int = 0) -> None:
        super().__init__()
        widths = _widths(width, image_size)
        base, blocks, top = image_size >> (len(widths) - 1), len(widths), widths[-1]
        layers: list[nn.Module] = [_scaled(nn.Conv2d(channels, width, 1, bias=False))]
        for before, after in pairwise(widths):  # (B, before, s, s) -> (B, after, s / 2, s / 2)
            layers += [_Block(before, blocks), nn.AvgPool2d(2), *_across(before, after)]
        # Each channel by itself, over the whole map: what the generator's basis is the other way round.
        layers += [_Block(top, blocks), _scaled(nn.Conv2d(top, top, base, groups=top, bias=False)), nn.Flatten()]
        self.body = nn.Sequential(*layers)  # (B, top)
        self.head = _scaled(nn.Linear(top, 1, bias=False))
        self.projection = Projection(top, num_classes) if num_classes else None

    def forward(self, image: Tensor, condition: Tensor | None = None) -> Tensor:
        features = self.body(image)
        logits = self.head(features)
        return logits if self.projection is None else logits + self.projection(features, condition)
