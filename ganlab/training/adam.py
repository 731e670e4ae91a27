"""Adam, without PyTorch's compiler."""

from __future__ import annotations

import inspect

import torch
from torch import nn
from torch.optim import Optimizer

_UNTRACED = ("add_param_group", "load_state_dict", "state_dict", "zero_grad")


def _forgo_the_compiler() -> None:
    """Let optimizers be made and stepped without importing torch._dynamo (PyTorch 2.11 to 2.13, `torch._disable_dynamo`).

    They only ask it not to trace these methods, which nothing here compiles; its import takes 1.4 seconds of every start.
    """
    for name in _UNTRACED:
        method = getattr(getattr(Optimizer, name), "__wrapped__", None)
        if method is not None:
            method.__dynamo_disable = method


_forgo_the_compiler()


class Adam(torch.optim.Adam):
    """PyTorch's (Kingma & Ba 2015), number for number."""

    step = torch.no_grad()(inspect.unwrap(torch.optim.Adam.step))  # without the wrapper that imports torch._dynamo


def adam(network: nn.Module, lr: float, betas: tuple[float, float]) -> Optimizer:
    """Adam in one fused kernel where the device has one."""
    device = next(network.parameters()).device.type
    return Adam(network.parameters(), lr=lr, betas=betas, fused=device in ("cuda", "cpu"))
