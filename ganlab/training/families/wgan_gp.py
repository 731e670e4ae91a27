"""WGAN-GP (Gulrajani et al. 2017): D estimates a distance instead of a probability; a penalty keeps its slope near one."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from ganlab.core.config import TrainConfig, setting
from ganlab.core.types import Batch, DataSpec
from ganlab.training.adversarial import AdversarialTraining
from ganlab.training.families.base import Family, adversarial_networks, register
from ganlab.training.networks.layers import without_batch_norm
from ganlab.training.objectives import WASSERSTEIN, gradient_penalty
from ganlab.training.state import Terms


@dataclass(frozen=True, kw_only=True)
class WGANGPConfig(TrainConfig):
    """The paper's Algorithm 1."""

    gp_weight: float = setting(
        10.0, "how strongly D's slope between real images and fakes is held at 1", min=0, max=1000, common=True, live=True
    )

    @property
    def term_weights(self) -> dict[str, float]:
        return super().term_weights | {"gradient_penalty": self.gp_weight}


class WGANGPTraining(AdversarialTraining):
    """Adds the gradient penalty to D's terms."""

    def discriminator_terms(self, batch: Batch, fake: Tensor, real_logits: Tensor, fake_logits: Tensor) -> Terms:
        terms = super().discriminator_terms(batch, fake, real_logits, fake_logits)
        # One point between each real image and a fake, from the run's own stream so that a resume draws the same.
        mix = torch.rand(len(fake), 1, 1, 1, generator=self.noise, device=self.device)
        penalty = gradient_penalty(lambda x: self.D(x, batch.condition), batch.real, fake, mix)
        return terms | {"gradient_penalty": self.config.term_weights["gradient_penalty"] * penalty}


def _networks(config: TrainConfig, spec: DataSpec) -> dict[str, nn.Module]:
    networks = adversarial_networks(config, spec)
    # Batch norm makes a logit depend on the other images of the batch; the penalty is about one image's (section 4).
    return networks | {"D": without_batch_norm(networks["D"])}


WGAN_GP = register(
    Family(
        name="wgan-gp",
        title="WGAN-GP",
        paper="Gulrajani et al., Improved Training of Wasserstein GANs",
        year=2017,
        objective=WASSERSTEIN,
        networks=_networks,
        training=WGANGPTraining,
        config=WGANGPConfig(family="wgan-gp", lr=1e-4, betas=(0.0, 0.9), d_steps=5, fresh_fakes=True),
    )
)
