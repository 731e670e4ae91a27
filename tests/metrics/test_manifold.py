"""Precision, recall, density, coverage: the definitions, and what perfect, far and collapsed sets read."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from ganlab.metrics.distances import manifold as module
from ganlab.metrics.distances.manifold import manifold


def normal(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def by_definition(fake: Tensor, real: Tensor) -> tuple[float, float, float, float]:
    def radius(rows: Tensor, i: int, k: int) -> float:
        return sorted(float((rows[i] - rows[j]).norm()) for j in range(len(rows)) if j != i)[k - 1]

    def inside(point: Tensor, rows: Tensor, k: int) -> list[bool]:
        return [float((point - centre).norm()) <= radius(rows, i, k) for i, centre in enumerate(rows)]

    precision = sum(any(inside(point, real, 3)) for point in fake) / len(fake)
    recall = sum(any(inside(point, fake, 3)) for point in real) / len(real)
    density = sum(sum(inside(point, real, 5)) for point in fake) / (5 * len(fake))
    covered = [min(float((centre - point).norm()) for point in fake) <= radius(real, i, 5) for i, centre in enumerate(real)]
    return precision, recall, density, sum(covered) / len(real)


@pytest.mark.parametrize("chunk", [1000, 7])
def test_they_are_the_definitions(chunk: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_CHUNK", chunk)
    fake, real = normal(25, 3) * 0.8 + 0.5, normal(20, 3, seed=1)
    found = manifold(fake, real)
    values = (found.precision.value, found.recall.value, found.density.value, found.coverage.value)
    assert values == pytest.approx(by_definition(fake, real))


def test_a_perfect_generator_reads_what_theory_says() -> None:
    """As many fakes as reals: density 1, coverage 1 - 2^-5 (Naeem et al. 2020, eq. 8)."""
    found = manifold(normal(2000, 8), normal(2000, 8, seed=1))
    assert abs(found.density.value - 1) < 4 * found.density.error
    assert found.coverage.value == pytest.approx(1 - 2**-5, abs=0.012)


def test_copies_read_as_perfect() -> None:
    rows = normal(300, 16)
    found = manifold(rows, rows)
    assert found.precision.value == found.recall.value == found.coverage.value == 1
    assert found.precision.error > 0  # 300 hits of 300 do not prove certainty


def test_far_away_reads_zero_and_collapse_loses_recall_but_not_precision() -> None:
    real = normal(500, 6)
    far = manifold(normal(500, 6, seed=1) + 100, real)
    assert far.precision.value == far.recall.value == far.density.value == far.coverage.value == 0
    collapsed = manifold(normal(500, 6, seed=1) * 0.01, real)
    assert collapsed.precision.value > 0.99 and collapsed.recall.value < 0.05
    assert collapsed.coverage.value < 0.05


def test_one_picture_again_and_again_has_no_recall() -> None:
    real = normal(200, 4)
    assert manifold(real[:1].expand(200, -1), real).recall.value <= 1 / 200


def test_a_large_common_offset_changes_nothing() -> None:
    fake, real = normal(100, 5), normal(100, 5, seed=1)
    assert manifold((fake + 4096).double(), (real + 4096).double()) == manifold((fake + 4096) - 4096, (real + 4096) - 4096)


def test_too_few_images_are_refused() -> None:
    with pytest.raises(ValueError, match="more than 5 images on both sides; there are 5"):
        manifold(normal(5, 4), normal(100, 4))
