"""The Fréchet distance between Gaussians (Fréchet 1957; Heusel et al. 2017), its error bar and its value for endless samples."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import torch
from torch import Tensor

from ganlab.metrics.gaussian import Gaussian
from ganlab.metrics.groups import Groups
from ganlab.metrics.value import Estimate

Pair = tuple[Groups, Groups]


def frechet_distance(a: Gaussian, b: Gaussian) -> float:
    """|mean_a - mean_b|^2 + tr(A + B - 2 (A B)^(1/2)), never negative; squared units of the features.

    With A = F^T F and B = G^T G, the eigenvalues of A B are those of M M^T, M = F G^T: symmetric, so real and not negative,
    and no more than the smaller number of rows or features. Singular covariances need no special care.
    """
    shift = (a.mean - b.mean.to(a.device)).square().sum()
    f, g = a.factor(), b.factor().to(a.device)
    spread, product = f.square().sum() + g.square().sum(), f @ g.T
    del f, g  # the largest matrices of all
    return max(0.0, float(shift + spread - 2 * _nuclear_norm(product)))


def jackknife(*pairs: Pair) -> Estimate:
    """The distance of fake to real (averaged over `pairs`), with the standard error that sampling both sides gives it.

    Each time, one group of either side is left out.
    """
    replicates = [_distance(pairs, group) for group in range(_num_groups(pairs))]
    return Estimate(_distance(pairs), _spread(replicates))


def extrapolated(fake: Groups, real: Groups) -> Estimate:
    """The distance for endless images on both sides, whose expectation for a perfect generator is zero; it may be negative.

    The bias is linear in 1/N (Chong & Forsyth 2020). They regress on subsets of the fakes and leave the bias that the
    reference causes; here both sides shrink together, by leaving groups out, and the jackknife draws the line (Quenouille
    1956). Its standard error comes from leaving out two groups at a time. Meant for several times more images than features.
    """
    pair = [(fake, real)]
    size = _num_groups(pair)
    ones = [_distance(pair, group) for group in range(size)]
    twos = {both: _distance(pair, *both) for both in combinations(range(size), 2)}
    replicates = []
    for group, one in enumerate(ones):
        others = [distance for both, distance in twos.items() if group in both]
        replicates.append((size - 1) * one - (size - 2) * _mean(others))
    return Estimate(size * _distance(pair) - (size - 1) * _mean(ones), _spread(replicates))


def _nuclear_norm(matrix: Tensor) -> Tensor:
    """The sum of singular values, from the eigenvalues of the smaller Gram matrix: several times faster than an SVD."""
    rows, columns = matrix.shape
    gram = matrix @ matrix.T if rows <= columns else matrix.T @ matrix
    return torch.linalg.eigvalsh(gram).clamp_min(0).sqrt().sum()


def _distance(pairs: Sequence[Pair], *left_out: int) -> float:
    """The mean distance without some groups."""
    return _mean([frechet_distance(fake.without(*left_out), real.without(*left_out)) for fake, real in pairs])


def _num_groups(pairs: Sequence[Pair]) -> int:
    sizes = {len(side.parts) for pair in pairs for side in pair}
    assert len(sizes) == 1, sizes
    return sizes.pop()


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _spread(replicates: Sequence[float]) -> float:
    """The jackknife's standard error of what leaving out each group gave."""
    size, centre = len(replicates), _mean(replicates)
    return float(((size - 1) / size * sum((value - centre) ** 2 for value in replicates)) ** 0.5)
