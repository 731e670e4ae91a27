"""DCGAN: convolutions throughout, batch norm, no pooling."""

from __future__ import annotations

from ganlab.core.config import TrainConfig
from ganlab.training.families.base import Family, register
from ganlab.training.objectives import NON_SATURATING

DCGAN = register(
    Family(
        name="dcgan",
        title="DCGAN",
        paper="Radford et al., Unsupervised Representation Learning with Deep Convolutional GANs",
        year=2016,
        objective=NON_SATURATING,
        config=TrainConfig(family="dcgan"),
    )
)
