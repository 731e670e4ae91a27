"""Whether the networks of a trained model fit a new run that is to start from them, and what is different where they do not."""

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

    @property
    def discriminators(self) -> Mapping[str, nn.Module]:
        """Those at hand; empty where the model travels without them."""


Build = Callable[[TrainConfig, DataSpec], Mapping[str, nn.Module]]
LoadModel = Callable[[str], "Trained | None"]  # a model by its name; None where it has to be downloaded first


def chosen(networks: Mapping[str, nn.Module], name: str) -> nn.Module | None:
    """The one of trained `networks` that starts the network `name` of a run: a lone generator starts them all."""
    alone = [network for other, network in networks.items() if other.startswith("G")]
    return networks.get(name) or (alone[0] if len(alone) == 1 and name.startswith("G") else None)


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


def first_difference(given: nn.Module, wanted: nn.Module, called: str = "G") -> str:
    """Return where the tensors of two networks `called` so differ first, by name or shape; "" where they agree."""
    ours, theirs = ({name: tuple(tensor.shape) for name, tensor in network.state_dict().items()} for network in (wanted, given))
    name = next((name for name in [*ours, *theirs] if ours.get(name) != theirs.get(name)), None)
    if name is None:
        return ""
    here, there = (" x ".join(map(str, shapes[name])) if name in shapes else "missing" for shapes in (ours, theirs))
    what = "its networks are others" if called.startswith("G") else f"its {called} is another"
    return f"{what}: the tensor {name} is {there} there and {here} here; choose its family, architecture and width"


def _difference(networks: Mapping[str, nn.Module], model: Trained) -> tuple[str, str]:
    """The first generator that the model lacks, or the first tensor in which a network differs; ("", "") where all fit.

    A model without discriminators fits: they begin with random weights then.
    """
    trained = dict(model.generators)
    for name, network in sorted(networks.items(), key=lambda one: not one[0].startswith("G")):  # by G's it is recognised
        if not name.startswith("G"):
            trained = trained | dict(model.discriminators)
        given = chosen(trained, name)
        if given is None and name.startswith("G"):
            return name, ""
        if given is not None and (tensor := first_difference(given, network, name)):
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
