"""What can be said of a run before it starts: whether the networks fit together, how large they are, how long it may take."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch

from ganlab.core.config import TrainConfig
from ganlab.core.types import Conditioning, DataSpec
from ganlab.data import DataSource
from ganlab.runtime.run import runs
from ganlab.training.families import FAMILIES
from ganlab.training.networks.layers import count_parameters

# Two runs that agree on all other settings take equally long per step.
_NO_MATTER = ("steps", "seed", "lr", "d_lr_ratio", "lr_decay", "betas", "data_path", "checkpoint_every", "ema_decay")
_LOOK_BACK = 50


@dataclass(frozen=True)
class Pace:
    """Measured on this machine: `seconds` per step on `device`, and peak `memory` in bytes."""

    seconds: float
    device: str
    memory: int


def parameters(config: TrainConfig, source: DataSource) -> dict[str, int]:
    """{network: trainable numbers}; ValueError in one sentence when the settings do not fit together.

    The networks are built without memory or arithmetic (the meta device). What a folder holds is unknown before it is
    read, so its colour and ten classes are assumed there.
    """
    family = FAMILIES[config.family]
    classes = (source.num_classes or 10) if family.conditioning is Conditioning.LABEL else 0
    spec = DataSpec(config.image_size, config.channels or source.channels or 3, family.conditioning, classes)
    with torch.device("meta"):
        return {name: count_parameters(network) for name, network in family.build_networks(config, spec).items()}


def pace(config: TrainConfig) -> Pace | None:
    """How fast the newest run like this one was here; None when there was none, since nothing is guessed."""
    wanted = _essence(config.to_dict())
    for run in runs()[:_LOOK_BACK]:
        if _essence(run.settings["config"]) == wanted:
            status = run.status()
            if status.steps_per_second:
                return Pace(1 / status.steps_per_second, status.device, status.memory)
    return None


def _essence(config: Mapping[str, object]) -> dict[str, object]:
    return {name: list(value) if isinstance(value, tuple) else value for name, value in config.items() if name not in _NO_MATTER}
