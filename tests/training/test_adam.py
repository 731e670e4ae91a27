"""Adam is PyTorch's number for number; that it needs no compiler is seen in tests/test_wheel.py, in a process of its own."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from ganlab.training.adam import Adam


def trained(kind: type[torch.optim.Adam], fused: bool) -> tuple[list[Tensor], list[Tensor]]:
    """The weights after three steps, and after two more from the optimizer's saved state."""
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(5, 7), nn.Tanh(), nn.Linear(7, 1))
    optimizer = kind(network.parameters(), lr=0.01, betas=(0.5, 0.999), fused=fused)
    seen = []
    for steps in (3, 2):
        for _ in range(steps):
            optimizer.zero_grad()
            network(torch.randn(4, 5)).square().mean().backward()
            optimizer.step()
        seen.append([weight.detach().clone() for weight in network.parameters()])
        saved = optimizer.state_dict()
        optimizer = kind(network.parameters(), lr=1.0, fused=fused)
        optimizer.load_state_dict(saved)
    return seen[0], seen[1]


@pytest.mark.parametrize("fused", [False, True])
def test_it_is_pytorchs_number_for_number(fused: bool) -> None:
    for ours, theirs in zip(trained(Adam, fused), trained(torch.optim.Adam, fused), strict=True):
        assert all(torch.equal(one, other) for one, other in zip(ours, theirs, strict=True))


def test_a_step_leaves_no_graph_and_the_callers_mode_alone() -> None:
    weight = nn.Parameter(torch.ones(3))
    optimizer = Adam([weight])
    weight.sum().backward()
    optimizer.step()
    assert weight.is_leaf and weight.grad_fn is None and torch.is_grad_enabled()
