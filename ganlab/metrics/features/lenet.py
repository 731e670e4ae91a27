"""A small classifier that is trained here and whose features stand in for Inception's on digits, clothes and small images.

Inception was trained on photographs, means little for digits, and costs a CPU seconds per image. This one reads thousands a
second. A distance between its features is no FID and is never called so.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

_C1, _C3, _F6 = 16, 32, 84


class Lenet(nn.Module):
    """images (B, C, S, S) in [-1, 1] -> features (B, 132), logits (B, classes); LeCun et al. 1998 with ReLU and max pooling.

    The features are the mean answers of all filters of both convolutions, then the last hidden layer: that one alone takes
    noise for a digit, for it only knows what distinguishes digits. Each is divided by its spread over the training images, so
    that distances count in variances.
    """

    spread: Tensor
    dims, batch_size, stored = _C1 + _C3 + _F6, 500, torch.float32

    def __init__(self, image_size: int, channels: int, num_classes: int) -> None:
        super().__init__()
        self.c1 = nn.Conv2d(channels, _C1, 5, padding=2)
        self.c3 = nn.Conv2d(_C1, _C3, 5)
        self.f6 = nn.Linear(_C3 * ((image_size // 2 - 4) // 2) ** 2, _F6)
        self.f7 = nn.Linear(_F6, num_classes)
        self.dropout = nn.Dropout(0.3)
        self.register_buffer("spread", torch.ones(self.dims))

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        c1 = functional.max_pool2d(self.c1(images).relu_(), 2)
        c3 = functional.max_pool2d(self.c3(c1).relu_(), 2)
        f6 = self.f6(self.dropout(c3.flatten(1))).relu_()
        features = torch.cat([c1.mean((2, 3)), c3.mean((2, 3)), f6], 1) / self.spread
        return features, self.f7(self.dropout(f6))
