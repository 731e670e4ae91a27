"""Whether a config can train at all: asked before a run is made, so that a mistake costs nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import torch
from torch import nn

from ganlab.core import plugins
from ganlab.core.config import TrainConfig
from ganlab.core.devices import resolve
from ganlab.core.errors import DataError, Mistakes, all_mistakes
from ganlab.core.types import Conditioning, DataSpec
from ganlab.data import DATASETS
from ganlab.data.sets.folder import FOLDER, check_place
from ganlab.training.families import FAMILIES
from ganlab.training.warm_start import LoadModel, unfit


def check(config: TrainConfig, load_model: LoadModel | None = None) -> None:
    """Raise Mistakes, a sentence for each, when data, family, networks, device or the model to start from do not fit together.

    `load_model` opens the model that `start_from` names; without it, that is found out when training begins.
    """
    if config.dataset not in DATASETS:
        raise Mistakes(plugins.unknown("dataset", config.dataset, plugins.DATASETS, DATASETS))
    with all_mistakes() as part:
        with part():
            _fits(config)
        with part():
            _means_something(config)
        with part():
            _device(config)
        with part():
            _start(config, load_model)


def check_data(config: TrainConfig, *, reach: bool = True) -> None:
    """Raise DataError, one sentence, where the images are neither on this machine nor can be downloaded when training begins.

    Without `reach` no network is asked.
    """
    if config.dataset == FOLDER.name:
        check_place(config.data_path, reach=reach)
        return
    source = DATASETS[config.dataset]
    if source.available().state == "needs folder":
        raise DataError(source.absence)
    if reach:
        source.check_reach()


def _fits(config: TrainConfig) -> None:
    source, family = DATASETS[config.dataset], FAMILIES[config.family]
    if not family.accepts(source.conditionings):
        raise ValueError(f"dataset = {config.dataset!r} cannot train {family.title}, which needs {NEEDS[family.conditioning]}.")


def _means_something(config: TrainConfig) -> None:
    """No setting was changed that the family takes no notice of."""
    family = FAMILIES[config.family]
    for name in sorted(family.unused):
        if (value := getattr(config, name)) != getattr(family.config, name):
            raise ValueError(f"{name} = {value!r} means nothing to {family.title}: leave it at {getattr(family.config, name)!r}.")


def _device(config: TrainConfig) -> None:
    family = FAMILIES[config.family]
    resolve(config.device)
    if config.fid_every and family.conditioning.between_images:
        raise ValueError(
            f"fid_every = {config.fid_every} is for families that draw from z, which {family.title} does not: set it to 0."
        )


def _start(config: TrainConfig, load_model: LoadModel | None) -> None:
    """The networks can be built, and take the weights of `start_from`."""
    spec = spec_before_data(config)
    networks_on_meta(config, spec)
    if not config.start_from or load_model is None:
        return
    try:
        model = load_model(config.start_from)
    except ValueError as error:
        raise ValueError(f"start_from = {config.start_from!r} cannot be opened. {error}") from error
    if model is None:
        return
    source = DATASETS[config.dataset]
    unknown: dict[str, Any] = {}  # of a folder that is not read yet
    if not (config.channels or source.channels):
        unknown["channels"] = model.spec.channels
    if spec.num_classes and not source.num_classes:
        unknown["num_classes"] = model.spec.num_classes or spec.num_classes
    if sentence := unfit(config, replace(spec, **unknown), networks_on_meta, model):
        raise ValueError(sentence)


def spec_before_data(config: TrainConfig) -> DataSpec:
    """What is known of the images before they are read."""
    source, family = DATASETS[config.dataset], FAMILIES[config.family]
    # Unknown before a folder is read: any number shows whether the networks can be built, and ten classes are usual.
    classes = (source.num_classes or 10) if family.conditioning is Conditioning.LABEL else 0
    return DataSpec(config.image_size, config.channels or source.channels or 3, family.conditioning, classes)


def networks_on_meta(config: TrainConfig, spec: DataSpec | None = None) -> dict[str, nn.Module]:
    """The networks of `config` on the meta device, where they take no memory and no time; ValueError when they do not fit."""
    with torch.device("meta"):
        return dict(FAMILIES[config.family].build_networks(config, spec or spec_before_data(config)))


NEEDS = {
    Conditioning.NONE: "images",
    Conditioning.LABEL: "labels",
    Conditioning.PAIRED: "pairs of images",
    Conditioning.UNPAIRED: "two sets of images",
}
