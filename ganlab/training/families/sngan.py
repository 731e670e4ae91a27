"""SNGAN: DCGAN's networks, but D without batch norm and with every weight matrix divided by its largest singular value.

D's slope is then bounded by construction: no penalty and no second backward pass. Rates and order are Radford's, setting C of the
paper's table 1; the loss is the hinge of the authors' code.
"""

from __future__ import annotations

from dataclasses import replace

from torch import nn

from ganlab.core.config import TrainConfig
from ganlab.core.types import DataSpec
from ganlab.training.families.base import adversarial_networks, register
from ganlab.training.families.dcgan import DCGAN
from ganlab.training.networks.layers import spectrally_normalised, without_batch_norm
from ganlab.training.objectives import HINGE


def _networks(config: TrainConfig, spec: DataSpec) -> dict[str, nn.Module]:
    networks = adversarial_networks(config, spec)
    # Batch norm would scale D's features anew, and with them the slope that is to be bounded (section 3).
    return networks | {"D": spectrally_normalised(without_batch_norm(networks["D"]))}


SNGAN = register(
    replace(
        DCGAN,
        name="sngan",
        title="SNGAN",
        paper="Miyato et al., Spectral Normalization for Generative Adversarial Networks",
        year=2018,
        objective=HINGE,
        networks=_networks,
        config=DCGAN.config.replace(family="sngan"),
    )
)
