"""CycleGAN: two domains without pairs; G_AB and G_BA must lead from each to the other and back to where one began.

`condition` of a batch holds images of domain A, `real` of domain B. D_A scores domain A, G_AB leads from A to B.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import l1_loss

from ganlab.core.config import TrainConfig, setting
from ganlab.core.types import Batch, Conditioning, DataSpec
from ganlab.training.adversarial import Sheet
from ganlab.training.families.base import Family, register
from ganlab.training.families.pix2pix import TranslationConfig, translation_networks
from ganlab.training.image_pool import ImagePool
from ganlab.training.networks.translators import TRANSLATORS
from ganlab.training.objectives import LEAST_SQUARES
from ganlab.training.state import ExamplesWanted, Metrics, Terms, TrainingState, descend, descend_together, frozen


@dataclass(frozen=True, kw_only=True)
class CycleGANConfig(TranslationConfig):
    """The paper's settings (section 4 and appendix 7); least squares without its 1/2, as in the authors' code."""

    cycle_weight: float = setting(
        10.0, "weight of the cycle consistency: coming back to the same image", min=0, max=1000, common=True, live=True
    )
    identity_weight: float = setting(
        0.5,
        "weight, as a part of the cycle's, of leaving alone what is already in the domain",
        min=0,
        max=10,
        common=True,
        live=True,
    )
    keep: str = setting(
        "", "a generator of start_from that stays as it is while its way back is learned", choices=("", "G_AB", "G_BA")
    )
    pool_size: int = setting(50, "earlier fakes that D is shown again; 0 for none", min=0, max=1000)

    @property
    def term_weights(self) -> dict[str, float]:
        return {"cycle": self.cycle_weight, "identity": self.identity_weight * self.cycle_weight}

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.keep and not self.start_from:
            raise ValueError(
                f"keep = {self.keep!r} needs a trained model in start_from: an untrained generator cannot be kept as it is."
            )


class CycleGANTraining(TrainingState):
    """Both generators together, then each discriminator on fakes out of its pool (Zhu et al. 2017, section 4).

    Images are (B, C, H, W); fakes are named by the domain that they imitate: B's come from G_AB.
    """

    config: CycleGANConfig

    def __init__(self, *values: Any, **more: Any) -> None:
        super().__init__(*values, **more)
        self.pools = {side: ImagePool(self.config.pool_size, 2 * self.config.seed + n) for n, side in enumerate("AB")}

    def step(self, batches: Iterator[Batch]) -> Metrics:
        """One update of both generators and `d_steps` of both discriminators."""
        batch = next(batches)
        metrics, fakes = self._generator_step(batch)
        metrics |= self._discriminator_step(batch, fakes)  # on the fakes that G has just learned from: no second pass
        for _ in range(self.config.d_steps - 1):
            metrics |= self.update_only("D", batches)
        self.steps_done += 1
        return metrics

    def update_only(self, network: str, batches: Iterator[Batch]) -> Metrics:
        """One update of both generators or of both discriminators alone."""
        batch = next(batches)
        if network == "G":
            return self._generator_step(batch)[0]
        with torch.no_grad():
            fakes = self._fakes(batch)
        return self._discriminator_step(batch, fakes)

    def _fakes(self, batch: Batch) -> dict[str, Tensor]:
        """By the domain they belong to, with their graphs."""
        with self.autocast():
            return {"A": self.networks["G_BA"](batch.real), "B": self.networks["G_AB"](batch.condition)}

    def _generator_step(self, batch: Batch) -> tuple[Metrics, dict[str, Tensor]]:
        networks = self.networks
        # A generator that is kept passes gradients on to its partner but has no update of its own.
        kept = [networks[self.config.keep]] if self.config.keep else []
        # Discriminators only pass gradients on here.
        with frozen(networks["D_A"], networks["D_B"], *kept):
            fakes = self._fakes(batch)
            with self.autocast():
                terms = self._generator_terms(batch, fakes)
            # Both at once: each cycle term has gradients for both generators.
            learning = [self.optimizers[name] for name in ("G_AB", "G_BA") if name != self.config.keep]
            metrics = descend_together(learning, terms)
        self.update_averages()
        return metrics, {side: fake.detach() for side, fake in fakes.items()}

    def _generator_terms(self, batch: Batch, fakes: Mapping[str, Tensor]) -> Terms:
        """Of both generators; a cycle's term carries the name of the generator that begins it."""
        assert batch.condition is not None
        terms: Terms = {}
        weights = self.config.term_weights
        for there, back, source, target, side in (
            ("G_AB", "G_BA", batch.condition, batch.real, "B"),
            ("G_BA", "G_AB", batch.real, batch.condition, "A"),
        ):
            # There and back again, in L1: x -> fake -> x', all (B, C, H, W). It stands in for the pairs that are missing.
            terms[f"{there}/cycle"] = weights["cycle"] * l1_loss(self.networks[back](fakes[side]).float(), source)
            if there == self.config.keep:
                continue  # its other terms have no gradient for the generator that learns
            logits = self.networks[f"D_{side}"](fakes[side])  # (B, 1, h, w), one per patch
            terms[f"{there}/adversarial"] = self.objective.g_loss(logits)
            if self.config.identity_weight:
                # A picture that is already in the target domain should stay as it is: this keeps its colours (section 5.2).
                terms[f"{there}/identity"] = weights["identity"] * l1_loss(self.networks[there](target).float(), target)
        return terms

    def _discriminator_step(self, batch: Batch, fakes: Mapping[str, Tensor]) -> Metrics:
        assert batch.condition is not None
        metrics: Metrics = {}
        scores: dict[str, list[Tensor]] = {"score/real": [], "score/fake": []}
        for side, real in (("A", batch.condition), ("B", batch.real)):
            name = f"D_{side}"  # each discriminator sees its own domain alone
            with self.autocast():
                # Half of them from earlier steps: G cannot win by going back and forth between the same tricks.
                fake_logits = self.networks[name](self.pools[side].exchange(fakes[side]))
                real_logits = self.networks[name](real)
                loss = self.objective.d_loss(real_logits, fake_logits, self.config.d_loss)
            metrics |= descend(self.optimizers[name], name, {"adversarial": loss})
            scores["score/real"].append(self.objective.score(real_logits.detach()).mean())
            scores["score/fake"].append(self.objective.score(fake_logits.detach()).mean())
        return metrics | {name: torch.stack(values).float().mean() for name, values in scores.items()}

    @property
    def examples(self) -> ExamplesWanted:
        return ExamplesWanted(max(1, self.config.samples // 6), self.config.test_size or self.config.image_size)

    def sheet(self, examples: Batch | None = None) -> Sheet:
        """Rows of A, translated, and back again; then the same from B."""
        assert examples is not None and examples.condition is not None
        rows = []
        with self.evaluating() as generators:
            for a, b in zip(examples.condition.split(1), examples.real.split(1), strict=True):
                there, other = generators["G_AB"](a), generators["G_BA"](b)
                rows += [a, there, generators["G_BA"](there), b, other, generators["G_AB"](other)]
        return Sheet(torch.cat([image.float() for image in rows]), 6, ("A", "AtoB", "back", "B", "BtoA", "back"))

    def state_dict(self) -> dict[str, Any]:
        return super().state_dict() | {"pools": {side: pool.state_dict() for side, pool in self.pools.items()}}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        super().load_state_dict(state)
        for side, pool in self.pools.items():
            pool.load_state_dict(state["pools"][side], self.device)


def _networks(config: TrainConfig, spec: DataSpec) -> dict[str, nn.Module]:
    assert isinstance(config, CycleGANConfig)
    return translation_networks(config, spec, ["G_AB", "G_BA"], {"D_A": 1, "D_B": 1})


CYCLEGAN = register(
    Family(
        name="cyclegan",
        title="CycleGAN",
        paper="Zhu et al., Unpaired Image-to-Image Translation using Cycle-Consistent Adversarial Networks",
        year=2017,
        conditioning=Conditioning.UNPAIRED,
        objective=LEAST_SQUARES,
        architectures=TRANSLATORS,
        unused=frozenset({"update_order", "fresh_fakes"}),
        networks=_networks,
        training=CycleGANTraining,
        drawn=(1, 4),
        config=CycleGANConfig(
            family="cyclegan",
            dataset="horse2zebra",
            architecture="resnet-9",
            image_size=256,
            jitter=0.117,
            flip=True,
            batch_size=1,
            steps=266_800,
            lr_decay=0.5,
            d_loss="mean",
            update_order="g-then-d",
            samples=24,
        ),
    )
)
