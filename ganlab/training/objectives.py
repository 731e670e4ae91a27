"""Pairs of adversarial losses: pure functions of D's raw outputs. Logits everywhere, never a sigmoid inside D.

Every loss reduces by `.mean()`, so scalars (B, 1) and patch maps (B, 1, H, W) are served alike.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import relu, softplus


@dataclass(frozen=True)
class Objective:
    """What D and G minimise. `discriminator` gives the real and the fake half; `score` maps a logit to what people read.

    `certain`: the scores of a real and a fake that D is sure of; `indifferent`: D's raw output for both when it cannot tell
    them apart. None where scores have no scale: such a D estimates a distance and cannot win.

    A `relativistic` one asks by how much D scores a real image above a fake, so that outputs mean something in pairs only: its
    D has one loss, no halves, and `generator` is given how much higher D scores each fake than the real image beside it.
    """

    name: str
    discriminator: Callable[[Tensor, Tensor], tuple[Tensor, ...]]
    generator: Callable[[Tensor], Tensor]
    score: Callable[[Tensor], Tensor]
    score_help: str
    certain: tuple[float, float] | None = None
    indifferent: float | None = None
    relativistic: bool = False

    def d_loss(self, real: Tensor, fake: Tensor, way: str = "sum") -> Tensor:
        """What D minimises on its outputs for real images and for fakes, in float32; `way` is the setting `d_loss`."""
        # Losses in float32: bf16 keeps 8 bits, too few for a mean of logarithms.
        parts = self.discriminator(full_precision(real), full_precision(fake))
        whole = torch.stack(parts).sum()
        return whole / len(parts) if way == "mean" else whole

    def g_loss(self, fake: Tensor, real: Tensor | None = None) -> Tensor:
        """What G minimises on D's outputs for its fakes; those for as many real images are needed where it is relativistic."""
        if not self.relativistic:
            return self.generator(full_precision(fake))
        assert real is not None, "a relativistic loss compares fakes with real images"
        return self.generator(full_precision(fake) - full_precision(real))

    @property
    def undecided(self) -> float | None:
        """What D's two halves cost together when it cannot tell; None where scores have no scale."""
        return None if self.indifferent is None else self._guessing(self.indifferent, "sum")

    def references(self, d_loss: str) -> dict[str, float | None]:
        """What D's `score` and the adversarial losses of `G` and `D` read where D cannot tell real from fake.

        `d_loss` is the setting: "sum" or "mean" of D's two halves. None where that may be any number. Without a scale of scores D
        answers both alike with any output: its own loss is known even then, since its halves cancel.
        """
        at = self.indifferent
        d = self._guessing(0.0 if at is None else at, d_loss)
        if at is None:
            return {"score": None, "G": None, "D": d}
        logit = torch.tensor(at, dtype=torch.float64)
        if self.relativistic:  # outputs by themselves mean nothing
            return {"score": None, "G": self.generator(logit - logit).item(), "D": d}
        return {"score": self.score(logit).item(), "G": self.generator(logit).item(), "D": d}

    def _guessing(self, output: float, way: str) -> float:
        """What D's loss is where it answers everything alike."""
        logit = torch.tensor(output, dtype=torch.float64)
        return self.d_loss(logit, logit, way).item()


def full_precision(numbers: Tensor) -> Tensor:
    """The same numbers in float32 at least."""
    return numbers if numbers.dtype == torch.float64 else numbers.float()


# D: binary cross-entropy. G maximises log s(D(fake)) instead of minimising log(1 - s(D(fake))), whose gradient vanishes while
# D is winning. softplus(x) = log(1 + e^x) is exact for large logits, where log(sigmoid(x)) would be -inf.
NON_SATURATING = Objective(
    name="non-saturating",  # Goodfellow et al. 2014, section 3
    discriminator=lambda real, fake: (softplus(-real).mean(), softplus(fake).mean()),  # -log s(x), -log(1 - s(x)), s = sigmoid
    generator=lambda fake: softplus(-fake).mean(),  # -log s(x)
    score=torch.sigmoid,
    score_help="the probability D gives to 'real'; 0.5 when it cannot tell",
    certain=(1.0, 0.0),
    indifferent=0.0,  # s(0) = 1/2: -log(1/2) = ln 2 for each half
)

