"""Whether a config can train at all: asked before a run is made, so that a mistake costs nothing."""

from __future__ import annotations

import torch
from torch import nn

from ganlab.core.config import TrainConfig
from ganlab.core.devices import resolve
from ganlab.core.types import Conditioning, DataSpec
from ganlab.data import DATASETS
from ganlab.metrics.gauge import live_space
from ganlab.training.families import FAMILIES


def check(config: TrainConfig) -> None:
    """Raise ValueError, one sentence naming field and value, when data, family, networks or device do not fit together."""
    if config.dataset not in DATASETS:
        raise ValueError(f"dataset = {config.dataset!r} is not one of {', '.join(DATASETS)}.")
    source, family = DATASETS[config.dataset], FAMILIES[config.family]
    if not family.accepts(source.conditionings):
        raise ValueError(f"dataset = {config.dataset!r} cannot train {family.title}, which needs {NEEDS[family.conditioning]}.")
    device = resolve(config.device)
    if config.fid_every:
        if family.conditioning.between_images:
            raise ValueError(
                f"fid_every = {config.fid_every} is for families that draw from z, which {family.title} does not: set it to 0."
            )
        live_space(config, device)
    networks_on_meta(config)


def networks_on_meta(config: TrainConfig) -> dict[str, nn.Module]:
    """The networks of `config` on the meta device, where they take no memory and no time; ValueError when they do not fit."""
    source, family = DATASETS[config.dataset], FAMILIES[config.family]
    # Unknown before a folder is read: any number shows whether the networks can be built, and ten classes are usual.
    spec = DataSpec(config.image_size, config.channels or source.channels or 3, family.conditioning, source.num_classes or 10)
    with torch.device("meta"):
        return dict(family.build_networks(config, spec))


NEEDS = {
    Conditioning.NONE: "images",
    Conditioning.LABEL: "labels",
    Conditioning.PAIRED: "pairs of images",
    Conditioning.UNPAIRED: "two sets of images",
}
