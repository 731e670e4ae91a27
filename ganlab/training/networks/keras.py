"""Two published Keras DCGANs for small greyscale pictures, layer for layer.

Keras' 'same' padding of a stride-2 convolution is one pixel further right than ours; sizes and parameter counts agree.
"""

from __future__ import annotations

from torch import Tensor, nn

from ganlab.training.networks.layers import Projection, with_label
from ganlab.training.networks.upsampling import quarter

_EPS, _MOMENTUM = 1e-3, 0.01  # Keras' batch norm; it writes momentum as what is kept: 0.99


class TransposedGenerator(nn.Module):
    """z (B, z_dim) [+ label] -> (B, C, S, S): dense, then transposed 5x5 convs 128 (s1), 64 (s2), C (s2)."""

    def __init__(self, z_dim: int, image_size: int, channels: int, num_classes: int = 0) -> None:
        super().__init__()
        self.num_classes = num_classes
        side = quarter(image_size)
        features = 256 * side**2
        self.body = nn.Sequential(
            # Shapes for 28 x 28 pictures.
            nn.Linear(z_dim + num_classes, features, bias=False),  # (B, 12544)
            nn.BatchNorm1d(features, _EPS, _MOMENTUM),  # each feature by itself, before it has a place in the picture
            nn.LeakyReLU(0.3),  # Keras' default slope
            nn.Unflatten(1, (256, side, side)),  # (B, 256, 7, 7)
            nn.ConvTranspose2d(256, 128, 5, 1, 2, bias=False),  # (B, 128, 7, 7)
            nn.BatchNorm2d(128, _EPS, _MOMENTUM),
            nn.LeakyReLU(0.3),
            # output_padding adds the row and column that a stride of 2 leaves open: 7 -> 14, not 13.
            nn.ConvTranspose2d(128, 64, 5, 2, 2, output_padding=1, bias=False),  # (B, 64, 14, 14)
            nn.BatchNorm2d(64, _EPS, _MOMENTUM),
            nn.LeakyReLU(0.3),
            nn.ConvTranspose2d(64, channels, 5, 2, 2, output_padding=1),  # (B, C, 28, 28)
            nn.Tanh(),
        )

    def forward(self, z: Tensor, condition: Tensor | None = None) -> Tensor:
        return self.body(with_label(z, condition, self.num_classes))


class DenseUpsampleGenerator(nn.Module):
    """z (B, z_dim) [+ label] -> (B, C, S, S): dense to 128 x S/4 x S/4, twice (upsample, 5x5 conv)."""

    def __init__(self, z_dim: int, image_size: int, channels: int, num_classes: int = 0) -> None:
        super().__init__()
        self.num_classes = num_classes
        side = quarter(image_size)
        features = 128 * side**2
        self.body = nn.Sequential(
            # Shapes for 28 x 28 pictures.
            nn.Linear(z_dim + num_classes, features),  # (B, 6272)
            nn.LeakyReLU(0.2),  # before batch norm here, as published
            nn.BatchNorm1d(features, _EPS, _MOMENTUM),
            nn.Unflatten(1, (128, side, side)),  # (B, 128, 7, 7)
            nn.Upsample(scale_factor=2),  # nearest neighbour, (B, 128, 14, 14)
            nn.Conv2d(128, 64, 5, padding=2),  # (B, 64, 14, 14)
            nn.BatchNorm2d(64, _EPS, _MOMENTUM),
            nn.LeakyReLU(0.2),
            nn.Upsample(scale_factor=2),  # (B, 64, 28, 28)
            nn.Conv2d(64, channels, 5, padding=2),  # (B, C, 28, 28)
            nn.Tanh(),
        )

    def forward(self, z: Tensor, condition: Tensor | None = None) -> Tensor:
        return self.body(with_label(z, condition, self.num_classes))


class StridedDiscriminator(nn.Module):
    """image (B, C, S, S) [+ label] -> logits (B, 1): 5x5 stride-2 convs 64 and 128, each with dropout 0.3, then dense."""

    def __init__(self, image_size: int, channels: int, num_classes: int = 0, *, leak: float) -> None:
        super().__init__()
        features = 128 * quarter(image_size) ** 2
        self.body = nn.Sequential(
            # Shapes for 28 x 28 pictures. Dropout, not batch norm, regularises this D.
            nn.Conv2d(channels, 64, 5, 2, 2),  # (B, 64, 14, 14)
            nn.LeakyReLU(leak),
            nn.Dropout(0.3),
            nn.Conv2d(64, 128, 5, 2, 2),  # (B, 128, 7, 7)
            nn.LeakyReLU(leak),
            nn.Dropout(0.3),
            nn.Flatten(),  # (B, 6272)
        )
        self.head = nn.Linear(features, 1)  # logits (B, 1)
        self.projection = Projection(features, num_classes) if num_classes else None

    def forward(self, image: Tensor, condition: Tensor | None = None) -> Tensor:
        features = self.body(image)
        logits = self.head(features)
        return logits if self.projection is None else logits + self.projection(features, condition)
