"""Generators that upsample and convolve, and the discriminators published with them (see RECIPES in recipes.py)."""

from __future__ import annotations

from torch import Tensor, nn

from ganlab.training.networks.layers import Projection, dcgan_init, with_label


def quarter(image_size: int) -> int:
    """A quarter of the side; ValueError when it is not whole."""
    if image_size % 4:
        raise ValueError(f"image_size = {image_size} does not fit this architecture: it must be a multiple of 4.")
    return image_size // 4


class UpsampleGenerator(nn.Module):
    """z (B, z_dim) [+ label] -> (B, C, S, S): linear to S/4, twice (upsample, 3x3 conv), as published with batch-norm eps 0.8."""

    def __init__(self, z_dim: int, image_size: int, channels: int, num_classes: int = 0, *, eps: float = 0.8) -> None:
        super().__init__()
        self.num_classes = num_classes
        side = quarter(image_size)

        def block(before: int, after: int) -> list[nn.Module]:
            # Upsample then convolve: unlike a transposed convolution it cannot draw checkerboards (Odena et al. 2016).
            return [
                nn.Upsample(scale_factor=2),  # (B, before, s, s) -> (B, before, 2 s, 2 s)
                nn.Conv2d(before, after, 3, padding=1),  # (B, after, 2 s, 2 s)
                nn.BatchNorm2d(after, eps),
                nn.LeakyReLU(0.2),
            ]

        self.body = nn.Sequential(
            nn.Linear(z_dim + num_classes, 128 * side**2),
            nn.Unflatten(1, (128, side, side)),  # (B, 128, S / 4, S / 4)
            # The published code passes 0.8 as eps, probably meant as momentum; it shrinks features of small variance.
            nn.BatchNorm2d(128, eps),
            nn.LeakyReLU(0.2),
            *block(128, 128),  # (B, 128, S / 2, S / 2)
            *block(128, 64),  # (B, 64, S, S)
            nn.Conv2d(64, channels, 3, padding=1),  # (B, C, S, S)
            nn.Tanh(),
        )
        dcgan_init(self)

    def forward(self, z: Tensor, condition: Tensor | None = None) -> Tensor:
        return self.body(with_label(z, condition, self.num_classes))


class UpsampleDiscriminator(nn.Module):
    """image (B, C, S, S) [+ label] -> logits (B, 1): 3x3 stride-2 convs 16, 32, 64, 128, dropout2d 0.25, batch-norm eps 0.8."""

    def __init__(self, image_size: int, channels: int, num_classes: int = 0, *, eps: float = 0.8) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        before, side = channels, image_size
        for after in (16, 32, 64, 128):  # (B, before, s, s) -> (B, after, ceil(s / 2), ceil(s / 2)): 28, 14, 7, 4, 2
            # Dropout2d drops whole feature maps: neighbouring pixels of one map are too alike to be dropped apart.
            layers += [nn.Conv2d(before, after, 3, 2, 1), nn.LeakyReLU(0.2), nn.Dropout2d(0.25)]
            layers += [nn.BatchNorm2d(after, eps)] if before != channels else []  # none after the first, as in DCGAN
            before, side = after, (side + 1) // 2
        self.body = nn.Sequential(*layers, nn.Flatten())
        self.head = nn.Linear(128 * side**2, 1)  # logits (B, 1)
        dcgan_init(self)
        self.projection = Projection(128 * side**2, num_classes) if num_classes else None

    def forward(self, image: Tensor, condition: Tensor | None = None) -> Tensor:
        features = self.body(image)
        logits = self.head(features)
        return logits if self.projection is None else logits + self.projection(features, condition)
