"""Self-conditioned DCGAN: no labels, so it sorts the images into clusters first and trains like a CGAN on those.

D and G agree on the cluster of every picture, which spares D the search for modes that G forgot. The papers cluster learned
features; for small pictures k-means on the pixels of the first batches does the same at no cost.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import torch
from torch import nn

from ganlab.core.config import TrainConfig, setting
from ganlab.core.types import Batch, Conditioning, DataSpec
from ganlab.training.adversarial import AdversarialTraining
from ganlab.training.families.base import adversarial_networks, register
from ganlab.training.families.dcgan import DCGAN
from ganlab.training.networks.clusters import ClusteredGenerator, Clusters

_IMAGES_TO_CLUSTER = 4096


@dataclass(frozen=True, kw_only=True)
class SelfConditionedConfig(TrainConfig):
    """DCGAN's settings and the number of clusters."""

    clusters: int = setting(64, "groups that the images are sorted into before the first step", min=2, max=512, common=True)


class SelfConditionedTraining(AdversarialTraining):
    """Every batch is labelled with the clusters of its real images; G draws in the same clusters."""

    _fitted = False

    def prepared(self, batches: Iterator[Batch]) -> Iterator[Batch]:
        if not (self._fitted or self.clusters.fitted):
            count = -(-_IMAGES_TO_CLUSTER // self.config.batch_size)
            # (count * batch_size, C, H, W): the first batches, which training then goes on from.
            self.clusters.fit(torch.cat([next(batches).real for _ in range(count)]), self.noise)
        self._fitted = True  # asking the centroids every step would wait for the device
        # Labels (B,) of the real images; G is asked for the same, so that labels alone tell D nothing.
        return (Batch(batch.real, self.clusters.nearest(batch.real)) for batch in batches)

    @property
    def clusters(self) -> Clusters:
        """Found once, kept with the generator."""
        assert isinstance(self.G, ClusteredGenerator)
        return self.G.clusters


def _networks(config: TrainConfig, spec: DataSpec) -> dict[str, nn.Module]:
    assert isinstance(config, SelfConditionedConfig)
    # For the networks a cluster is a class: one-hot beside z in G, projection in D.
    labelled = replace(spec, conditioning=Conditioning.LABEL, num_classes=config.clusters)
    networks = adversarial_networks(config, labelled)
    clusters = Clusters(config.clusters, spec.channels * spec.image_size**2)
    return networks | {"G": ClusteredGenerator(networks["G"], clusters)}


SELF_CONDITIONED = register(
    replace(
        DCGAN,
        name="self-conditioned",
        title="Self-conditioned DCGAN",
        paper="Liu et al., Diverse Image Generation via Self-Conditioned GANs; Sage et al. 2018, Clustered GANs",
        year=2020,
        networks=_networks,
        clustered=True,
        training=SelfConditionedTraining,
        config=SelfConditionedConfig(family="self-conditioned"),
    )
)
