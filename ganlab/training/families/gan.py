"""GAN: the first one, fully connected."""

from __future__ import annotations

from ganlab.core.config import TrainConfig
from ganlab.training.families.base import Family, register
from ganlab.training.objectives import NON_SATURATING

GAN = register(
    Family(
        name="gan",
        title="GAN",
        paper="Goodfellow et al., Generative Adversarial Nets",
        year=2014,
        objective=NON_SATURATING,
        config=TrainConfig(family="gan", architecture="mlp-leaky", batch_size=100, betas=(0.5, 0.999), steps=30_000),
    )
)
