"""Named pairs of networks: what the `architecture` setting chooses from. A pair is a value; most differ in numbers only."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from torch import nn

from ganlab.training.networks.dcgan import DCGANDiscriminator, DCGANGenerator
from ganlab.training.networks.keras import DenseUpsampleGenerator, StridedDiscriminator, TransposedGenerator
from ganlab.training.networks.mlp import MLPDiscriminator, MLPGenerator
from ganlab.training.networks.residual import ResidualDiscriminator, ResidualGenerator
from ganlab.training.networks.unpadded import UnpaddedDiscriminator, UnpaddedGenerator
from ganlab.training.networks.upsampling import UpsampleDiscriminator, UpsampleGenerator


@dataclass(frozen=True)
class Architecture:
    """A generator and a discriminator that belong together. `scales`: whether they take a `width`."""

    title: str
    generator: Callable[..., nn.Module]
    discriminator: Callable[..., nn.Module]
    scales: bool = False

    def build(self, *, z_dim: int, width: int, image_size: int, channels: int, num_classes: int) -> dict[str, nn.Module]:
        """{"G": generator, "D": discriminator}; ValueError when the side does not fit."""
        scale = {"width": width} if self.scales else {}
        shape = {"image_size": image_size, "channels": channels, "num_classes": num_classes}
        return {"G": self.generator(z_dim=z_dim, **scale, **shape), "D": self.discriminator(**scale, **shape)}


def _mlp(title: str, *hidden: int, leak: float = 0.0, dropout: float = 0.0) -> Architecture:
    """An MLP pair that is symmetric: D's layers are G's in reverse."""
    return Architecture(
        title,
        partial(MLPGenerator, hidden=hidden, leak=leak),
        partial(MLPDiscriminator, hidden=hidden[::-1], dropout=dropout),
    )


ARCHITECTURES: dict[str, Architecture] = {
    "mlp": _mlp("MLP 256-512-1024, ReLU", 256, 512, 1024),
    "mlp-leaky": _mlp("MLP 256-512-1024, LeakyReLU", 256, 512, 1024, leak=0.2),
    "mlp-dropout": _mlp("MLP 256-512-1024, LeakyReLU, dropout 0.3 in D", 256, 512, 1024, leak=0.2, dropout=0.3),
    "mlp-small": _mlp("MLP 256-512, ReLU", 256, 512),
    "dcgan": Architecture("DCGAN, 4x4 convolutions", DCGANGenerator, DCGANDiscriminator, scales=True),
    "transposed": Architecture(
        "Keras tutorial DCGAN, 5x5 transposed convolutions", TransposedGenerator, partial(StridedDiscriminator, leak=0.3)
    ),
    "dense-upsample": Architecture(
        "Keras DCGAN, dense then upsample and 5x5 convolutions", DenseUpsampleGenerator, partial(StridedDiscriminator, leak=0.2)
    ),
    "upsample": Architecture("upsample and 3x3 convolutions, batch-norm eps 0.8", UpsampleGenerator, UpsampleDiscriminator),
    "residual": Architecture(
        "residual blocks without normalisation (R3GAN)", ResidualGenerator, ResidualDiscriminator, scales=True
    ),
    "unpadded": Architecture("28x28 transposed convolutions without padding", UnpaddedGenerator, UnpaddedDiscriminator),
}
