"""DCGAN (Radford et al. 2016) for any side that is 4 to 7 times a power of two; conditional with a projection head."""

from __future__ import annotations

from torch import Tensor, nn

from ganlab.training.networks.layers import Projection, dcgan_init, with_label


def halvings(image_size: int, what: str = "a DCGAN") -> int:
    """How often the side halves until it is 4 to 7; ValueError when it never is a whole 4 to 7."""
    side, times = image_size, 0
    while side > 7 and side % 2 == 0:
        side, times = side // 2, times + 1
    if not 4 <= side <= 7 or not times:
        raise ValueError(
            f"image_size = {image_size} does not fit {what}: it must be 4, 5, 6 or 7 times 2, 4, 8, … (28, 32, 48, 64 …)."
        )
    return times


class DCGANGenerator(nn.Module):
    """z (B, z_dim) [+ label (B,)] -> image (B, C, S, S) in [-1, 1]; the last hidden layer has `width` channels."""

    def __init__(self, z_dim: int, width: int, image_size: int, channels: int, num_classes: int = 0) -> None:
        super().__init__()
        self.num_classes = num_classes
        times = halvings(image_size)
        # Channels double whenever the side halves, so each layer costs about the same; 64 pixels, width 64: 4 x 4 x 512.
        base, top = image_size >> times, width << (times - 1)
        self.seed_shape = (base, base, top)
        # The paper's transposed convolution of a 1x1 map, written as the matrix product that it is: three times as fast.
        self.project = nn.Linear(z_dim + num_classes, top * base**2, bias=False)
        layers: list[nn.Module] = [nn.BatchNorm2d(top), nn.ReLU()]
        # Kernel 4, stride 2: a kernel that is a multiple of its stride covers all pixels equally often (no checkerboard from it).
        # No bias before batch norm, which subtracts the mean and has a bias of its own.
        for _ in range(times - 1):  # (B, top, s, s) -> (B, top / 2, 2 s, 2 s)
            layers += [nn.ConvTranspose2d(top, top // 2, 4, 2, 1, bias=False), nn.BatchNorm2d(top // 2), nn.ReLU()]
            top //= 2
        # No batch norm on the output (Radford et al. 2016): it would fix the mean and contrast of the pictures.
        self.body = nn.Sequential(*layers, nn.ConvTranspose2d(top, channels, 4, 2, 1), nn.Tanh())  # (B, C, S, S)
        dcgan_init(self)

    def forward(self, z: Tensor, condition: Tensor | None = None) -> Tensor:
        features = self.project(with_label(z, condition, self.num_classes))  # (B, base * base * top)
        # Channels last in memory, which is how the convolutions want them.
        return self.body(features.unflatten(1, self.seed_shape).permute(0, 3, 1, 2))  # (B, top, base, base) -> (B, C, S, S)


class DCGANDiscriminator(nn.Module):
    """image (B, C, S, S) [+ label (B,)] -> logits (B, 1); the first hidden layer has `width` channels."""

    def __init__(self, width: int, image_size: int, channels: int, num_classes: int = 0) -> None:
        super().__init__()
        times = halvings(image_size)
        # No batch norm on the input (Radford et al. 2016): it would hide how bright the pictures are.
        layers: list[nn.Module] = [nn.Conv2d(channels, width, 4, 2, 1), nn.LeakyReLU(0.2)]  # (B, width, S / 2, S / 2)
        for _ in range(times - 1):  # (B, width, s, s) -> (B, 2 width, s / 2, s / 2); strides instead of pooling
            layers += [nn.Conv2d(width, width * 2, 4, 2, 1, bias=False), nn.BatchNorm2d(width * 2), nn.LeakyReLU(0.2)]
            width *= 2
        features = width * (image_size >> times) ** 2
        self.body = nn.Sequential(*layers, nn.Flatten())
        self.head = nn.Linear(features, 1)  # logits (B, 1): the paper's last convolution, which covers the whole map
        dcgan_init(self)
        self.projection = Projection(features, num_classes) if num_classes else None

    def forward(self, image: Tensor, condition: Tensor | None = None) -> Tensor:
        features = self.body(image)  # (B, F), F = channels * 4 * 4 at 64 pixels
        logits = self.head(features)  # (B, 1)
        return logits if self.projection is None else logits + self.projection(features, condition)