# Plain squared error. The paper puts 1/2 before every term: `d_loss = mean` gives its D; G's factor changes nothing under Adam.
LEAST_SQUARES = Objective(
    name="least squares",  # Mao et al. 2017, with labels a = 0, b = c = 1
    discriminator=lambda real, fake: ((real - 1).square().mean(), fake.square().mean()),
    generator=lambda fake: (fake - 1).square().mean(),
    score=lambda logits: logits,
    score_help="D's output: trained towards 1 on real, 0 on fake; 0.5 when it cannot tell",
    certain=(1.0, 0.0),
    indifferent=0.5,  # half-way: 1/4 for each half
)

# D stops learning from pictures that it places beyond the margin of 1; G has no margin.
HINGE = Objective(
    name="hinge",  # Lim & Ye 2017
    discriminator=lambda real, fake: (relu(1 - real).mean(), relu(1 + fake).mean()),
    generator=lambda fake: -fake.mean(),
    score=lambda logits: logits,
    score_help="D's output: above 0 for real, below 0 for fake",
    certain=(1.0, -1.0),
    indifferent=0.0,  # a margin of 1 for each half
)

# -(D's loss) estimates the Wasserstein-1 distance between real and fake, provided that D is 1-Lipschitz: see the penalty below.
WASSERSTEIN = Objective(
    name="Wasserstein",  # Arjovsky et al. 2017
    discriminator=lambda real, fake: (-real.mean(), fake.mean()),
    generator=lambda fake: -fake.mean(),
    score=lambda logits: logits,
    score_help="D's output, without a fixed scale: only the difference between real and fake means something",
)

# D is asked which of two is real: -log s(D(x) - D(G(z))), one real image beside one fake; G wants the opposite. What D gives a
# fake means something beside real images only, so that G cannot gather all fakes in one place unpunished (Sun et al. 2020).
RELATIVISTIC = Objective(
    name="relativistic",  # Jolicoeur-Martineau 2019; Huang et al. 2024, section 2.1, with f(t) = -log(1 + e^-t)
    discriminator=lambda real, fake: (softplus(fake - real).mean(),),
    generator=lambda difference: softplus(-difference).mean(),
    score=lambda logits: logits,
    score_help="D's output, without a fixed scale: only how far real images lie above fakes means something",
    indifferent=0.0,  # a difference of 0: -log(1/2) = ln 2
    relativistic=True,
)


def gradient_penalty(discriminate: Callable[[Tensor], Tensor], real: Tensor, fake: Tensor, mix: Tensor) -> Tensor:
    """Mean of (|dD/dx| - 1)^2 at x = mix * real + (1 - mix) * fake, mix (B, 1, 1, 1) in [0, 1] (Gulrajani et al. 2017).

    `real` and `fake` are (B, C, H, W), `discriminate` maps them to logits (B, 1); the result is a scalar with a graph.
    """
    # Random points on the lines between real and fake: between the two D's slope is what G learns from.
    x = (mix * real + (1 - mix) * fake).detach().requires_grad_()
    # The sum over the batch gives each image's own gradient, since logits do not depend on other images (no batch norm in D).
    # create_graph: the penalty is differentiated once more, with respect to D's weights.
    (gradient,) = torch.autograd.grad(discriminate(x).sum(), x, create_graph=True)  # (B, C, H, W)
    # One norm per image, (B,); two-sided: slopes below 1 are penalised too.
    return (gradient.flatten(1).norm(dim=1) - 1).square().mean()
