"""The Fréchet distance: closed forms, identities, singular covariances, and error bars that mean what they say."""

from __future__ import annotations

import itertools

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from ganlab.metrics.distances.fid import extrapolated, frechet_distance, jackknife
from ganlab.metrics.statistics.gaussian import Gaussian, gather
from ganlab.metrics.statistics.groups import Dealer, Groups
from tests.support.loading import drain

NEAR = 1e-6  # of the spread of the features: the root of an eigenvalue that should be zero


def normal(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def gaussian(rows: Tensor) -> Gaussian:
    return gather([rows], rows.shape[1])


def as_covariance(rows: Tensor) -> Gaussian:
    """The same, by its mean and covariance alone, as for more rows than features."""
    return Gaussian.of(rows.mean(0), torch.atleast_2d(torch.cov(rows.T)), len(rows))


def dealt(rows: Tensor, parts: int = 8) -> Groups:
    groups = Groups([Gaussian(rows.shape[1]) for _ in range(parts)])
    groups.add(rows)
    return groups


@st.composite
def samples(draw: st.DrawFn) -> tuple[Tensor, Tensor]:
    """Two sets of rows of any rank: few rows, repeated features, dead features, any scale."""
    dims = draw(st.integers(1, 12))
    scale = 10.0 ** draw(st.integers(-3, 3))
    sets = []
    for _ in range(2):
        rank, count = draw(st.integers(0, dims)), draw(st.integers(2, 40))
        rows = normal(count, rank, seed=draw(st.integers(0, 999))) @ normal(rank, dims, seed=draw(st.integers(0, 999)))
        sets.append(scale * (rows + draw(st.integers(-3, 3))))
    return sets[0], sets[1]


def rounding(*sets: Tensor) -> float:
    """How far two ways to compute the same distance may lie apart."""
    return sum(float(NEAR * rows.var(0).sum() + 1e-12 * rows.square().sum()) for rows in sets) + 1e-18


@given(samples(), st.integers(-3, 3))
def test_equal_covariances_give_the_squared_distance_of_the_means(sets: tuple[Tensor, Tensor], far: int) -> None:
    rows = sets[0]
    moved = rows + 10.0**far * normal(rows.shape[1], seed=1)
    expected = float((moved - rows)[0].square().sum())
    for a, b in ((gaussian(rows), gaussian(moved)), (as_covariance(rows), as_covariance(moved))):
        assert frechet_distance(a, b) == pytest.approx(expected, rel=1e-9, abs=2 * rounding(rows, moved))


@given(samples())
def test_any_covariances_give_the_singular_values_of_the_rows(sets: tuple[Tensor, Tensor]) -> None:
    """tr (A B)^(1/2) is the nuclear norm of X Y^T, with A = X^T X and B = Y^T Y: by another decomposition, for any rank."""
    x, y = ((rows - rows.mean(0)) / (len(rows) - 1) ** 0.5 for rows in sets)
    shift = (sets[0].mean(0) - sets[1].mean(0)).square().sum()
    expected = shift + x.square().sum() + y.square().sum() - 2 * torch.linalg.svdvals(x @ y.T).sum()
    for a, b in itertools.product(*((gaussian(rows), as_covariance(rows)) for rows in sets)):
        assert frechet_distance(a, b) == pytest.approx(float(expected), abs=rounding(*sets))


@given(samples(), st.integers(0, 99), st.floats(-5, 5))
def test_turning_and_moving_both_changes_nothing(sets: tuple[Tensor, Tensor], seed: int, shift: float) -> None:
    dims = sets[0].shape[1]
    turn = torch.linalg.qr(normal(dims, dims, seed=seed)).Q
    turned = [gaussian(rows @ turn + shift) for rows in sets]
    near = rounding(*sets, *(rows + shift for rows in sets))
    assert frechet_distance(*turned) == pytest.approx(frechet_distance(*map(gaussian, sets)), abs=near)


@given(samples(), st.integers(0, 99))
def test_features_that_never_answer_change_nothing(sets: tuple[Tensor, Tensor], seed: int) -> None:
    """Enough rows, and yet a singular covariance: as networks with dead units have it."""
    order = torch.randperm(2 * sets[0].shape[1], generator=torch.Generator().manual_seed(seed))
    dead = [torch.cat([rows, torch.zeros_like(rows)], 1)[:, order] for rows in sets]
    expected = frechet_distance(*map(gaussian, sets))
    assert frechet_distance(*map(gaussian, dead)) == pytest.approx(expected, abs=rounding(*sets))
    assert frechet_distance(*map(as_covariance, dead)) == pytest.approx(expected, abs=rounding(*sets))


@given(st.lists(st.tuples(st.floats(0, 10), st.floats(0, 10), st.floats(-5, 5)), min_size=1, max_size=20))
def test_diagonal_covariances_give_the_closed_form(axes: list[tuple[float, float, float]]) -> None:
    first, second, shift = torch.tensor(axes, dtype=torch.float64).T
    expected = shift.square().sum() + (first - second).square().sum()  # of the standard deviations
    a = Gaussian.of(torch.zeros_like(shift), torch.diag(first**2), 10)
    b = Gaussian.of(shift, torch.diag(second**2), 10)
    assert frechet_distance(a, b) == pytest.approx(float(expected), rel=1e-6, abs=1e-5)


def test_commuting_covariances_give_the_closed_form_in_any_basis() -> None:
    basis = torch.linalg.qr(normal(30, 30)).Q
    first, second = torch.logspace(-6, 2, 30, dtype=torch.float64), torch.linspace(0, 3, 30, dtype=torch.float64)
    a, b = (Gaussian.of(torch.zeros(30), basis @ torch.diag(v) @ basis.T, 10) for v in (first, second))
    assert frechet_distance(a, b) == pytest.approx(float((first.sqrt() - second.sqrt()).square().sum()), rel=1e-6)


@given(samples())
def test_fewer_rows_than_features_agree_with_the_covariance(sets: tuple[Tensor, Tensor]) -> None:
    a, b = sets
    expected = frechet_distance(as_covariance(a), as_covariance(b))
    assert frechet_distance(gaussian(a), gaussian(b)) == pytest.approx(expected, abs=rounding(a, b))


@given(samples())
def test_symmetric_zero_to_itself_and_quadratic_in_scale(sets: tuple[Tensor, Tensor]) -> None:
    a, b = gaussian(sets[0]), gaussian(sets[1])
    near = rounding(*sets)
    assert frechet_distance(a, b) == pytest.approx(frechet_distance(b, a), abs=near)
    assert frechet_distance(a, a) == pytest.approx(0, abs=near)
    threefold = frechet_distance(gaussian(3 * sets[0]), gaussian(3 * sets[1]))
    assert threefold == pytest.approx(9 * frechet_distance(a, b), abs=9 * near)


@given(samples(), st.randoms(use_true_random=False))
def test_order_and_portions_do_not_matter(sets: tuple[Tensor, Tensor], random: object) -> None:
    rows, other = sets
    order = torch.randperm(len(rows), generator=torch.Generator().manual_seed(hash(random) % 1000))
    cuts = (len(rows) // 3, len(rows) // 2)
    in_portions = gather(rows[order].tensor_split(cuts), rows.shape[1])
    whole = gaussian(other)
    assert frechet_distance(in_portions, whole) == pytest.approx(
        frechet_distance(gaussian(rows), whole), abs=rounding(rows, other)
    )


@pytest.mark.parametrize("count", [3, 30, 700])
def test_streaming_and_pooling_keep_mean_and_covariance(count: int) -> None:
    rows = normal(count, 25) * torch.logspace(-2, 2, 25, dtype=torch.float64) + 1000
    parts = [gaussian(some) for some in rows.tensor_split(4)]
    for made in (gather(rows.split(7), 25), Gaussian.pooled(parts), Gaussian.from_state(gaussian(rows).state())):
        assert made.count == count
        assert torch.allclose(made.mean, rows.mean(0), rtol=1e-12)
        assert torch.allclose(made.covariance, torch.cov(rows.T), rtol=1e-9, atol=1e-9)


def test_float32_features_are_summed_in_float64() -> None:
    rows = (normal(5000, 3) * 1e-3 + 1000).float()
    assert torch.allclose(gather(rows.split(64), 3).covariance, torch.cov(rows.double().T), rtol=1e-9)


def test_a_covariance_of_one_image_is_refused() -> None:
    with pytest.raises(ValueError, match="at least two images; there are 1"):
        frechet_distance(gaussian(normal(1, 4)), gaussian(normal(9, 4)))


def test_rows_of_another_size_are_refused() -> None:
    with pytest.raises(ValueError, match=r"shape \(5, 3\), but this Gaussian wants \(n, 4\)"):
        Gaussian(4).add(normal(5, 3))


def test_memory_stays_that_of_the_scatter_matrix() -> None:
    made = Gaussian(8)
    for _ in range(100):
        made.add(normal(50, 8))
    assert sum(tensor.numel() for tensor in made.state().values()) <= 8 * 8 + 8 + 1


def test_dealing_is_even_at_random_and_the_same_in_any_portions() -> None:
    whole = Dealer(7).take(1000)
    dealer = Dealer(7)
    assert torch.equal(torch.cat([dealer.take(n) for n in (1, 0, 20, 979)]), whole)
    counts = whole.bincount(minlength=7)
    assert counts.max() - counts.min() <= 1
    # Labels that go round in step with the number of groups must not end up in groups of their own.
    assert all(len(set((part.nonzero()[:, 0] % 7).tolist())) == 7 for part in (whole == torch.arange(7)[:, None]))


def test_groups_hold_every_row_once_and_can_be_left_out() -> None:
    rows = normal(205, 6)
    groups = dealt(rows, parts=12)
    assert groups.count == 205
    assert torch.allclose(groups.without().covariance, torch.cov(rows.T))
    left_out = groups.parts[3]
    assert groups.without(3).count == 205 - left_out.count
    assert torch.allclose(Gaussian.pooled([groups.without(3), left_out]).covariance, torch.cov(rows.T))
    kept = Gaussian.pooled([part for part in groups.parts if part not in (left_out, groups.parts[5])])
    assert torch.allclose(groups.without(3, 5).covariance, kept.covariance)
    assert torch.allclose(groups.without(5, 3).mean, kept.mean)
    groups.add(rows + 100)
    assert groups.without().count == 410
    again = Groups.from_state(dict(sorted(groups.state().items())))  # files keep tensors in another order
    assert again.count == 410
    assert torch.allclose(again.without(3).covariance, groups.without(3).covariance)


def test_a_perfect_generator_reads_zero_within_its_error_and_the_error_is_honest() -> None:
    """Over many draws: extrapolating takes the bias away, and the error bar is as large as the draws really scatter."""
    scale = torch.logspace(0, -1.5, 10, dtype=torch.float64)
    plain, endless = [], []
    for seed in range(16):
        fake, real = (dealt(normal(300, 10, seed=2 * seed + side) * scale) for side in (0, 1))
        plain.append(drain(jackknife((fake, real)))[0])
        endless.append(drain(extrapolated(fake, real))[0])
    values, errors = (torch.tensor([getattr(one, name) for one in endless]) for name in ("value", "error"))
    biased = sum(one.value for one in plain) / len(plain)
    assert biased > 6 * values.std() / 4  # of the mean of 16
    assert abs(values.mean()) < 3 * values.std() / 4  # nothing to be seen of the bias any more
    assert (values.abs() < 2.5 * errors).float().mean() > 0.9
    assert 0.7 < errors.mean() / values.std() < 2.5


def test_the_error_covers_the_true_distance_of_different_gaussians() -> None:
    scale = torch.logspace(0, -1, 8, dtype=torch.float64)
    true = frechet_distance(
        Gaussian.of(torch.zeros(8), torch.diag(scale**2), 9), Gaussian.of(0.3 * scale, torch.diag((1.2 * scale) ** 2), 9)
    )
    hits = 0
    for seed in range(14):
        fake = dealt(normal(400, 8, seed=seed) * scale)
        real = dealt(normal(400, 8, seed=1000 + seed) * 1.2 * scale + 0.3 * scale)
        estimate, _ = drain(extrapolated(fake, real))
        hits += abs(estimate.value - true) < 2 * estimate.error
    assert hits >= 12


def test_extrapolating_from_hardly_more_images_than_features_is_refused() -> None:
    """The bias of so few is far from linear in 1/N: the same Gaussian on both sides read far from zero with a small error."""
    for counts in ((60, 400), (400, 60), (197, 197)):
        fake, real = (dealt(normal(count, 132, seed=side)) for side, count in enumerate(counts))
        with pytest.raises(ValueError, match=rf"132 features needs at least 198 images on both sides; there are {min(counts)}\."):
            drain(extrapolated(fake, real))
    fake, real = (dealt(normal(400, 132, seed=side)) for side in (0, 1))
    estimate, seen = drain(extrapolated(fake, real))
    assert abs(estimate.value) < 3 * estimate.error
    assert seen == [(done, len(seen) + 1) for done in range(len(seen))] and len(seen) == 36  # it can be stopped in between
