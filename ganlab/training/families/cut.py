"""CUT: from one domain to another without pairs and without a way back: half of CycleGAN's networks.

What a picture shows is kept by contrast: each patch of it must be more like the source's patch at its place than like the
source's other patches, in features of the generator's own first half (PatchNCE). Nothing leads back: a run knows one direction.
FastCUT is `nce_weight` 10, `flip_equivariance` on and `nce_identity` off.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from ganlab.core.config import TrainConfig, setting
from ganlab.core.types import Batch, Conditioning, DataSpec
from ganlab.training.adversarial import Sheet
from ganlab.training.families.base import Family, register
from ganlab.training.families.pix2pix import TranslationConfig, translation_networks
from ganlab.training.networks.patch_embedding import PatchEmbedding, patch_nce
from ganlab.training.networks.resnet import ResNetGenerator
from ganlab.training.networks.translators import TRANSLATORS
from ganlab.training.objectives import LEAST_SQUARES
from ganlab.training.state import ExamplesWanted, Metrics, Terms, TrainingState, descend, descend_together, frozen


@dataclass(frozen=True, kw_only=True)
class CUTConfig(TranslationConfig):
    """The paper's settings (section 4 and appendix C), as in the authors' code."""

    direction: str = setting("AtoB", "which domain is turned into the other", choices=("AtoB", "BtoA"), common=True)
    nce_weight: float = setting(
        1.0,
        "how strongly each patch must resemble its source's patch at that place, so that what is shown stays (PatchNCE)",
        min=0,
        max=1000,
        common=True,
        live=True,
    )
    nce_identity: bool = setting(
        True, "hold pictures of the target domain against what G makes of them too: a second pass of G", common=True
    )
    flip_equivariance: bool = setting(False, "mirror half of the sources, and compare as if they were not")
    nce_temperature: float = setting(0.07, "how sharply patches are told apart", min=0.001, max=10)
    nce_width: int = setting(256, "numbers that stand for a patch", min=4, max=1024)
    patches: int = setting(256, "places at which each layer's patches are compared", min=2, max=4096)

    @property
    def term_weights(self) -> dict[str, float]:
        if not self.nce_identity:
            return {"nce": self.nce_weight}
        return {"nce": self.nce_weight / 2, "nce_identity": self.nce_weight / 2}


@dataclass(frozen=True)
class Translated:
    """A picture of G with its graph, and the `keys`, features (B, F, h, w) of its source; `flipped`: G saw it mirrored."""

    picture: Tensor
    keys: list[Tensor]
    flipped: bool


class CUTTraining(TrainingState):
    """D on the fakes of this step, then G and F together (the order of the authors' code); F embeds patches for the contrast."""

    config: CUTConfig

    def step(self, batches: Iterator[Batch]) -> Metrics:
        """`d_steps` updates of D and one of G and F."""
        for _ in range(self.config.d_steps - 1):
            self.update_only("D", batches)
        source, target = self._directed(next(batches))
        translated = self.translated(source)
        metrics = self._discriminator_step(target, translated.picture.detach()) | self._generator_step(target, translated)
        self.steps_done += 1
        return metrics

    def update_only(self, network: str, batches: Iterator[Batch]) -> Metrics:
        """One update of G and F or of D alone."""
        source, target = self._directed(next(batches))
        if network == "G":
            return self._generator_step(target, self.translated(source))
        with torch.no_grad():
            translated = self.translated(source)
        return self._discriminator_step(target, translated.picture)

    def _directed(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Source and target images (B, C, H, W)."""
        assert batch.condition is not None
        return (batch.condition, batch.real) if self.config.direction == "AtoB" else (batch.real, batch.condition)

    def translated(self, source: Tensor) -> Translated:
        """G's picture; its source's features fall out of the same pass, but where that one was mirrored."""
        G = self.networks["G"]
        flipped = self.config.flip_equivariance and bool(torch.randint(2, (), generator=self.noise, device=self.device))
        with self.autocast():
            picture, keys = G.with_features(source.flip(3) if flipped else source)  # type: ignore[operator]
            if flipped:
                with torch.no_grad():
                    keys = G.features(source)  # type: ignore[operator]
        return Translated(picture, keys, flipped)

    def _discriminator_step(self, target: Tensor, fake: Tensor) -> Metrics:
        with self.autocast():
            real_logits, fake_logits = self.networks["D"](target), self.networks["D"](fake)  # (B, 1, h, w), one per patch
            loss = self.objective.d_loss(real_logits, fake_logits, self.config.d_loss)
        score = self.objective.score
        scores = {"score/real": real_logits, "score/fake": fake_logits}
        losses = descend(self.optimizers["D"], "D", {"adversarial": loss})
        return losses | {name: score(logits.detach().float()).mean() for name, logits in scores.items()}

    def _generator_step(self, target: Tensor, translated: Translated) -> Metrics:
        with frozen(self.networks["D"]):
            with self.autocast():
                terms = self.generator_terms(target, translated)
            optimizers = [self.optimizers["G"], self.optimizers["F"]]
            metrics = descend_together(optimizers, {f"G/{name}": term for name, term in terms.items()})
        self.update_averages()
        return metrics

    def generator_terms(self, target: Tensor, translated: Translated) -> Terms:
        """What G and F minimise."""
        weights = self.config.term_weights
        terms = {"adversarial": self.objective.g_loss(self.networks["D"](translated.picture))}
        terms["nce"] = weights["nce"] * self._contrast(translated)
        if self.config.nce_identity:
            # A picture that is in the target domain already: what G makes of it should show the same, patch by patch.
            terms["nce_identity"] = weights["nce_identity"] * self._contrast(self.translated(target))
        return terms

    def _contrast(self, translated: Translated) -> Tensor:
        """PatchNCE, averaged over the layers, at places that are drawn anew each time."""
        G, F = self.networks["G"], self.networks["F"]
        queries = G.features(translated.picture)  # type: ignore[operator]
        if translated.flipped:
            queries = [maps.flip(3) for maps in queries]
        sides = [maps.shape[2] * maps.shape[3] for maps in queries]
        places = [torch.randperm(n, generator=self.noise, device=self.device)[: self.config.patches] for n in sides]
        with torch.no_grad():
            keys = F(translated.keys, places)
        layers = zip(F(queries, places), keys, strict=True)
        return torch.stack([patch_nce(query, key, self.config.nce_temperature) for query, key in layers]).mean()

    @property
    def examples(self) -> ExamplesWanted:
        return ExamplesWanted(max(1, self.config.samples // 2), self.config.test_size or self.config.image_size)

    def sheet(self, examples: Batch | None = None) -> Sheet:
        """Rows of a source and its translation."""
        assert examples is not None
        source, _ = self._directed(examples)
        with self.evaluating() as generators:
            fakes = torch.cat([generators["G"](image) for image in source.split(1)])
        rows = torch.stack([source, fakes.float()], dim=1)  # (N, 2, C, H, W)
        return Sheet(rows.flatten(0, 1), 2, (self.config.direction[0], self.config.direction))


def _networks(config: TrainConfig, spec: DataSpec) -> dict[str, nn.Module]:
    assert isinstance(config, CUTConfig)
    networks = translation_networks(config, spec, ["G"], {"D": 1})
    assert isinstance(networks["G"], ResNetGenerator)
    return networks | {"F": PatchEmbedding(networks["G"].feature_widths, config.nce_width)}


CUT = register(
    Family(
        name="cut",
        title="CUT",
        paper="Park et al., Contrastive Learning for Unpaired Image-to-Image Translation",
        year=2020,
        conditioning=Conditioning.UNPAIRED,
        objective=LEAST_SQUARES,
        architectures={name: one for name, one in TRANSLATORS.items() if name != "unet"},  # a U-Net has no such first half
        unused=frozenset({"update_order", "fresh_fakes"}),
        networks=_networks,
        training=CUTTraining,
        drawn=(1,),
        config=CUTConfig(
            family="cut",
            dataset="horse2zebra",
            architecture="resnet-9",
            image_size=256,
            jitter=0.117,
            flip=True,
            batch_size=1,
            steps=533_600,
            lr_decay=0.5,
            d_loss="mean",
            samples=24,
        ),
    )
)
