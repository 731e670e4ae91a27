"""PatchGAN (Isola et al. 2017): a discriminator that scores every patch of an image by itself."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ganlab.training.networks.layers import Norm, dcgan_init


class PatchDiscriminator(nn.Module):
    """image (B, C, H, W) [beside its source (B, C', H, W)] -> logits (B, 1, h, w), one per patch.

    With 3 `layers` a patch is 70x70 pixels and the map of a 256x256 image 30x30; `width` 64 in the paper.
    """

    def __init__(self, channels: int, width: int, norm: Norm, layers: int = 3) -> None:
        super().__init__()
        # Shapes for 256 x 256 pixels, width 64 and 3 layers.
        body: list[nn.Module] = [nn.Conv2d(channels, width, 4, 2, 1), nn.LeakyReLU(0.2)]  # (B, 64, 128, 128)
        inputs = width
        for layer in range(1, layers + 1):
            outputs = width * min(2**layer, 8)
            stride = 2 if layer < layers else 1  # the last keeps the side but for one pixel: patches lie close to each other
            # (B, 128, 64, 64), (B, 256, 32, 32), (B, 512, 31, 31)
            body += [nn.Conv2d(inputs, outputs, 4, stride, 1, bias=norm.bias), norm(outputs), nn.LeakyReLU(0.2)]
            inputs = outputs
        # One logit for each patch and no dense layer: the receptive field, 70 x 70 pixels, is all that a logit depends on.
        self.body = nn.Sequential(*body, nn.Conv2d(inputs, 1, 4, 1, 1))  # (B, 1, 30, 30)
        dcgan_init(self)

    def forward(self, image: Tensor, condition: Tensor | None = None) -> Tensor:
        # A source lies beside its image as further channels: D sees whether they belong together.
        return self.body(image if condition is None else torch.cat([condition, image], dim=1))  # (B, C' + C, H, W)
