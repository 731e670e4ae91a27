"""LSGAN: DCGAN's networks, squared errors instead of logarithms."""

from __future__ import annotations

from dataclasses import replace

from ganlab.training.families.base import register
from ganlab.training.families.dcgan import DCGAN
from ganlab.training.objectives import LEAST_SQUARES

LSGAN = register(
    replace(
        DCGAN,
        name="lsgan",
        title="LSGAN",
        paper="Mao et al., Least Squares Generative Adversarial Networks",
        year=2017,
        objective=LEAST_SQUARES,
        config=DCGAN.config.replace(family="lsgan", d_loss="mean"),
    )
)
