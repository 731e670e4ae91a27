"""Generators that turn one image into another, by the name that the `architecture` setting takes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from torch import nn

from ganlab.training.networks.layers import Norm
from ganlab.training.networks.patchgan import PatchDiscriminator
from ganlab.training.networks.resnet import light_resnet, resnet
from ganlab.training.networks.unet import UNetGenerator


def unet(in_channels: int, out_channels: int, width: int, norm: Norm, image_size: int) -> nn.Module:
    """The U-Net that halves `image_size` down to one pixel; ValueError when it is no power of two from 32 on."""
    depth = image_size.bit_length() - 1
    if image_size != 2**depth or depth < 5:
        raise ValueError(f"image_size = {image_size} does not fit a U-Net: it must be 32, 64, 128 or 256.")
    return UNetGenerator(in_channels, out_channels, width, norm, depth)


def _residual(build: Callable[..., nn.Module]) -> Callable[..., nn.Module]:
    def generator(in_channels: int, out_channels: int, width: int, norm: Norm, image_size: int) -> nn.Module:
        if image_size % 4:
            raise ValueError(f"image_size = {image_size} does not fit a ResNet: it must be a multiple of 4.")
        return build(in_channels, out_channels, width, norm)

    return generator


@dataclass(frozen=True)
class Translator:
    """A generator from images to images."""

    title: str
    generator: Callable[..., nn.Module]

    def discriminator(self, channels: int, width: int, norm: Norm, image_size: int) -> nn.Module:
        """The 70x70 PatchGAN, with fewer layers where the image is smaller than two of its patches."""
        return PatchDiscriminator(channels, width, norm, layers=3 if image_size >= 128 else 2)


TRANSLATORS: dict[str, Translator] = {
    "unet": Translator("U-Net", unet),
    "resnet-9": Translator("ResNet, 9 blocks", _residual(partial(resnet, blocks=9))),
    "resnet-6": Translator("ResNet, 6 blocks", _residual(partial(resnet, blocks=6))),
    "light": Translator("light ResNet, for CPUs", _residual(light_resnet)),
}
