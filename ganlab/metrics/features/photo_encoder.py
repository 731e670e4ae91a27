"""A small network for photos of any kind, trained here on labelled ones; it reads images without a classifier of their own."""

from __future__ import annotations

import torch
from torch import Tensor, nn

_STEM, _FIRST, _SECOND, _THIRD, _HIDDEN = 16, 32, 64, 96, 64


class _Block(nn.Module):
    """(B, C, S, S) -> (B, D, S/2, S/2): a convolution that halves, then two with a shortcut around them (He et al. 2016)."""

    def __init__(self, channels: int, out: int) -> None:
        super().__init__()
        self.halve, self.halve_norm = nn.Conv2d(channels, out, 3, stride=2, padding=1, bias=False), nn.BatchNorm2d(out)
        self.first, self.first_norm = nn.Conv2d(out, out, 3, padding=1, bias=False), nn.BatchNorm2d(out)
        self.second, self.second_norm = nn.Conv2d(out, out, 3, padding=1, bias=False), nn.BatchNorm2d(out)

    def forward(self, images: Tensor) -> Tensor:
        halved = self.halve_norm(self.halve(images)).relu_()
        inner = self.first_norm(self.first(halved)).relu_()
        return (halved + self.second_norm(self.second(inner))).relu_()


class PhotoEncoder(nn.Module):
    """images (B, 3, S, S) in [-1, 1], S of 16 or more -> features (B, 112), logits (B, classes).

    The features are the mean answers of the filters of the first two stages, which see sharpness, noise and colour, then the
    hidden layer, which knows what is in a photo. Each counts from its mean over the training images in units of its spread, so
    that distances count in variances, and kernels, which know a centre, see them around it.
    """

    centre: Tensor
    spread: Tensor
    dims, batch_size, stored = _STEM + _FIRST + _HIDDEN, 100, torch.float16

    def __init__(self, num_classes: int) -> None:
        super().__init__()
        self.stem, self.stem_norm = nn.Conv2d(3, _STEM, 3, padding=1, bias=False), nn.BatchNorm2d(_STEM)
        self.first, self.second, self.third = _Block(_STEM, _FIRST), _Block(_FIRST, _SECOND), _Block(_SECOND, _THIRD)
        self.hidden = nn.Linear(_THIRD, _HIDDEN)
        self.classes = nn.Linear(_HIDDEN, num_classes)
        self.dropout = nn.Dropout(0.1)
        self.register_buffer("centre", torch.zeros(self.dims))
        self.register_buffer("spread", torch.ones(self.dims))

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        stem = self.stem_norm(self.stem(images)).relu_()
        first = self.first(stem)
        third = self.third(self.second(first))
        hidden = self.hidden(self.dropout(third.mean((2, 3)))).relu_()
        rows = torch.cat([stem.mean((2, 3)), first.mean((2, 3)), hidden], 1)
        return (rows - self.centre) / self.spread, self.classes(self.dropout(hidden))
