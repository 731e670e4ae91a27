"""Tensors under dotted names: how accumulators inside accumulators are kept in one flat file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from safetensors import safe_open
from torch import Tensor

State = Mapping[str, Tensor]


def under(prefix: str, state: State) -> dict[str, Tensor]:
    """`state` with every name moved below `prefix`."""
    return {f"{prefix}.{name}": tensor for name, tensor in state.items()}


def inside(prefix: str, state: State) -> State:
    """What lies below `prefix`, under its own names; nothing is read before it is asked for."""
    return _Inside(f"{prefix}.", state)


def prefixes(state: State) -> list[str]:
    """The first parts of all names that have several, in order of appearance."""
    return list(dict.fromkeys(name.partition(".")[0] for name in state if "." in name))


class TensorFile(Mapping[str, Tensor]):
    """A safetensors file whose tensors are read one by one, each time they are asked for; SafetensorError for a damaged one."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with safe_open(path, "pt") as file:
            self._names = dict.fromkeys(file.keys())

    def __getitem__(self, name: str) -> Tensor:
        if name not in self._names:
            raise KeyError(name)
        with safe_open(self._path, "pt") as file:
            tensor: Tensor = file.get_tensor(name)
            return tensor

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


class _Inside(Mapping[str, Tensor]):
    def __init__(self, prefix: str, state: State) -> None:
        self._prefix, self._state = prefix, state

    def __getitem__(self, name: str) -> Tensor:
        return self._state[self._prefix + name]

    def __iter__(self) -> Iterator[str]:
        return (name.removeprefix(self._prefix) for name in self._state if name.startswith(self._prefix))

    def __len__(self) -> int:
        return sum(1 for _ in self)
