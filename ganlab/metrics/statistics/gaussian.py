"""What the Fréchet distance needs of many features: their count, mean and covariance, gathered in one pass in float64."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Self

import torch
from torch import Tensor

from ganlab.metrics.statistics.tensor_tree import State

_BUFFER = 256  # rows gathered before the scatter matrix is touched: one matrix product instead of many small ones


class Gaussian:
    """Count, mean (d,) and covariance (d, d) of feature rows (n, d) that come in any portions and any order.

    Fewer rows than features make a singular covariance: then the rows themselves are kept, which is smaller and exact.
    More are folded into the scatter matrix by the update of Chan, Golub & LeVeque (1983), so memory stays d x d.
    """

    def __init__(self, dims: int, device: str | torch.device = "cpu") -> None:
        self.dims, self.device = dims, torch.device(device)
        self._rows = torch.empty(dims, dims, dtype=torch.float64, device=self.device)  # memory is taken as it fills
        self._num_rows = 0
        self._folded = 0  # rows inside _mean and _scatter
        self._mean = torch.zeros(dims, dtype=torch.float64, device=self.device)
        self._scatter: Tensor | None = None

    @classmethod
    def of(cls, mean: Tensor, covariance: Tensor, count: int) -> Self:
        """From a mean (d,) and an unbiased covariance (d, d) that were computed elsewhere from `count` rows."""
        return cls._folded_already(count, mean.double(), covariance.double() * (count - 1))

    @classmethod
    def _folded_already(cls, count: int, mean: Tensor, scatter: Tensor) -> Self:
        made = cls(len(mean), mean.device)
        made._folded, made._mean, made._scatter = count, mean, scatter
        made._rows = made._rows.new_empty(_BUFFER, made.dims)
        return made

    @classmethod
    def pooled(cls, parts: Sequence[Gaussian]) -> Self:
        """All rows of `parts` together; the parts stay as they are."""
        made = cls(parts[0].dims, parts[0].device)
        if all(part._scatter is None for part in parts) and sum(part.count for part in parts) < made.dims:
            for part in parts:
                made.add(part._held())
            return made
        scatter = torch.zeros(made.dims, made.dims, dtype=torch.float64, device=made.device)
        made = cls._folded_already(0, made._mean, scatter)
        for part in parts:
            if part.count:
                mean, own = part.moments()
                scatter += own
                made._join(part.count, mean)
        return made

    def less(self, part: Gaussian) -> Gaussian:
        """What is left without the rows of `part`, which must be among these; both stay as they are."""
        (mean, scatter), (part_mean, part_scatter) = self.moments(), part.moments()
        count = self.count - part.count
        rest = (self.count * mean - part.count * part_mean) / count
        shift = part_mean - rest
        left = (scatter - part_scatter).addr_(shift, shift, alpha=-part.count * count / self.count)
        return Gaussian._folded_already(count, rest, left)

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
        while len(rows):
            some = rows[: len(self._rows) - self._num_rows].detach()
            self._rows[self._num_rows : self._num_rows + len(some)] = some
            self._num_rows += len(some)
            rows = rows[len(some) :]
            if self._num_rows == len(self._rows):
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

    @property
    def variance(self) -> Tensor:
        """The sum of the variances of all features: the covariance's trace."""
        total = _centred(self._held())[1].square().sum() if self._scatter is None else self.moments()[1].trace()
        return total / self._freedom()

    def factor(self) -> Tensor:
        """F (k, d) with F^T F the covariance and k no more than rows or features: what makes singular covariances exact."""
        quick = self.quick_factor()
        if quick is not None:
            return quick
        values, vectors = torch.linalg.eigh(self.covariance)  # singular: rounding may even have made eigenvalues negative
        return values.clamp_min(0).sqrt()[:, None] * vectors.T

    def quick_factor(self) -> Tensor | None:
        """The same by Cholesky, ten times faster; None where the covariance is singular, though there are rows enough."""
        if self._scatter is None:
            return _centred(self._held())[1] / self._freedom() ** 0.5
        lower, failed = torch.linalg.cholesky_ex(self.moments()[1])
        return None if failed else lower.T.div_(self._freedom() ** 0.5)

    def state(self) -> dict[str, Tensor]:
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
            made.add(state["rows"])
            return made
        return cls._folded_already(int(state["count"]), state["mean"], state["scatter"])

    def _held(self) -> Tensor:
        return self._rows[: self._num_rows]

    def _fold(self) -> None:
        """Move the rows into mean and scatter."""
        if not self._num_rows:
            return
        mean, centred = _centred(self._held())
        if self._scatter is None:
            self._scatter = torch.zeros(self.dims, self.dims, dtype=torch.float64, device=self.device)
            self._rows = self._rows.new_empty(_BUFFER, self.dims)
        self._scatter.addmm_(centred.T, centred)
        self._join(self._num_rows, mean)
        self._num_rows = 0

    def _join(self, count: int, mean: Tensor) -> None:
        """Take in `count` rows around `mean`, whose own scatter was added already."""
        assert self._scatter is not None
        total, shift = self._folded + count, mean - self._mean
        self._scatter.addr_(shift, shift, alpha=self._folded * count / total)
        self._mean = self._mean + shift * (count / total)
        self._folded = total

    def _freedom(self) -> int:
        if self.count < 2:
            raise ValueError(f"A covariance needs at least two images; there are {self.count}.")
        return self.count - 1


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
