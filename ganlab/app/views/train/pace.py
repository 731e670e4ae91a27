"""How fast a run will train: measured in an earlier run like it, never guessed."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

from ganlab.core.config import TrainConfig
from ganlab.runtime.run import UNREADABLE, runs

# Two runs that agree on all other settings take equally long per step.
_NO_MATTER = ("steps", "seed", "lr", "d_lr_ratio", "lr_decay", "betas", "data_path", "checkpoint_every", "ema_decay")
_LOOK_BACK = 50


@dataclass(frozen=True)
class Pace:
    """Measured on this machine: `seconds` per step on `device`, and peak `memory` in bytes."""

    seconds: float
    device: str
    memory: int


def pace(config: TrainConfig) -> Pace | None:
    """How fast the newest run like this one was here; None when there was none, since nothing is guessed."""
    wanted = _essence(config.to_dict())
    for run in runs()[:_LOOK_BACK]:
        with suppress(*UNREADABLE):
            if _essence(run.settings.config) == wanted and (status := run.status()).steps_per_second:
                return Pace(1 / status.steps_per_second, status.device, status.memory)
    return None


def _essence(config: Mapping[str, object]) -> dict[str, object]:
    return {name: list(value) if isinstance(value, tuple) else value for name, value in config.items() if name not in _NO_MATTER}
