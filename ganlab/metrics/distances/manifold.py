"""Where fakes lie among real images: precision, recall (Kynkäänniemi et al. 2019), density, coverage (Naeem et al. 2020)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from ganlab.metrics.value import Estimate, share

PRECISION_K, DENSITY_K = 3, 5  # neighbours, as the two papers chose
_CHUNK = 200  # rows at a time: bounds memory


@dataclass(frozen=True)
class Manifold:
    """Shares of images, 0 to 1; density may exceed 1. The errors are those of the mean over images, with the balls held fixed."""

    precision: Estimate
    recall: Estimate
    density: Estimate
    coverage: Estimate


def manifold(fake: Tensor, real: Tensor) -> Manifold:
    """Features (N, d), (M, d) -> all four.

    Around every image is the ball that reaches to its k-th nearest neighbour of the same side. Precision: fakes inside some
    real ball. Recall: real images inside some fake ball. Density: how many real balls hold a fake, over k. Coverage: real
    images whose ball holds a fake; a perfect generator with as many images reads 1 - 2^-k. Precision and recall depend on how
    many images there are; so does coverage on N / M.
    """
    smaller = min(len(fake), len(real))
    if smaller <= DENSITY_K:
        raise ValueError(f"Neighbours need more than {DENSITY_K} images on both sides; there are {smaller}.")
    # Squared radii (M,), (M,), (N,) of the balls around each image.
    real_3, real_5 = _radii(real, (PRECISION_K, DENSITY_K)).unbind(1)
    fake_3 = _radii(fake, (PRECISION_K,))[:, 0]
    precise, dense = [], []
    recalled, covered = torch.zeros(len(real), dtype=torch.bool), torch.zeros(len(real), dtype=torch.bool)
    for rows, distances in _distances(fake, real):  # (n, M): some fakes to all real images
        precise.append((distances <= real_3).any(1))
        within = distances <= real_5  # density and coverage share the balls of the 5 neighbours
        dense.append(within.sum(1) / DENSITY_K)
        covered |= within.any(0)
        recalled |= (distances <= fake_3[rows, None]).any(0)
    dense_all = torch.cat(dense).double()
    density = Estimate(float(dense_all.mean()), float(dense_all.std()) / len(fake) ** 0.5)
    return Manifold(_share(torch.cat(precise)), _share(recalled), density, _share(covered))


def _radii(rows: Tensor, ks: tuple[int, ...]) -> Tensor:
    """Squared distances (n, len(ks)) to the k-th nearest others."""
    wanted = torch.tensor(ks)  # the nearest of all is the image itself
    return torch.cat([distances.topk(max(ks) + 1, largest=False).values[:, wanted] for _, distances in _distances(rows, rows)])


def _distances(a: Tensor, b: Tensor) -> Iterator[tuple[slice, Tensor]]:
    """Squared distances of `a`'s rows to all of `b`, some rows at a time, in float64 around b's mean: small numbers lose less.

    All are written to the same memory: use them before asking for more.
    """
    centre = torch.stack([some.sum(0, dtype=torch.float64) for some in b.split(_CHUNK)]).sum(0) / len(b)  # no copy of all of b
    squares = torch.cat([(some - centre).square().sum(1) for some in b.split(_CHUNK)])
    memory = squares.new_empty(_CHUNK, len(b))
    for start in range(0, len(a), _CHUNK):
        rows = a[start : start + _CHUNK] - centre
        distances = memory[: len(rows)].copy_(squares).add_(rows.square().sum(1, keepdim=True))
        for part, some in zip(distances.split(_CHUNK, 1), b.split(_CHUNK), strict=True):
            part.addmm_(rows, (some - centre).T, alpha=-2)
        yield slice(start, start + len(rows)), distances.clamp_min_(0)


def _share(hits: Tensor) -> Estimate:
    return share(int(hits.sum()), len(hits))
