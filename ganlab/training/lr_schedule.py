"""The learning-rate schedule: which rate each network begins with, and how the rates fall as the run goes on."""

from __future__ import annotations

from collections.abc import Iterable

from ganlab.core.config import TrainConfig


def initial_rates(config: TrainConfig, networks: Iterable[str]) -> dict[str, float]:
    """Return the learning rate of each network by name: `lr * d_lr_ratio` for discriminators, `lr` for all others.

    Unequal rates are the two time-scale update rule (Heusel et al. 2017).
    """
    return {name: config.lr * (config.d_lr_ratio if name.startswith("D") else 1) for name in networks}


def rate_factor(config: TrainConfig, step: int) -> float:
    """Return the learning rate at `step` as a multiple of the initial one, in [0, 1].

    It is 1, then falls linearly towards 0 over the last `lr_decay` (a fraction) of the run's steps. CycleGAN's schedule, 100
    epochs constant and 100 epochs falling (Zhu et al. 2017), is `lr_decay = 0.5`; 0 keeps the rate constant.
    """
    if not config.lr_decay:
        return 1.0
    return min(1.0, (1 - step / config.steps) / config.lr_decay)
