"""The Fréchet distance between Gaussians (Fréchet 1957; Heusel et al. 2017), its error bar and its value for endless samples."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import torch
from torch import Tensor

from ganlab.metrics.gaussian import Gaussian, Groups


@dataclass(frozen=True)
class Estimate:
    """A number and its standard error."""

    value: float
    error: float


def frechet_distance(a: Gaussian, b: Gaussian) -> float:
    """|mean_a - mean_b|^2 + tr(A + B - 2 (A B)^(1/2)), never negative; squared units of the features.

    With A = F^T F and B = G^T G, the eigenvalues of A B are those of M M^T, M = F G^T: symmetric, so real and not negative,
    and no larger than the smaller number of rows or features. Exact for singular covariances.
    """
    f, g = a.factor(), b.factor()
    spread = f.square().sum() + g.square().sum() - 2 * _nuclear_norm(f @ g.T)
    return max(0.0, float((a.mean - b.mean).square().sum() + spread))


def jackknife(fake: Groups, real: Groups) -> Estimate:
    """The distance, with the standard error that sampling both sides gives it: each time one group of either is left out."""
    value = frechet_distance(fake.without(), real.without())
    return Estimate(value, _spread([frechet_distance(f, r) for f, r in _leave_out(fake, real)]))


def extrapolated(fake: Groups, real: Groups) -> Estimate:
    """The distance for endless images on both sides, whose expectation for a perfect generator is zero; it may be negative.

    The bias is linear in 1/N (Chong & Forsyth 2020). They regress on subsets of the fakes and leave the bias that the
    reference causes; here both sides shrink together, by leaving groups out, and the jackknife draws the line (Quenouille
    1956). Its standard error comes from leaving out pairs of groups.
    """
    size = len(fake.parts)
    whole = frechet_distance(fake.without(), real.without())
    ones = [frechet_distance(f, r) for f, r in _leave_out(fake, real)]
    pairs = {pair: frechet_distance(fake.without(*pair), real.without(*pair)) for pair in combinations(range(size), 2)}
    value = size * whole - (size - 1) * _mean(ones)
    replicates = []
    for left_out, one in enumerate(ones):
        others = [distance for pair, distance in pairs.items() if left_out in pair]
        replicates.append((size - 1) * one - (size - 2) * _mean(others))
    return Estimate(value, _spread(replicates))


def _nuclear_norm(matrix: Tensor) -> Tensor:
    """The sum of singular values, from the eigenvalues of the smaller Gram matrix: several times faster than an SVD."""
    rows, columns = matrix.shape
    gram = matrix @ matrix.T if rows <= columns else matrix.T @ matrix
    return torch.linalg.eigvalsh(gram).clamp_min(0).sqrt().sum()


def _leave_out(fake: Groups, real: Groups) -> list[tuple[Gaussian, Gaussian]]:
    assert len(fake.parts) == len(real.parts)
    return [(fake.without(group), real.without(group)) for group in range(len(fake.parts))]


def _mean(values: list[float]) -> float:
    return sum(values) / len(values)


def _spread(replicates: list[float]) -> float:
    """The jackknife's standard error of what leaving out each group gave."""
    size, centre = len(replicates), _mean(replicates)
    return float(((size - 1) / size * sum((value - centre) ** 2 for value in replicates)) ** 0.5)
