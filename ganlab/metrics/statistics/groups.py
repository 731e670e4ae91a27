"""A stream of features in several groups, each of which can be left out: what error bars are made of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import torch
from torch import Tensor

from ganlab.metrics.statistics.gaussian import Gaussian
from ganlab.metrics.statistics.tensor_tree import State, inside, prefixes, under

_SMALL = 512  # features; beyond, one group takes megabytes


class Dealer:
    """Deals a stream out to `parts`: every run of that many rows goes to all parts, in a random order that is always the same."""

    def __init__(self, parts: int) -> None:
        self.parts = parts
        self._generator = torch.Generator().manual_seed(0)
        self._ahead = torch.empty(0, dtype=torch.int64)

    def deal(self, rows: Tensor) -> tuple[Tensor, ...]:
        """-> the rows of each part."""
        part = self.take(len(rows))
        order = part.argsort(stable=True).to(rows.device)
        return rows[order].split(part.bincount(minlength=self.parts).tolist())

    def take(self, count: int) -> Tensor:
        """The parts (count,) of the next rows."""
        rounds = max(0, -(-(count - len(self._ahead)) // self.parts))
        more = torch.rand(rounds, self.parts, generator=self._generator).argsort(1).flatten()
        ahead = torch.cat([self._ahead, more])
        self._ahead = ahead[count:]
        return ahead[:count]


class Groups:
    """The stream of rows dealt out to several Gaussians at random, so that each can be left out: for error bars.

    Dealing in turn would put whole classes into one group where a conditional generator is asked for its classes in turn.
    """

    def __init__(self, parts: Sequence[Gaussian], whole: Gaussian | None = None) -> None:
        self.parts = parts
        self._whole = whole
        self._dealer = Dealer(len(parts))

    @classmethod
    def empty(cls, dims: int, device: str | torch.device = "cpu") -> Self:
        """For features of this size: more groups where they are small, since every group may hold dims x dims numbers."""
        return cls([Gaussian(dims, device) for _ in range(20 if dims <= _SMALL else 8)])

    @property
    def whole(self) -> Gaussian:
        """All rows; do not add to it."""
        if self._whole is None:
            self._whole = Gaussian.pooled(self.parts)
        return self._whole

    @property
    def count(self) -> int:
        """Rows in all groups."""
        return self._whole.count if self._whole is not None else sum(part.count for part in self.parts)

    def add(self, rows: Tensor) -> None:
        """Deal rows (n, d) out."""
        for part, some in zip(self.parts, self._dealer.deal(rows), strict=True):
            if len(some):
                part.add(some)
        self._whole = None

    def state(self) -> dict[str, Tensor]:
        """Everything, as tensors."""
        kept = under("whole", self.whole.state())
        for index, part in enumerate(self.parts):
            kept |= under(str(index), part.state())
        return kept

    @classmethod
    def from_state(cls, state: State) -> Self:
        """The inverse of `state`, on the CPU; large groups stay where `state` has them until they are needed."""
        whole = Gaussian.from_state(inside("whole", state))
        parts = _Kept(state)
        return cls(parts if whole.dims > _SMALL and not whole.singular else list(parts), whole)

    def without(self, *left_out: int) -> Gaussian:
        """All rows but those of some groups."""
        if self.whole.singular:
            return Gaussian.pooled([part for index, part in enumerate(self.parts) if index not in left_out])
        rest = self.whole
        for index in left_out:
            part = self.parts[index]
            if part.count:
                rest = rest.less(part)
        return rest


class _Kept(Sequence[Gaussian]):
    """Groups in a state that may be a file: each is read when it is asked for."""

    def __init__(self, state: State) -> None:
        self._state, self._size = state, len(set(prefixes(state)) - {"whole"})

    def __len__(self) -> int:
        return self._size

    def __getitem__(self, index: Any) -> Any:
        if not 0 <= index < self._size:
            raise IndexError(index)
        return Gaussian.from_state(inside(str(index), self._state))
