"""R3GAN (Huang et al. 2024): a relativistic loss, whose training converges with two penalties, on plain residual networks.

The paper lowers its rates, raises Adam's second decay and lowers gamma as the run goes on; here they stay as they are.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from ganlab.core.config import TrainConfig, setting
from ganlab.core.types import Batch
from ganlab.training.adversarial import AdversarialTraining
from ganlab.training.families.base import Family, register
from ganlab.training.objectives import RELATIVISTIC
from ganlab.training.penalties import zero_centred_penalty
from ganlab.training.state import Metrics, Terms


@dataclass(frozen=True, kw_only=True)
class R3GANConfig(TrainConfig):
    """The loss of the paper's section 3.1."""

    penalty_weight: float = setting(
        1.0,
        "how strongly D is kept flat around real images and fakes (gamma): 0.05 for small photos, 2 for faces of 64 pixels",
        min=0,
        max=1000,
        common=True,
        live=True,
    )

    @property
    def term_weights(self) -> dict[str, float]:
        return super().term_weights | {"r1": self.penalty_weight / 2, "r2": self.penalty_weight / 2}


class R3GANTraining(AdversarialTraining):
    """Adds R1, at the real images, and R2, at the fakes, to D's terms."""

    def discriminator_step(self, batch: Batch, fake: Tensor | None = None) -> Metrics:
        if fake is None:
            with torch.no_grad():
                fake = self.fakes(batch)
        # D's outputs for these images are what the penalties differentiate: no pass more than without them.
        real = batch.real.detach().requires_grad_()
        return super().discriminator_step(replace(batch, real=real), fake.detach().requires_grad_())

    def discriminator_terms(self, batch: Batch, fake: Tensor, real_logits: Tensor, fake_logits: Tensor) -> Terms:
        terms, weights = super().discriminator_terms(batch, fake, real_logits, fake_logits), self.config.term_weights
        terms["r1"] = weights["r1"] * zero_centred_penalty(batch.real, real_logits)
        terms["r2"] = weights["r2"] * zero_centred_penalty(fake, fake_logits)
        return terms


R3GAN = register(
    Family(
        name="r3gan",
        title="R3GAN",
        paper="Huang et al., The GAN is dead; long live the GAN! A Modern GAN Baseline",
        year=2024,
        objective=RELATIVISTIC,
        training=R3GANTraining,
        unused=frozenset({"d_loss", "r1_weight"}),  # D has one loss, no halves, and R1 in every step
        config=R3GANConfig(family="r3gan", architecture="residual", width=32, betas=(0.0, 0.99), fresh_fakes=True),
    )
)
