"""Tensors under dotted names: how accumulators inside accumulators are kept in one flat file."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

State = dict[str, Tensor]


def under(prefix: str, state: Mapping[str, Tensor]) -> State:
    """`state` with every name moved below `prefix`."""
    return {f"{prefix}.{name}": tensor for name, tensor in state.items()}


def inside(prefix: str, state: Mapping[str, Tensor]) -> State:
    """What lies below `prefix`, under its own names."""
    return {name.removeprefix(f"{prefix}."): tensor for name, tensor in state.items() if name.startswith(f"{prefix}.")}


def prefixes(state: Mapping[str, Tensor]) -> list[str]:
    """The first parts of all names that have several, in order of appearance."""
    return list(dict.fromkeys(name.partition(".")[0] for name in state if "." in name))
