"""CGAN: G draws what the label asks for, D scores picture and label together.

Two bodies: `dcgan` (the default here; label one-hot beside z, projection head in D) and `mlp` (the 2014 paper's: label
one-hot beside z and beside the pixels).
"""

from __future__ import annotations

from dataclasses import replace

from ganlab.core.types import Conditioning
from ganlab.training.families.base import register
from ganlab.training.families.dcgan import DCGAN

CGAN = register(
    replace(
        DCGAN,
        name="cgan",
        title="CGAN",
        paper="Mirza & Osindero, Conditional Generative Adversarial Nets; projection: Miyato & Koyama 2018",
        year=2014,
        conditioning=Conditioning.LABEL,
        config=DCGAN.config.replace(family="cgan"),
    )
)
