"""FID: the Fréchet distance between Gaussians of features, its error bar and its value for endless samples (FID infinity).

The distance is Fréchet's (1957; Dowson & Landau 1982). With Inception's features of real and generated images it is the Fréchet
Inception Distance (Heusel et al. 2017); with a small classifier's features it is a Fréchet distance, never called FID.
"""

from __future__ import annotations

import math
from collections.abc import Generator, Sequence
from itertools import combinations

import torch
from torch import Tensor

from ganlab.metrics.statistics.gaussian import Gaussian
from ganlab.metrics.statistics.groups import Groups
from ganlab.metrics.value import Estimate

Pair = tuple[Groups, Groups]
Computing = Generator[tuple[int, int], None, Estimate]  # yields how many distances of how many are done: each may take seconds
FEWEST = 3  # images: the error bar leaves one out, and a covariance needs two
_FOR_EACH = 1.5  # feature, images that an extrapolation needs


def frechet_distance(a: Gaussian, b: Gaussian) -> float:
    """|mean_a - mean_b|^2 + tr(A + B - 2 (A B)^(1/2)), never negative; squared units of the features.

    With A = F^T F, the eigenvalues of A B are those of F B F^T: symmetric, so real and not negative, and no more than the
    smaller number of rows or features. Singular covariances need no special care.
    """
    # How far the centres lie apart: (d,) -> scalar
    shift = (a.mean - b.mean.to(a.device)).square().sum()
    # tr (A B)^(1/2) is the sum of the roots of the eigenvalues; rounding can make the smallest slightly negative.
    root = torch.linalg.eigvalsh(_sandwich(a, b)).clamp_min(0).sqrt().sum().to(a.device)
    return max(0.0, float(shift + a.variance + b.variance.to(a.device) - 2 * root))


def jackknife(*pairs: Pair) -> Computing:
    """The distance of fake to real (averaged over `pairs`), with the standard error that sampling both sides gives it.

    Each time, one group of either side is left out.
    """
    size = _num_groups(pairs)
    replicates = []
    for group in range(size):
        yield group, size + 1
        replicates.append(_distance(pairs, group))  # all images but those of one group
    yield size, size + 1
    return Estimate(_distance(pairs), _spread(replicates))


def extrapolated(fake: Groups, real: Groups) -> Computing:
    """The distance for endless images on both sides, whose expectation for a perfect generator is zero; it may be negative.

    The bias is linear in 1/N (Chong & Forsyth 2020). They regress on subsets of the fakes and leave the bias that the
    reference causes; here both sides shrink together, by leaving groups out, and the jackknife draws the line (Quenouille
    1956). Its standard error comes from leaving out two groups at a time. ValueError where there are hardly more images than
    features: there the bias is far from linear, and the line would be wrong with a small error bar.
    """
    fewest, needed = min(fake.count, real.count), math.ceil(_FOR_EACH * fake.whole.dims)
    if fewest < needed:
        raise ValueError(
            f"A distance for endless images of {fake.whole.dims:,} features needs at least {needed:,} images on both sides; "
            f"there are {fewest:,}."
        )
    pair = [(fake, real)]
    size = _num_groups(pair)
    total = 1 + size + size * (size - 1) // 2
    ones, twos = [], {}
    for group in range(size):
        yield group, total
        ones.append(_distance(pair, group))
    for done, both in enumerate(combinations(range(size), 2), size):
        yield done, total
        twos[both] = _distance(pair, *both)
    # The same line through what is left when a group is missing: its spread is the error of the extrapolation.
    replicates = []
    for group, one in enumerate(ones):
        others = [distance for both, distance in twos.items() if group in both]
        replicates.append((size - 1) * one - (size - 2) * _mean(others))
    # If distance(N) = limit + c / N, then size * distance(N) - (size - 1) * distance(N - N / size) is the limit.
    return Estimate(size * _distance(pair) - (size - 1) * _mean(ones), _spread(replicates))


def _sandwich(a: Gaussian, b: Gaussian) -> Tensor:
    """F B F^T, or the same with the sides exchanged where that is smaller or faster."""
    # F is (rows of the factor, d): with fewer images than features it has fewer rows than the covariance.
    if b.singular and (b.count < a.count or not a.singular):
        a, b = b, a
    f = a.quick_factor()
    if f is None:
        a, b = b, a
        f = a.factor()
    if b.singular:
        product = f @ b.factor().to(f.device).T  # (rows of a, rows of b)
        return product @ product.T  # F G^T G F^T, with B = G^T G
    return f @ b.covariance.to(f.device) @ f.T


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
    # Leaving a group out moves a mean (size - 1) times less than the groups themselves differ: the factor undoes that.
    size, centre = len(replicates), _mean(replicates)
    return float(((size - 1) / size * sum((value - centre) ** 2 for value in replicates)) ** 0.5)
