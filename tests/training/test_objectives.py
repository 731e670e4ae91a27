from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from ganlab.training.objectives import (
    HINGE,
    LEAST_SQUARES,
    NON_SATURATING,
    RELATIVISTIC,
    WASSERSTEIN,
    Objective,
    gradient_penalty,
)

logit = st.floats(-30, 30)


def halves(objective: Objective, real: float, fake: float) -> tuple[float, float]:
    real_half, fake_half = objective.discriminator(torch.tensor([[real]]), torch.tensor([[fake]]))
    return real_half.item(), fake_half.item()


@given(logit, logit)
def test_non_saturating_is_binary_cross_entropy(real: float, fake: float) -> None:
    bce = torch.nn.functional.binary_cross_entropy_with_logits
    expected = (
        bce(torch.tensor([[real]]), torch.ones(1, 1)).item(),
        bce(torch.tensor([[fake]]), torch.zeros(1, 1)).item(),
    )
    assert halves(NON_SATURATING, real, fake) == pytest.approx(expected, abs=1e-5)
    assert NON_SATURATING.generator(torch.tensor([[fake]])).item() == pytest.approx(
        bce(torch.tensor([[fake]]), torch.ones(1, 1)).item(), abs=1e-5
    )


def test_equilibria_are_the_published_ones() -> None:
    # D that cannot tell: logit 0 (probability 1/2), or 1/2 under least squares.
    assert [*halves(NON_SATURATING, 0.0, 0.0), NON_SATURATING.generator(torch.zeros(1, 1)).item()] == pytest.approx(
        [math.log(2)] * 3
    )
    assert [*halves(LEAST_SQUARES, 0.5, 0.5), LEAST_SQUARES.generator(torch.tensor(0.5)).item()] == pytest.approx([0.25] * 3)


LN2 = math.log(2)


@pytest.mark.parametrize(
    ("objective", "score", "g", "d"),
    [
        (NON_SATURATING, 0.5, LN2, 2 * LN2),
        (LEAST_SQUARES, 0.5, 0.25, 0.5),
        (HINGE, 0.0, 0.0, 2.0),
        (WASSERSTEIN, None, None, 0.0),
    ],
    ids=lambda one: getattr(one, "name", ""),
)
def test_references_are_what_losses_read_where_d_cannot_tell(objective: Objective, score: float, g: float, d: float) -> None:
    assert objective.references("sum") == pytest.approx({"score": score, "G": g, "D": d})
    assert objective.references("mean") == pytest.approx({"score": score, "G": g, "D": d / 2})
    assert objective.undecided == (None if objective is WASSERSTEIN else pytest.approx(d))


def test_a_relativistic_loss_has_references_but_its_scores_have_none() -> None:
    for way in ("sum", "mean"):
        assert RELATIVISTIC.references(way) == pytest.approx({"score": None, "G": LN2, "D": LN2})
    assert RELATIVISTIC.undecided == pytest.approx(LN2) and RELATIVISTIC.certain is None


@given(logit, logit)
def test_least_squares_hinge_and_wasserstein_are_their_formulas(real: float, fake: float) -> None:
    assert halves(LEAST_SQUARES, real, fake) == pytest.approx(((real - 1) ** 2, fake**2), rel=1e-4, abs=1e-5)
    assert halves(HINGE, real, fake) == pytest.approx((max(0, 1 - real), max(0, 1 + fake)), abs=1e-5)
    assert halves(WASSERSTEIN, real, fake) == pytest.approx((-real, fake))
    assert WASSERSTEIN.generator(torch.tensor(fake)).item() == pytest.approx(-fake)


@given(logit, logit, st.floats(-100, 100))
def test_a_relativistic_pair_is_a_cross_entropy_of_differences(real: float, fake: float, shift: float) -> None:
    x, y = (torch.tensor([[one]], dtype=torch.float64) for one in (real, fake))
    bce = torch.nn.functional.binary_cross_entropy_with_logits
    torch.testing.assert_close(RELATIVISTIC.d_loss(x, y), bce(x - y, torch.ones_like(x)))
    torch.testing.assert_close(RELATIVISTIC.d_loss(x, y, "mean"), RELATIVISTIC.d_loss(x, y))  # it has no halves
    assert RELATIVISTIC.g_loss(y, x).item() == pytest.approx(RELATIVISTIC.d_loss(y, x).item(), abs=1e-5)  # G wants the opposite
    moved = RELATIVISTIC.d_loss(x + shift, y + shift)
    torch.testing.assert_close(moved, RELATIVISTIC.d_loss(x, y), rtol=1e-6, atol=1e-9)  # outputs mean something in pairs only


def test_a_relativistic_loss_of_fakes_alone_is_refused() -> None:
    with pytest.raises(AssertionError, match="compares fakes with real images"):
        RELATIVISTIC.g_loss(torch.zeros(2, 1))


@pytest.mark.parametrize("objective", [NON_SATURATING, LEAST_SQUARES, HINGE, WASSERSTEIN], ids=lambda o: o.name)
def test_a_patch_map_reduces_like_its_mean_patch(objective: Objective) -> None:
    real, fake = torch.randn(2, 1, 30, 30), torch.randn(2, 1, 30, 30)
    flat = objective.discriminator(real.reshape(-1, 1), fake.reshape(-1, 1))
    torch.testing.assert_close(objective.discriminator(real, fake), flat)


@pytest.mark.parametrize("slope", [0.0, 1.0, 3.0])
def test_the_penalty_of_a_linear_judge_is_exact(slope: float) -> None:
    direction = torch.randn(3, 8, 8)
    direction = slope * direction / direction.norm()
    real, fake, mix = torch.randn(5, 3, 8, 8), torch.randn(5, 3, 8, 8), torch.rand(5, 1, 1, 1)
    penalty = gradient_penalty(lambda x: (x * direction).sum(dim=(1, 2, 3)), real, fake, mix)
    assert penalty.item() == pytest.approx((slope - 1) ** 2, abs=1e-5)
