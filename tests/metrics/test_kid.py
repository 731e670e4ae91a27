"""The kernel distance: the definition, no bias, an error bar that covers."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from ganlab.metrics.distances.kid import kernel_distance, squared_mmd


def normal(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def test_it_is_the_definition() -> None:
    fake, real = normal(7, 3), normal(5, 3, seed=1) + 1

    def kernel(x: Tensor, y: Tensor) -> float:
        return float((x @ y / 3 + 1) ** 3)

    within = sum(kernel(x, y) for i, x in enumerate(fake) for j, y in enumerate(fake) if i != j) / (7 * 6)
    within += sum(kernel(x, y) for i, x in enumerate(real) for j, y in enumerate(real) if i != j) / (5 * 4)
    across = sum(kernel(x, y) for x in fake for y in real) / (7 * 5)
    assert squared_mmd(fake, real) == pytest.approx(within - 2 * across)


def test_no_bias_and_an_error_that_covers() -> None:
    estimates = [
        kernel_distance(normal(200, 6, seed=2 * seed), normal(200, 6, seed=2 * seed + 1), subsets=10, subset_size=100)
        for seed in range(40)
    ]
    values, errors = (torch.tensor([getattr(one, name) for one in estimates]) for name in ("value", "error"))
    assert abs(values.mean()) < 3 * values.std() / 40**0.5
    assert (values.abs() < 2.5 * errors).float().mean() > 0.95
    assert 0.8 < errors.mean() / values.std() < 6  # errs on the large side, as it says


def test_subsets_agree_with_the_whole_and_the_seed_decides() -> None:
    fake, real = normal(300, 6) + 0.5, normal(400, 6, seed=1)
    whole = squared_mmd(fake, real)
    estimate = kernel_distance(fake, real, subset_size=100)
    assert abs(estimate.value - whole) < estimate.error
    assert kernel_distance(fake, real, subset_size=100) == estimate
    assert kernel_distance(fake, real, subset_size=100, seed=1) != estimate


def test_all_images_at_once_need_no_subsets() -> None:
    fake, real = normal(50, 4), normal(50, 4, seed=1)
    assert kernel_distance(fake, real, subset_size=50).value == pytest.approx(squared_mmd(fake, real))


def test_a_shift_is_seen_and_grows() -> None:
    real = normal(300, 5)
    values = [kernel_distance(normal(300, 5, seed=1) + shift, real).value for shift in (0, 0.3, 1, 3)]
    assert values == sorted(values) and values[1] > 0.01


def test_too_few_images_are_refused() -> None:
    with pytest.raises(ValueError, match="at least 20 images on both sides; there are 19"):
        kernel_distance(normal(19, 4), normal(100, 4))
