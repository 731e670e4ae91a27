"""The moving average of a network's weights."""

from copy import deepcopy

import torch
from torch import nn

from ganlab.training.ema import averaged_copies, ema_update


def test_averaging_follows_its_formula_and_copies_statistics() -> None:
    network = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2))
    averaged = deepcopy(network)
    with torch.no_grad():
        network[0].weight.add_(1.0)
        network[1].running_mean.fill_(7.0)
    old = averaged[0].weight.clone()
    ema_update(averaged, network, decay=0.9, step=10**6)
    torch.testing.assert_close(averaged[0].weight, 0.9 * old + 0.1 * network[0].weight)
    assert averaged[1].running_mean.tolist() == [7.0, 7.0]
    ema_update(averaged, network, decay=0.9, step=0)  # early on it forgets faster: decay 1/10
    torch.testing.assert_close(averaged[0].weight, network[0].weight, atol=0.1, rtol=0)


def test_copies_are_apart_from_the_generators_unless_nothing_is_averaged() -> None:
    G = nn.Linear(2, 2)
    assert averaged_copies({"G": G}, 0.9)["G"] is not G
    assert averaged_copies({"G": G}, 0.0)["G"] is G
