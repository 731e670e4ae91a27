"""The exponential moving average (EMA) of a generator's weights, which is sampled, measured and kept.

Averaging over the last steps dampens the oscillation of adversarial training (Yazıcı et al. 2019; Karras et al. 2018).
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy

import torch
from torch import nn


def averaged_copies(generators: Mapping[str, nn.Module], decay: float) -> nn.ModuleDict:
    """Return a copy of each generator to average into; with `decay` 0 the generators themselves, which then are sampled."""
    return nn.ModuleDict({name: deepcopy(G) if decay else G for name, G in generators.items()})


@torch.no_grad()
def ema_update(averaged: nn.Module, network: nn.Module, decay: float, step: int) -> None:
    """averaged <- decay * averaged + (1 - decay) * network, in place; `step` counts the generator updates before this one.

    The decay grows with the step as min(decay, (1 + step) / (10 + step)), so that the random weights of the beginning are
    forgotten quickly (as in TensorFlow's ExponentialMovingAverage). Buffers, such as batch norm's statistics, are copied.
    """
    decay = min(decay, (1 + step) / (10 + step))
    # lerp(a, b, w) = a + w * (b - a); one call for all tensors, since a network has dozens of small ones
    torch._foreach_lerp_(list(averaged.parameters()), list(network.parameters()), 1 - decay)
    for kept, new in zip(averaged.buffers(), network.buffers(), strict=True):
        kept.copy_(new)
