"""The small 28x28 pair of the 'duel' recipes: transposed convolutions without padding, 1 -> 3 -> 6 -> 13 -> 28."""

from __future__ import annotations

from torch import Tensor, nn

from ganlab.training.networks.layers import Projection, dcgan_init, with_label


def _require_28(image_size: int) -> None:
    if image_size != 28:
        raise ValueError(f"image_size = {image_size} does not fit this architecture: it must be 28.")


class UnpaddedGenerator(nn.Module):
    """z (B, z_dim) [+ label] -> (B, C, 28, 28): transposed convs to 256, 128, 64, C channels."""

    def __init__(self, z_dim: int, image_size: int, channels: int, num_classes: int = 0) -> None:
        super().__init__()
        _require_28(image_size)
        self.num_classes = num_classes

        def block(before: int, after: int, kernel: int, stride: int) -> list[nn.Module]:
            # Without padding a side s becomes (s - 1) * stride + kernel.
            return [nn.ConvTranspose2d(before, after, kernel, stride), nn.BatchNorm2d(after), nn.ReLU()]

        self.body = nn.Sequential(
            *block(z_dim + num_classes, 256, 3, 2),  # (B, 256, 3, 3)
            *block(256, 128, 4, 1),  # (B, 128, 6, 6)
            *block(128, 64, 3, 2),  # (B, 64, 13, 13)
            nn.ConvTranspose2d(64, channels, 4, 2),  # (B, C, 28, 28)
            nn.Tanh(),
        )
        dcgan_init(self)

    def forward(self, z: Tensor, condition: Tensor | None = None) -> Tensor:
        # z as a map of one pixel: the first transposed convolution is then a matrix product with the kernel.
        return self.body(with_label(z, condition, self.num_classes)[:, :, None, None])  # (B, z_dim, 1, 1) -> (B, C, 28, 28)


class UnpaddedDiscriminator(nn.Module):
    """image (B, C, 28, 28) [+ label] -> logits (B, 1): 4x4 stride-2 convs C -> 16 -> 32 -> 1."""

    def __init__(self, image_size: int, channels: int, num_classes: int = 0) -> None:
        super().__init__()
        _require_28(image_size)
        self.body = nn.Sequential(
            nn.Conv2d(channels, 16, 4, 2),  # (B, 16, 13, 13)
            nn.BatchNorm2d(16),
            nn.LeakyReLU(0.2),
            nn.Conv2d(16, 32, 4, 2),  # (B, 32, 5, 5)
            nn.BatchNorm2d(32),
            nn.LeakyReLU(0.2),
        )
        self.head = nn.Conv2d(32, 1, 4, 2)  # (B, 1, 1, 1)
        dcgan_init(self)
        self.projection = Projection(32, num_classes) if num_classes else None

    def forward(self, image: Tensor, condition: Tensor | None = None) -> Tensor:
        features = self.body(image)
        logits = self.head(features).flatten(1)  # (B, 1, 1, 1) -> (B, 1)
        # The projection takes the mean over the map: its vectors have one number for each of the 32 channels.
        return logits if self.projection is None else logits + self.projection(features.mean(dim=(2, 3)), condition)
