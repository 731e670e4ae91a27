"""Fully connected networks (Goodfellow et al. 2014; conditional: Mirza & Osindero 2014, one-hot labels)."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from torch import Tensor, nn

from ganlab.training.networks.layers import with_label


class MLPGenerator(nn.Module):
    """z (B, z_dim) [+ label (B,)] -> image (B, C, S, S) in [-1, 1]. `leak` 0 is ReLU."""

    def __init__(
        self, z_dim: int, image_size: int, channels: int, num_classes: int = 0, *, hidden: Sequence[int], leak: float = 0.0
    ) -> None:
        super().__init__()
        self.num_classes = num_classes
        self.shape = (channels, image_size, image_size)
        sizes = [z_dim + num_classes, *hidden]
        layers: list[nn.Module] = []
        # No normalisation between the layers: GANs are older than batch norm (2015).
        for before, after in pairwise(sizes):  # (B, before) -> (B, after)
            layers += [nn.Linear(before, after), nn.LeakyReLU(leak) if leak else nn.ReLU()]
        # tanh: real pixels are scaled to [-1, 1] too, so D cannot tell the two apart by their range
        self.body = nn.Sequential(*layers, nn.Linear(sizes[-1], channels * image_size**2), nn.Tanh())

    def forward(self, z: Tensor, condition: Tensor | None = None) -> Tensor:
        flat = self.body(with_label(z, condition, self.num_classes))  # (B, C * S * S)
        return flat.unflatten(1, self.shape)  # (B, C, S, S)


class MLPDiscriminator(nn.Module):
    """image (B, C, S, S) [+ label (B,)] -> logits (B, 1)."""

    def __init__(
        self, image_size: int, channels: int, num_classes: int = 0, *, hidden: Sequence[int], dropout: float = 0.0
    ) -> None:
        super().__init__()
        self.num_classes = num_classes
        sizes = [channels * image_size**2 + num_classes, *hidden]
        layers: list[nn.Module] = []
        for before, after in pairwise(sizes):  # (B, before) -> (B, after)
            # A leak lets gradients pass through every unit: they are all that G learns from.
            layers += [nn.Linear(before, after), nn.LeakyReLU(0.2), *([nn.Dropout(dropout)] if dropout else [])]
        self.body = nn.Sequential(*layers, nn.Linear(sizes[-1], 1))  # a logit: the sigmoid is part of the loss

    def forward(self, image: Tensor, condition: Tensor | None = None) -> Tensor:
        pixels = image.flatten(1)  # (B, C * S * S)
        return self.body(with_label(pixels, condition, self.num_classes))
