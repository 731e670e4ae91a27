"""Configs that train in seconds on a CPU, from the real registries."""

from __future__ import annotations

from typing import Any

from ganlab.core.config import TrainConfig
from ganlab.training.families import FAMILIES

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
    "fid_every": 0,
    "device": "cpu",
}


def small(family: str = "dcgan", **changes: Any) -> TrainConfig:
    """The family's defaults, shrunk."""
    return shrink(FAMILIES[family].config, **changes)


# The translators, which are deeper.
SMALL_TRANSLATION: dict[str, Any] = {"image_size": 32, "width": 4, "batch_size": 2, "samples": 6, "channels": 3, "test_size": 0}


def shrink(config: TrainConfig, **changes: Any) -> TrainConfig:
    """Any config with what makes it long made short; a pool small enough to be full before a checkpoint."""
    translation = SMALL_TRANSLATION if FAMILIES[config.family].conditioning.between_images else {}
    own = {"image_size": 32} if config.dataset == "folder" else {}  # of photos
    few = {name: value for name, value in {"pool_size": 3, "clusters": 8}.items() if hasattr(config, name)}
    return config.replace(**SMALL | own | translation | few | changes)
