"""Configs that train in seconds on a CPU, from the real registries."""

from __future__ import annotations

from typing import Any

from ganlab.config import TrainConfig
from ganlab.families import FAMILIES

# Small enough for seconds; architecture, objective, order and rates stay those of the family or recipe.
SMALL: dict[str, Any] = {
    "dataset": "shapes",
    "channels": 1,
    "width": 8,
    "batch_size": 8,
    "steps": 20,
    "d_steps": 1,
    "samples": 20,
    "log_every": 1,
    "sample_every": 10,
    "checkpoint_every": 10,
    "device": "cpu",
}


def small(family: str = "dcgan", **changes: Any) -> TrainConfig:
    """The family's defaults, shrunk."""
    return shrink(FAMILIES[family].config, **changes)


def shrink(config: TrainConfig, **changes: Any) -> TrainConfig:
    """Any config with what makes it long made short."""
    return config.replace(**SMALL | changes)
