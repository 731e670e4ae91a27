"""The residual generator of CycleGAN (Zhu et al. 2017, after Johnson et al. 2016), and its light form for CPUs.

Fully convolutional: any side that is a multiple of four goes in and comes out.
"""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from ganlab.training.networks.layers import Norm, dcgan_init

LIGHT = (4, 4, 4, 8, 8, 8, 8, 8, 8)  # inner widths of the light blocks, in units of the first: GAN Compression's horse2zebra


def separable(inputs: int, outputs: int, norm: Norm) -> nn.Sequential:
    """A 3x3 convolution in two: each channel by itself, then across channels (MobileNet; Li et al. 2020, GAN Compression)."""
    # inputs * 9 + inputs * outputs weights instead of inputs * outputs * 9: up to nine times fewer
    return nn.Sequential(nn.Conv2d(inputs, inputs, 3, groups=inputs), norm(inputs), nn.Conv2d(inputs, outputs, 1))


class ResidualBlock(nn.Module):
    """features (B, F, H, W) -> the same shape; `inner` channels between its two convolutions."""

    def __init__(self, features: int, inner: int, norm: Norm, light: bool) -> None:
        super().__init__()

        def convolve(inputs: int, outputs: int) -> nn.Module:
            return separable(inputs, outputs, norm) if light else nn.Conv2d(inputs, outputs, 3, bias=norm.bias)

        # Reflection padding, because zeros leave artefacts along the borders (Johnson et al. 2016).
        self.body = nn.Sequential(
            nn.ReflectionPad2d(1), convolve(features, inner), norm(inner), nn.ReLU(),
            nn.ReflectionPad2d(1), convolve(inner, features), norm(features),
        )  # fmt: skip

    def forward(self, x: Tensor) -> Tensor:
        return x + self.body(x)  # no ReLU after the sum (Johnson et al. 2016): the block can subtract as well


class ResNetGenerator(nn.Module):
    """image (B, C, H, W) -> image (B, C', H, W) in [-1, 1], H and W multiples of 4.

    `widths` are the channels at full, half and quarter resolution; `inner` the inner channels of each residual block.
    """

    multiple = 4

    def __init__(
        self, in_channels: int, out_channels: int, widths: Sequence[int], inner: Sequence[int], norm: Norm, light: bool = False
    ) -> None:
        super().__init__()
        full, half, quarter = widths
        # Shapes for 256 x 256 pixels, width 64. A 7x7 kernel first and last: colours are mixed over a wider neighbourhood.
        self.encode = nn.Sequential(
            nn.ReflectionPad2d(3), nn.Conv2d(in_channels, full, 7, bias=norm.bias), norm(full), nn.ReLU(),  # (B, 64, 256, 256)
            nn.Conv2d(full, half, 3, 2, 1, bias=norm.bias), norm(half), nn.ReLU(),  # (B, 128, 128, 128)
            nn.Conv2d(half, quarter, 3, 2, 1, bias=norm.bias), norm(quarter), nn.ReLU(),  # (B, 256, 64, 64)
        )  # fmt: skip
        # The blocks change the texture at a quarter of the resolution, where a convolution costs a sixteenth per channel pair.
        self.blocks = nn.Sequential(*(ResidualBlock(quarter, width, norm, light) for width in inner))
        self.decode = nn.Sequential(
            nn.ConvTranspose2d(quarter, half, 3, 2, 1, 1, bias=norm.bias), norm(half), nn.ReLU(),  # (B, 128, 128, 128)
            nn.ConvTranspose2d(half, full, 3, 2, 1, 1, bias=norm.bias), norm(full), nn.ReLU(),  # (B, 64, 256, 256)
            nn.ReflectionPad2d(3), nn.Conv2d(full, out_channels, 7), nn.Tanh(),  # (B, C', 256, 256)
        )  # fmt: skip
        dcgan_init(self)

        self.feature_widths = (in_channels, half, quarter, quarter, quarter)[: 3 + min(len(inner), 2)]

    def forward(self, image: Tensor) -> Tensor:
        return self.decode(self.blocks(self.encode(image)))

    def features(self, image: Tensor) -> list[Tensor]:
        """What CUT compares of two images: pixels, the maps after each halving, those of the first block and of the middle one.

        Maps (B, F, h, w) with F as in `feature_widths`; the layers behind the middle block are not run.
        """
        return self._encoded(image)[1]

    def with_features(self, image: Tensor) -> tuple[Tensor, list[Tensor]]:
        """What `forward` and `features` return, in one pass."""
        x, found = self._encoded(image)
        return self.decode(self.blocks[self._middle + 1 :](x)), found

    @property
    def _middle(self) -> int:
        return min(4, len(self.blocks) - 1)  # of nine blocks

    def _encoded(self, image: Tensor) -> tuple[Tensor, list[Tensor]]:
        x, found = image, [image]
        for layer in self.encode:
            x = layer(x)
            if isinstance(layer, nn.Conv2d) and layer.stride == (2, 2):
                found.append(x)
        for index in range(self._middle + 1):
            x = self.blocks[index](x)
            if index in (0, self._middle):
                found.append(x)
        return x, found


def resnet(in_channels: int, out_channels: int, width: int, norm: Norm, blocks: int) -> ResNetGenerator:
    """CycleGAN's own: 9 blocks for 256 pixels, 6 for 128; `width` 64 in the paper."""
    return ResNetGenerator(in_channels, out_channels, (width, 2 * width, 4 * width), (4 * width,) * blocks, norm)


def light_resnet(in_channels: int, out_channels: int, width: int, norm: Norm) -> ResNetGenerator:
    """Nine separable blocks; at `width` 16 a twentieth of the work of the full network, the shape of a published one."""
    inner = [factor * width for factor in LIGHT]
    return ResNetGenerator(in_channels, out_channels, (width, 2 * width, 8 * width), inner, norm, light=True)
