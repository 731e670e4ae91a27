"""What the Fréchet distance needs of many features: their count, mean and covariance, gathered in one pass in float64."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Self

import torch
from torch import Tensor

from ganlab.metrics.state import State, inside, prefixes, under

_BUFFER = 256  # rows gathered before the scatter matrix is touched: one matrix product instead of many small ones


class Gaussian:
    """Count, mean (d,) and covariance (d, d) of feature rows (n, d) that come in any portions and any order.

    Fewer rows than features make a singular covariance: then the rows themselves are kept, which is smaller and exact.
    More are folded into the scatter matrix by the update of Chan, Golub & LeVeque (1983), so memory stays d x d.
    """

    def __init__(self, dims: int, device: str | torch.device = "cpu") -> None:
        self.dims, self.device = dims, torch.device(device)
        self._rows: list[Tensor] = []
        self._num_rows = 0
        self._folded = 0  # rows inside _mean and _scatter
        self._mean = torch.zeros(dims, dtype=torch.float64, device=self.device)
        self._scatter: Tensor | None = None

    @classmethod
    def of(cls, mean: Tensor, covariance: Tensor, count: int) -> Self:
        """From a mean (d,) and an unbiased covariance (d, d) that somebody else computed from `count` rows."""
        made = cls(len(mean), mean.device)
        made._folded, made._mean, made._scatter = count, mean.double(), covariance.double() * (count - 1)
        return made

    @classmethod
    def pooled(cls, parts: Sequence[Gaussian]) -> Self:
        """All rows of `parts` together; the parts stay as they are."""
        made = cls(parts[0].dims, parts[0].device)
        if all(part._scatter is None for part in parts) and sum(part.count for part in parts) < made.dims:
            for part in parts:
                made.add(part._held())
            return made
        made._folded = sum(part.count for part in parts)
        summaries = [(part.count, *part.moments()) for part in parts if part.count]
        made._mean = sum((count * mean for count, mean, _ in summaries), made._mean) / max(made._folded, 1)
        made._scatter = torch.zeros(made.dims, made.dims, dtype=torch.float64, device=made.device)
        for count, mean, scatter in summaries:
            shift = mean - made._mean
            made._scatter += scatter
            made._scatter.addr_(shift, shift, alpha=count)
        return made

    def less(self, part: Gaussian) -> Gaussian:
        """What is left without the rows of `part`, which must be among these; both stay as they are."""
        (mean, scatter), (part_mean, part_scatter) = self.moments(), part.moments()
        left = Gaussian(self.dims, self.device)
        left._folded = self.count - part.count
        left._mean = (self.count * mean - part.count * part_mean) / left._folded
        shift = part_mean - left._mean
        left._scatter = (scatter - part_scatter).addr_(shift, shift, alpha=-part.count * left._folded / self.count)
        return left

    @property
    def singular(self) -> bool:
        """Whether the rows themselves are kept, there being fewer than features."""
        return self._scatter is None

    @property
    def count(self) -> int:
        """How many rows were added."""
        return self._folded + self._num_rows

    def add(self, rows: Tensor) -> None:
        """Add features (n, d) of any floating type."""
        if rows.ndim != 2 or rows.shape[1] != self.dims:
            raise ValueError(f"Features have shape {tuple(rows.shape)}, but this Gaussian wants (n, {self.dims}).")
        self._rows.append(rows.detach().to(self.device, copy=True))
        self._num_rows += len(rows)
        if self._num_rows >= (self.dims if self._scatter is None else _BUFFER):
            self._fold()

    def moments(self) -> tuple[Tensor, Tensor]:
        """The mean (d,) and the scatter matrix (d, d): the sum of (x - mean)(x - mean)^T."""
        if self._scatter is not None:
            self._fold()
            return self._mean, self._scatter
        mean, centred = _centred(self._held())
        return mean, centred.T @ centred

    @property
    def mean(self) -> Tensor:
        """The mean (d,)."""
        if self._scatter is None:
            return self._held().mean(0)
        return self.moments()[0]

    @property
    def covariance(self) -> Tensor:
        """The unbiased covariance (d, d), divided by count - 1."""
        return self.moments()[1] / self._freedom()

    def factor(self) -> Tensor:
        """F (k, d) with F^T F the covariance and k no more than rows or features: what makes singular covariances exact."""
        if self._scatter is None:
            return _centred(self._held())[1] / self._freedom() ** 0.5
        covariance = self.covariance
        lower, failed = torch.linalg.cholesky_ex(covariance)
        if not failed:
            return lower.T
        values, vectors = torch.linalg.eigh(covariance)  # singular: rounding may even have made eigenvalues negative
        return values.clamp_min(0).sqrt()[:, None] * vectors.T

    def state(self) -> State:
        """Everything, as tensors."""
        if self._scatter is None:
            return {"rows": self._held()}
        mean, scatter = self.moments()
        return {"count": torch.tensor(self.count), "mean": mean, "scatter": scatter}

    @classmethod
    def from_state(cls, state: State) -> Self:
        """The inverse of `state`, on the CPU."""
        if "rows" in state:
            made = cls(state["rows"].shape[1])
            made._rows, made._num_rows = [state["rows"]], len(state["rows"])
            return made
        made = cls(len(state["mean"]))
        made._folded, made._mean, made._scatter = int(state["count"]), state["mean"], state["scatter"]
        return made

    def _held(self) -> Tensor:
        empty = torch.empty(0, self.dims, dtype=torch.float64, device=self.device)
        return torch.cat([empty, *self._rows])

    def _fold(self) -> None:
        """Move the rows into mean and scatter."""
        if not self._num_rows:
            return
        mean, centred = _centred(self._held())
        if self._scatter is None:
            self._scatter = torch.zeros(self.dims, self.dims, dtype=torch.float64, device=self.device)
        total, shift = self.count, mean - self._mean
        self._scatter.addmm_(centred.T, centred)
        self._scatter.addr_(shift, shift, alpha=self._folded * self._num_rows / total)
        self._mean = self._mean + shift * (self._num_rows / total)
        self._folded, self._rows, self._num_rows = total, [], 0

    def _freedom(self) -> int:
        if self.count < 2:
            raise ValueError(f"A covariance needs at least two images; there are {self.count}.")
        return self.count - 1


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

    def __init__(self, parts: Sequence[Gaussian]) -> None:
        self.parts = list(parts)
        self._whole: Gaussian | None = None
        self._dealer = Dealer(len(parts))

    @classmethod
    def empty(cls, dims: int, device: str | torch.device = "cpu") -> Self:
        """For features of this size: more groups where they are small, since every group may hold dims x dims numbers."""
        return cls([Gaussian(dims, device) for _ in range(20 if dims <= 512 else 8)])

    @property
    def count(self) -> int:
        """Rows in all groups."""
        return sum(part.count for part in self.parts)

    def add(self, rows: Tensor) -> None:
        """Deal rows (n, d) out."""
        for part, some in zip(self.parts, self._dealer.deal(rows), strict=True):
            if len(some):
                part.add(some)
        self._whole = None

    def state(self) -> State:
        """Everything, as tensors."""
        return {name: tensor for i, part in enumerate(self.parts) for name, tensor in under(str(i), part.state()).items()}

    @classmethod
    def from_state(cls, state: State) -> Self:
        """The inverse of `state`."""
        return cls([Gaussian.from_state(inside(prefix, state)) for prefix in sorted(prefixes(state), key=int)])

    def without(self, *left_out: int) -> Gaussian:
        """All rows but those of some groups."""
        if self._whole is None:
            self._whole = Gaussian.pooled(self.parts)
        if self._whole.singular:
            return Gaussian.pooled([part for index, part in enumerate(self.parts) if index not in left_out])
        rest = self._whole
        for index in left_out:
            if self.parts[index].count:
                rest = rest.less(self.parts[index])
        return rest


def gather(batches: Iterable[Tensor], dims: int) -> Gaussian:
    """The Gaussian of all rows in `batches`."""
    made = Gaussian(dims)
    for rows in batches:
        made.add(rows)
    return made


def _centred(rows: Tensor) -> tuple[Tensor, Tensor]:
    """-> the mean and the rows without it, in float64."""
    rows = rows.double()
    mean = rows.mean(0)
    return mean, rows - mean
