"""Whether the generators of a trained model fit a new run that is to start from them, and what is different where they do not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Protocol

from torch import nn

from ganlab.core.config import TrainConfig
from ganlab.core.types import DataSpec

_CHANNELS = {1: "grey", 3: "colour"}


class Trained(Protocol):
    """What `start_from` names; ganlab.Pipeline is one."""

    spec: DataSpec
    z_dim: int
    generators: dict[str, nn.Module]


Build = Callable[[TrainConfig, DataSpec], Mapping[str, nn.Module]]
LoadModel = Callable[[str], "Trained | None"]  # a model by its name; None where it has to be downloaded first


def chosen(generators: Mapping[str, nn.Module], name: str) -> nn.Module | None:
    """The one of `generators` that starts the generator `name` of a run: a lone one starts them all."""
    return generators.get(name) or (next(iter(generators.values())) if len(generators) == 1 else None)


def unfit(config: TrainConfig, spec: DataSpec, build: Build, model: Trained) -> str:
    """Return one sentence on why the networks of a run cannot take the weights of `model`; "" where they can.

    `build` makes networks without weights; those for the model's own sizes show whether there is more that differs.
    """
    what = f"start_from = {config.start_from!r} does not fit this run"
    if model.spec.conditioning.between_images != spec.conditioning.between_images:
        does, wanted = (
            ("translates images", "draws from z")
            if model.spec.conditioning.between_images
            else ("draws from z", "translates images")
        )
        return f"{what}: the model {does}, and this family {wanted}."
    missing, tensor = _difference(build(config, spec), model)
    if missing:
        return (
            f"start_from = {config.start_from!r} has the generators {', '.join(model.generators)}, but this run trains {missing}."
        )
    if not tensor:
        return ""
    differences = _differences(config, spec, model)
    if differences:
        with suppress(ValueError):  # no networks of such sizes
            changes = {"image_size": model.spec.image_size} | ({"z_dim": model.z_dim} if model.z_dim else {})
            tensor = _difference(build(config.replace(**changes), model.spec), model)[1]
    return f"{what}: {'; '.join(filter(None, (differences, tensor)))}."


def first_difference(given: nn.Module, wanted: nn.Module) -> str:
    """Return where the tensors of two networks differ first, by name or shape; "" where they agree."""
    ours, theirs = ({name: tuple(tensor.shape) for name, tensor in network.state_dict().items()} for network in (wanted, given))
    name = next((name for name in [*ours, *theirs] if ours.get(name) != theirs.get(name)), None)
    if name is None:
        return ""
    here, there = (" x ".join(map(str, shapes[name])) if name in shapes else "missing" for shapes in (ours, theirs))
    return (
        f"its networks are others: the tensor {name} is {there} there and {here} here; choose its family, architecture and width"
    )


def _difference(networks: Mapping[str, nn.Module], model: Trained) -> tuple[str, str]:
    """The first generator that the model lacks, or the first tensor in which one differs; ("", "") where all fit."""
    for name, network in networks.items():
        if name.startswith("G"):
            if (given := chosen(model.generators, name)) is None:
                return name, ""
            if tensor := first_difference(given, network):
                return "", tensor
    return "", ""


def _differences(config: TrainConfig, spec: DataSpec, model: Trained) -> str:
    """What a person can change: the settings in which the model and the run differ."""
    facts = [
        ("image_size", model.spec.image_size, spec.image_size),
        ("channels", *(f"{one.channels} ({_CHANNELS.get(one.channels, 'other')})" for one in (model.spec, spec))),
        ("the number of labels", *(one.num_classes or "none" for one in (model.spec, spec))),
        ("z_dim", model.z_dim, 0 if spec.conditioning.between_images else config.z_dim),
    ]
    return ", ".join(f"{name} is {there} there and {here} here" for name, there, here in facts if there != here)
