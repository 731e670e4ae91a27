"""What the layouts share: names put in order, and tensors poured into a network of ours."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from ganlab.adapters import Foreign

Tensors = Mapping[str, Tensor]
_ORDER = {"weight": 0, "bias": 1, "running_mean": 2, "running_var": 3, "num_batches_tracked": 4}


@dataclass(frozen=True)
class Layout:
    """One way to name a network's tensors. `read` answers None when these are not its names and shapes.

    The names that it gets lack what they all begin with ("module.", "model.", "netG.").
    """

    title: str
    read: Callable[[Tensors], Foreign | None]


def in_order(names: Iterable[str]) -> list[str]:
    """As the modules were declared: "2.weight", "2.bias", "10.weight"."""

    def rank(name: str) -> list[tuple[int, int, str]]:
        return [(0, int(part), "") if part.isdigit() else (1, _ORDER.get(part, -1), part) for part in name.split(".")]

    return sorted(names, key=rank)


def numbered(tensors: Tensors, pattern: str) -> list[int]:
    """The numbers that `pattern`'s only group matches at the start of a name, each once, ascending."""
    return sorted({int(found[1]) for name in tensors if (found := re.match(pattern, name))})


def pour(build: Callable[[], nn.Module], tensors: Tensors, names: Iterable[str]) -> nn.Module | None:
    """The network that `build` makes with its own tensors, in order, replaced by those called `names`; eval mode.

    None when number or shapes differ. `build` must draw nothing that matters: it runs without memory for weights.
    """
    with torch.device("meta"):
        network = build()
    own, given = network.state_dict(), [tensors[name] for name in names]
    if [tensor.shape for tensor in own.values()] != [tensor.shape for tensor in given]:
        return None
    network.load_state_dict(dict(zip(own, given, strict=True)), assign=True)
    return network.eval()
