"""Augmentation in front of D: identities of the transforms, the strength that follows D, and that a resume draws the same."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from ganlab.core.types import Batch, Conditioning, DataSpec
from ganlab.training.adversarial import R1_EVERY, AdversarialTraining
from ganlab.training.augment import EVERY, IMAGES, Augmentation, colour, cutout, translation
from ganlab.training.families import FAMILIES
from ganlab.training.penalties import zero_centred_penalty
from ganlab.training.preflight import check
from tests.support.small import small

FROM_Z = [name for name, family in FAMILIES.items() if not family.conditioning.between_images]
SIDE = 12


def noise() -> torch.Generator:
    return torch.Generator().manual_seed(0)


def images(count: int = 4, channels: int = 3, side: int = SIDE) -> Tensor:
    return torch.rand(count, channels, side, side, generator=torch.Generator().manual_seed(1)) * 2 - 1


def fixed(*values: float) -> Any:
    """Instead of random numbers: each call gives the next value at every place."""
    left = list(values)
    return lambda *shape: torch.full(shape, left.pop(0))


def built(name: str = "dcgan", channels: int = 1, **changes: Any) -> AdversarialTraining:
    family = FAMILIES[name]
    torch.manual_seed(0)
    labelled = family.conditioning is Conditioning.LABEL
    spec = DataSpec(28, channels, family.conditioning, 10 if labelled else 0)
    training = family.build(small(name, **changes), spec)
    assert isinstance(training, AdversarialTraining)
    return training


def batches(training: AdversarialTraining) -> Any:
    labelled = training.spec.conditioning is Conditioning.LABEL
    draw = torch.Generator().manual_seed(2)
    while True:
        label = torch.randint(10, (8,), generator=draw) if labelled else None
        yield Batch(torch.rand(8, training.spec.channels, 28, 28, generator=draw) * 2 - 1, label)


def test_without_augmentation_images_are_the_same_and_nothing_is_drawn() -> None:
    stream = noise()
    before, given = stream.get_state(), images()
    assert Augmentation("none", 0.0, stream)(given) is given
    assert torch.equal(stream.get_state(), before)


@pytest.mark.parametrize("channels", [1, 3])
def test_a_strength_of_0_is_the_identity_and_one_of_1_changes_every_image(channels: int) -> None:
    given = images(16, channels)
    assert torch.equal(Augmentation("adaptive", 0.0, noise())(given), given)
    changed = (Augmentation("diff", 0.0, noise())(given) != given).flatten(1).any(dim=1)
    assert bool(changed.all())


@given(st.sampled_from([1, 3]), st.sampled_from([8, 13, 28]), st.integers(0, 2**31))
@settings(max_examples=20, deadline=None)
def test_translation_moves_whole_pixels_by_an_eighth_at_most(channels: int, side: int, seed: int) -> None:
    given, draw = images(2, channels, side) + 3.0, torch.Generator().manual_seed(seed)  # no pixel is 0
    most = int(side / 8 + 0.5)
    for one, moved in zip(given, translation(given, lambda *shape: torch.rand(*shape, generator=draw)), strict=True):
        padded = torch.nn.functional.pad(one, [most] * 4)
        ways = [padded[:, y : y + side, x : x + side] for y in range(2 * most + 1) for x in range(2 * most + 1)]
        assert any(torch.equal(moved, way) for way in ways)


def test_cutout_erases_a_square_of_half_the_side() -> None:
    erased = cutout(images() + 3.0, fixed(0.5)) == 0
    assert erased.sum() == 4 * 3 * (SIDE // 2) ** 2 and bool(erased[:, :, 3:9, 3:9].all())


def test_colour_in_the_middle_of_its_ranges_is_the_identity_and_keeps_grey_grey() -> None:
    torch.testing.assert_close(colour(images(), fixed(0.5)), images())
    grey = images(channels=1).expand(-1, 3, -1, -1)
    assert bool((colour(grey, torch.rand).std(dim=1) < 1e-6).all())


def test_gradients_reach_what_was_augmented() -> None:
    given = images(8).requires_grad_()
    Augmentation("diff", 0.0, noise())(given).square().sum().backward()
    assert given.grad is not None and bool((given.grad.abs().flatten(1).sum(dim=1) > 0).all())


@pytest.mark.parametrize("indifferent", [0.0, 0.5, None])
def test_the_strength_rises_while_d_is_sure_of_real_images_and_falls_otherwise(indifferent: float | None) -> None:
    augmentation = Augmentation("adaptive", indifferent, noise())
    real, fake = torch.full((8, 1), 2.0), torch.full((8, 1), -2.0)
    for _ in range(3 * EVERY):
        found = augmentation.observe(real, fake)
    assert found["augment/overfitting"] == 1
    assert found["augment/strength"].item() == pytest.approx(3 * EVERY * 8 / IMAGES)
    for _ in range(2 * EVERY):
        found = augmentation.observe(fake, real)
    assert found["augment/overfitting"] == -1
    assert found["augment/strength"].item() == pytest.approx(EVERY * 8 / IMAGES)
    for _ in range(2 * EVERY):
        augmentation.observe(fake, real)
    assert augmentation.strength == 0  # and no lower


@pytest.mark.parametrize("kind", ["diff", "adaptive"])
@pytest.mark.parametrize("name", FROM_Z)
def test_every_family_trains_with_it_and_d_sees_real_and_fake_alike(name: str, kind: str, monkeypatch: Any) -> None:
    training = built(name, 3, augment=kind)
    seen: list[int] = []
    calls = Augmentation.__call__
    monkeypatch.setattr(Augmentation, "__call__", lambda self, given: seen.append(len(given)) or calls(self, given))
    before = [parameter.detach().clone() for parameter in training.G.parameters()]
    metrics = training.step(batches(training))
    assert len(seen) >= 3  # D's step on real and fake, and G's
    assert any(not torch.equal(a, b) for a, b in zip(before, training.G.parameters(), strict=True))
    assert all(value.isfinite() for value in metrics.values())
    assert ("augment/strength" in metrics) is (kind == "adaptive")


@pytest.mark.parametrize("name", ["dcgan", "wgan-gp"])
def test_a_resume_augments_as_if_it_had_not_stopped(name: str) -> None:
    settings = {"augment": "adaptive", "r1_weight": 1.0, "ema_decay": 0.0}
    whole, stream = built(name, **settings), batches(built(name))
    whole.augmentation.strength.fill_(0.5)
    for _ in range(3):
        whole.step(stream)
    again = built(name, **settings)
    again.load_state_dict(copy.deepcopy(whole.state_dict()))
    left = [next(stream) for _ in range(3 * 8)]
    metrics = [training.step(iter(left)) for training in (whole, again)]
    assert metrics[0].keys() == metrics[1].keys()
    assert all(torch.equal(metrics[0][key], metrics[1][key]) for key in metrics[0])
    assert all(torch.equal(a, b) for a, b in zip(whole.D.parameters(), again.D.parameters(), strict=True))
    assert torch.equal(whole.noise.get_state(), again.noise.get_state())


def test_a_fork_may_begin_to_augment() -> None:
    before, after = built(), built(augment="adaptive")
    after.load_state_dict(before.state_dict())
    before.load_state_dict(after.state_dict())  # and may end it
    assert after.augmentation.strength == 0


@pytest.mark.parametrize("weight", [0.5, 2.0])
def test_r1_of_a_linear_d_is_the_square_of_its_weights(weight: float) -> None:
    d = nn.Sequential(nn.Flatten(), nn.Linear(3 * SIDE**2, 1))
    x = images().requires_grad_()
    assert zero_centred_penalty(x, d(x)).item() == pytest.approx(d[1].weight.square().sum().item(), rel=1e-5)
    training = built(r1_weight=weight, channels=3)
    training.networks["D"] = nn.Sequential(nn.Flatten(), linear := nn.Linear(3 * 28**2, 1))
    training.D.forward = lambda given, condition=None: linear(given.flatten(1))  # type: ignore[method-assign]
    terms = training._r1_terms(next(batches(training)))
    assert terms["r1"].item() == pytest.approx(R1_EVERY * weight / 2 * linear.weight.square().sum().item(), rel=1e-5)


def test_r1_is_lazy_and_its_newest_value_is_on_record_at_every_step() -> None:
    training = built(r1_weight=1.0)
    stream = batches(training)
    found = [training.step(stream)["loss/D/r1"].item() for _ in range(R1_EVERY + 1)]
    assert found[0] > 0 and len(set(found[:R1_EVERY])) == 1 and found[R1_EVERY] != found[0]
    assert "loss/D/r1" not in built().step(batches(training))


@pytest.mark.parametrize(("name", "value"), [("augment", "diff"), ("r1_weight", 1.0)])
def test_families_that_do_not_draw_from_z_refuse_it(name: str, value: Any) -> None:
    with pytest.raises(ValueError, match=rf"^{name} = {value!r} means nothing to CycleGAN: leave it at"):
        check(small("cyclegan", **{name: value}))


def test_a_kind_that_does_not_exist_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match=r"augment = 'heavy' is not one of none, diff, adaptive\."):
        small(augment="heavy")
