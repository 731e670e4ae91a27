from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch
from torch import nn

from ganlab.core.types import Batch, Conditioning, DataSpec
from ganlab.training.adversarial import AdversarialTraining
from ganlab.training.families import FAMILIES
from ganlab.training.networks.architectures import ARCHITECTURES
from ganlab.training.state import descend, frozen
from tests.support.small import small

SPEC = DataSpec(image_size=28, channels=1)


def batches(classes: int = 0) -> Iterator[Batch]:
    generator = torch.Generator().manual_seed(0)
    while True:
        label = torch.randint(classes, (8,), generator=generator) if classes else None
        yield Batch(torch.rand(8, 1, 28, 28, generator=generator) * 2 - 1, label)


def build(name: str = "dcgan", **changes: object) -> AdversarialTraining:
    family = FAMILIES[name]
    torch.manual_seed(0)
    labelled = family.conditioning is Conditioning.LABEL
    spec = DataSpec(28, 1, Conditioning.LABEL, 10) if labelled else SPEC
    training = family.build(small(name, **changes), spec)
    assert isinstance(training, AdversarialTraining)
    return training


def weights(network: nn.Module) -> torch.Tensor:
    return torch.cat([parameter.detach().flatten().clone() for parameter in network.parameters()])


@pytest.mark.parametrize("order", ["d-then-g", "g-then-d"])
@pytest.mark.parametrize("name", [name for name, family in FAMILIES.items() if family.architectures is ARCHITECTURES])
def test_a_step_moves_both_networks_and_names_its_terms(name: str, order: str) -> None:
    training = build(name, update_order=order)
    before = weights(training.G), weights(training.D)
    labelled = FAMILIES[name].conditioning is Conditioning.LABEL
    metrics = training.step(batches(10 if labelled else 0))
    assert not torch.equal(before[0], weights(training.G)) and not torch.equal(before[1], weights(training.D))
    assert {"loss/G/adversarial", "loss/D/adversarial", "score/real", "score/fake"} <= metrics.keys()
    assert all(value.ndim == 0 and value.isfinite() and not value.requires_grad for value in metrics.values())


def test_each_network_is_moved_by_its_own_step_only() -> None:
    training = build()
    batch = next(batches())
    g, d = weights(training.G), weights(training.D)
    training.discriminator_step(batch)
    assert torch.equal(g, weights(training.G)) and not torch.equal(d, weights(training.D))
    d = weights(training.D)
    training.generator_step(batch, training.fakes(batch))
    assert torch.equal(d, weights(training.D)) and not torch.equal(g, weights(training.G))
    assert all(parameter.requires_grad for parameter in training.D.parameters())


@pytest.mark.parametrize("d_steps", [1, 3])
def test_d_steps_pull_that_many_batches(d_steps: int) -> None:
    pulled = []

    def counted() -> Iterator[Batch]:
        for batch in batches():
            pulled.append(batch)
            yield batch

    for order in ("d-then-g", "g-then-d"):
        pulled.clear()
        build(d_steps=d_steps, update_order=order).step(counted())
        assert len(pulled) == d_steps


def test_g_then_d_judges_the_fakes_g_was_trained_on() -> None:
    training = build(update_order="g-then-d")
    seen = []
    training.D.register_forward_pre_hook(lambda module, inputs: seen.append(inputs[0].detach().clone()))
    training.step(batches())
    assert torch.equal(seen[0], seen[2])  # G's step on fake; D's on real, then on the same fake


def test_d_then_g_judges_the_same_fakes_twice_unless_fresh_ones_are_wanted() -> None:
    for fresh in (False, True):
        training = build(fresh_fakes=fresh)
        seen: list[torch.Tensor] = []
        training.D.register_forward_pre_hook(lambda module, inputs, seen=seen: seen.append(inputs[0].detach().clone()))
        training.step(batches())
        assert torch.equal(seen[1], seen[2]) is not fresh  # D's step on real and on fake; G's on fake


def test_the_mean_d_loss_is_half_the_sum() -> None:
    losses = [build(d_loss=way).discriminator_step(next(batches()))["loss/D/adversarial"] for way in ("sum", "mean")]
    torch.testing.assert_close(losses[0], 2 * losses[1])


def test_terms_are_summed_and_reported_by_name() -> None:
    layer = nn.Linear(1, 1, bias=False)
    nn.init.ones_(layer.weight)
    metrics = descend(torch.optim.SGD(layer.parameters(), lr=1.0), "G", {"a": layer.weight.sum(), "b": 2 * layer.weight.sum()})
    assert {name: value.item() for name, value in metrics.items()} == {"loss/G/a": 1.0, "loss/G/b": 2.0}
    assert layer.weight.item() == pytest.approx(1.0 - 3.0)


def test_frozen_restores_after_an_error() -> None:
    layer = nn.Linear(1, 1)
    with pytest.raises(RuntimeError), frozen(layer):
        assert not layer.weight.requires_grad
        raise RuntimeError
    assert layer.weight.requires_grad


def test_without_averaging_the_generator_itself_is_kept() -> None:
    training = build(ema_decay=0)
    assert training.averaged["G"] is training.G
    training.sheet()
    assert training.G.training  # a sheet leaves train mode as it was


def test_a_sheet_shows_the_same_z_each_time_and_draws_from_no_stream() -> None:
    training = build("cgan", samples=25)
    noise = training.noise.get_state()
    sheet = training.sheet()
    first, again = sheet.images, training.sheet().images
    assert torch.equal(first, again) and torch.equal(noise, training.noise.get_state())
    assert first.shape == (30, 1, 28, 28) and sheet.columns == 10


def test_equal_seeds_see_equal_noise_whatever_the_objective() -> None:
    first, second = build("dcgan", architecture="unpadded"), build("lsgan", architecture="unpadded")
    assert torch.equal(first.z(4), second.z(4))
    assert torch.equal(weights(first.G), weights(second.G))
