"""Pix2Pix: G turns a source image into its target; D scores patches of the pair; an L1 term keeps G close to the target."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import l1_loss

from ganlab.core.config import TrainConfig, setting
from ganlab.core.types import Batch, Conditioning, DataSpec
from ganlab.training.adversarial import AdversarialTraining, Sheet
from ganlab.training.families.base import Family, register
from ganlab.training.networks.layers import Norm
from ganlab.training.networks.translators import TRANSLATORS
from ganlab.training.objectives import NON_SATURATING
from ganlab.training.state import ExamplesWanted, Terms


@dataclass(frozen=True, kw_only=True)
class TranslationConfig(TrainConfig):
    """What the image-to-image families share."""

    norm: str = setting("instance", "normalisation in all networks", choices=tuple(Norm))
    test_size: int = setting(0, "side of the test images on a sheet, in pixels; 0 as image_size", min=0, max=1024)
    d_width: int = setting(0, "base channels of D; 0 as G's", min=0, max=1024)


@dataclass(frozen=True, kw_only=True)
class Pix2PixConfig(TranslationConfig):
    """The paper's settings (section 3.3 and appendix 6)."""

    direction: str = setting("AtoB", "which half of a pair is the source", choices=("AtoB", "BtoA"), common=True)
    l1_weight: float = setting(100.0, "weight of the distance to the target", min=0, max=10_000, common=True, live=True)

    @property
    def term_weights(self) -> dict[str, float]:
        return {"l1": self.l1_weight}


class Pix2PixTraining(AdversarialTraining):
    """`condition` is the source, `real` the target; G has no z, its dropout is its only source of noise."""

    config: Pix2PixConfig

    def prepared(self, batches: Iterator[Batch]) -> Iterator[Batch]:
        return map(self._directed, batches)

    def fakes(self, batch: Batch) -> Tensor:
        with self.autocast():
            return self.G(batch.condition)  # source (B, C, H, W) -> (B, C, H, W)

    def generator_terms(self, batch: Batch, fake: Tensor, fake_logits: Tensor) -> Terms:
        # L1 gets the large shapes right and blurs what is uncertain; the adversarial term is left with the texture. L1 rather
        # than L2, which blurs more (section 3.1).
        distance = self.config.term_weights["l1"] * l1_loss(fake.float(), batch.real)
        return super().generator_terms(batch, fake, fake_logits) | {"l1": distance}

    @property
    def examples(self) -> ExamplesWanted:
        return ExamplesWanted(max(1, self.config.samples // 3), self.config.test_size or self.config.image_size)

    def sheet(self, examples: Batch | None = None) -> Sheet:
        """Rows of source, translated, target."""
        assert examples is not None and examples.condition is not None
        source, target = (examples.condition, examples.real)[:: 1 if self.config.direction == "AtoB" else -1]
        with self.evaluating() as generators:
            fakes = torch.cat([generators["G"](image) for image in source.split(1)])
        rows = torch.stack([source, fakes.float(), target], dim=1)  # (N, 3, C, H, W)
        return Sheet(rows.flatten(0, 1), 3, ("source", "translated", "target"))

    def _directed(self, batch: Batch) -> Batch:
        assert batch.condition is not None
        return batch if self.config.direction == "AtoB" else Batch(batch.condition, batch.real)


def translation_networks(
    config: TranslationConfig, spec: DataSpec, generators: Sequence[str], discriminators: Mapping[str, int]
) -> dict[str, nn.Module]:
    """The networks of an image-to-image family; `discriminators` maps each name to how many images it sees side by side."""
    translator, norm, channels = TRANSLATORS[config.architecture], Norm(config.norm), spec.channels
    d_width = config.d_width or config.width
    Gs = {name: translator.generator(channels, channels, config.width, norm, spec.image_size) for name in generators}
    Ds = {name: translator.discriminator(n * channels, d_width, norm, spec.image_size) for name, n in discriminators.items()}
    return Gs | Ds


def _networks(config: TrainConfig, spec: DataSpec) -> dict[str, nn.Module]:
    assert isinstance(config, Pix2PixConfig)
    return translation_networks(config, spec, ["G"], {"D": 2})


PIX2PIX = register(
    Family(
        name="pix2pix",
        title="Pix2Pix",
        paper="Isola et al., Image-to-Image Translation with Conditional Adversarial Networks",
        year=2017,
        conditioning=Conditioning.PAIRED,
        objective=NON_SATURATING,
        architectures=TRANSLATORS,
        networks=_networks,
        training=Pix2PixTraining,
        drawn=(1,),
        config=Pix2PixConfig(
            family="pix2pix",
            dataset="facades",
            architecture="unet",
            image_size=256,
            jitter=0.117,
            flip=True,
            norm=Norm.BATCH,
            batch_size=1,
            steps=80_000,
            lr_decay=0.5,
            d_loss="mean",
            samples=24,
        ),
    )
)
