from __future__ import annotations

import pytest
import torch

from ganlab.training.penalties import zero_centred_penalty


@pytest.mark.parametrize("slope", [0.0, 1.0, 3.0])
def test_a_zero_centred_penalty_is_the_squared_slope(slope: float) -> None:
    direction = torch.randn(3, 8, 8)
    direction = slope * direction / direction.norm()
    images = torch.randn(5, 3, 8, 8, requires_grad=True)
    penalty = zero_centred_penalty(images, (images * direction).sum(dim=(1, 2, 3))[:, None])
    assert penalty.item() == pytest.approx(slope**2, abs=1e-4)


def test_it_can_be_differentiated_again() -> None:
    weight, images = torch.tensor(2.0, requires_grad=True), torch.randn(5, 1, 2, 2, requires_grad=True)
    zero_centred_penalty(images, weight * images.sum(dim=(1, 2, 3))[:, None]).backward()
    assert weight.grad == pytest.approx(4 * 2 * 2.0)  # d/dw of w^2 times 4 pixels
