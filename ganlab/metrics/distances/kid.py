"""The kernel distance (KID, Bińkowski et al. 2018): the squared MMD under a cubic kernel, unbiased at any number of images."""

from __future__ import annotations

import torch
from torch import Tensor

from ganlab.metrics.value import Estimate

SUBSETS, SUBSET_SIZE = 100, 1000  # as torch-fidelity and the paper's own code
_BLOCKS = 10


def kernel_distance(
    fake: Tensor, real: Tensor, *, subsets: int = SUBSETS, subset_size: int = SUBSET_SIZE, seed: int = 0
) -> Estimate:
    """Features (N, d), (M, d) -> the mean over random subsets; zero is expected of a perfect generator, negative is possible.

    Subsets overlap, so their spread says little about the mean. The standard error comes from ten disjoint blocks instead;
    it errs on the large side.
    """
    smaller = min(len(fake), len(real))
    if smaller < 2 * _BLOCKS:
        raise ValueError(f"A kernel distance needs at least {2 * _BLOCKS} images on both sides; there are {smaller}.")
    size = min(subset_size, smaller)  # of a subset: the kernel matrix is (size, size), not (N, M)
    generator = torch.Generator().manual_seed(seed)
    values = [
        squared_mmd(*(rows[_order(rows, generator)[:size]] for rows in (fake, real)))
        for _ in range(subsets if size < max(len(fake), len(real)) else 1)
    ]
    # Ten blocks that share no image: their values are independent, so the spread of the mean follows from theirs.
    orders = [_order(rows, generator)[: smaller // _BLOCKS * _BLOCKS].chunk(_BLOCKS) for rows in (fake, real)]
    blocks = torch.tensor([squared_mmd(fake[some], real[others]) for some, others in zip(*orders, strict=True)])
    return Estimate(sum(values) / len(values), float(blocks.std()) / _BLOCKS**0.5)


def squared_mmd(fake: Tensor, real: Tensor) -> float:
    """The unbiased estimate of the squared maximum mean discrepancy under (x.y / d + 1)^3 (Gretton et al. 2012, eq. 3)."""
    fake, real = fake.double(), real.double()
    across = _kernel(fake, real).mean()  # over all N * M pairs
    return float(_within(fake) + _within(real) - 2 * across)


def _within(rows: Tensor) -> Tensor:
    """The mean kernel between different rows."""
    kernel, count = _kernel(rows, rows), len(rows)
    # Without the diagonal: an image is always like itself, which would bias the estimate upwards.
    return (kernel.sum() - kernel.diagonal().sum()) / (count * (count - 1))


def _kernel(a: Tensor, b: Tensor) -> Tensor:
    # (N, d), (M, d) -> (N, M). Cubed, it compares means, covariances and third moments; dividing by d makes it independent of d.
    return (a @ b.T).div_(a.shape[1]).add_(1).pow_(3)


def _order(rows: Tensor, generator: torch.Generator) -> Tensor:
    """A random order of the rows."""
    return torch.randperm(len(rows), generator=generator)
