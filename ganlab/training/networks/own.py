"""Networks of a program's own in place of a family's pair: tried on one small batch, before any training."""

from __future__ import annotations

import inspect
from collections.abc import Mapping

import torch
from torch import Tensor, nn

from ganlab.core.types import Conditioning, DataSpec

_BATCH = 2


class Own(nn.Module):
    """A module of a program's own, called as ours are: with a condition, None for none, which it is given where it takes one."""

    def __init__(self, module: nn.Module) -> None:
        super().__init__()
        self.module = module
        self._takes_condition = _inputs(module) > 1

    def forward(self, first: Tensor, condition: Tensor | None = None) -> Tensor:
        """`first` is z (B, z_dim) or images (B, C, S, S)."""
        made: Tensor = self.module(first, condition) if condition is not None and self._takes_condition else self.module(first)
        return made


def own_pair(given: Mapping[str, object], spec: DataSpec, z_dim: int) -> dict[str, nn.Module]:
    """G and D as the training calls them: G makes images (B, C, S, S) of z (B, z_dim), D answers one number or more for each.

    ValueError, one sentence, for other names, for what is no module, and for shapes that do not fit.
    """
    if not isinstance(given, Mapping) or given.keys() != {"G", "D"}:
        found = ", ".join(map(repr, given)) if isinstance(given, Mapping) else f"a {type(given).__name__}"
        raise ValueError(f"networks has {found or 'nothing'}: give a pair, {{'G': ..., 'D': ...}}.")
    pair: dict[str, nn.Module] = {}
    for name, network in given.items():
        if not isinstance(network, nn.Module):
            raise ValueError(f"networks[{name!r}] is a {type(network).__name__}: give a torch.nn.Module.")
        pair[name] = Own(network)
    labels = torch.zeros(_BATCH, dtype=torch.long) if spec.conditioning is Conditioning.LABEL else None
    z, images = torch.zeros(_BATCH, z_dim), torch.zeros(_BATCH, spec.channels, spec.image_size, spec.image_size)
    made = _tried("G", pair["G"], z, labels)
    if made.shape != images.shape:
        raise ValueError(f"networks['G'] makes {tuple(made.shape)} of z {tuple(z.shape)}: this run needs {tuple(images.shape)}.")
    answer = _tried("D", pair["D"], images, labels)
    if answer.ndim == 0 or len(answer) != _BATCH or not answer.is_floating_point():
        raise ValueError(f"networks['D'] makes {tuple(answer.shape)} of {_BATCH} images: it needs one number or more for each.")
    return pair


def _tried(name: str, network: nn.Module, given: Tensor, labels: Tensor | None) -> Tensor:
    """What the network makes of a small batch, without a trace of it left in its averages."""
    was_training = network.training
    try:
        with torch.no_grad():
            made: Tensor = network.eval()(given, labels)
            return made
    except (RuntimeError, TypeError, ValueError, IndexError) as error:
        what = f"z {tuple(given.shape)}, of z_dim = {given.shape[1]}" if given.ndim == 2 else f"images {tuple(given.shape)}"
        raise ValueError(f"networks[{name!r}] cannot take {what}: {str(error).splitlines()[0]}.") from error
    finally:
        network.train(was_training)


def _inputs(module: nn.Module) -> int:
    """How many positional inputs `forward` takes at most; two for any number."""
    count = 0
    for one in inspect.signature(module.forward).parameters.values():
        if one.kind is one.VAR_POSITIONAL:
            return 2
        count += one.kind in (one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD)
    return count
