from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest
import torch
from torch import Tensor, nn

from ganlab.core.types import Batch, Conditioning, DataSpec
from ganlab.training.adversarial import Training
from ganlab.training.families import FAMILIES
from ganlab.training.families.cyclegan import CycleGANTraining
from ganlab.training.families.pix2pix import Pix2PixTraining
from ganlab.training.image_pool import ImagePool
from tests.support.small import small


def batches(seed: int = 0) -> Iterator[Batch]:
    generator = torch.Generator().manual_seed(seed)
    while True:
        yield Batch(*(torch.rand(2, 3, 32, 32, generator=generator) * 2 - 1 for _ in range(2)))


def build(name: str, **changes: object) -> Training:
    torch.manual_seed(0)
    family = FAMILIES[name]
    return family.build(small(name, **changes), DataSpec(32, 3, family.conditioning))


def weights(network: nn.Module) -> Tensor:
    return torch.cat([parameter.detach().flatten().clone() for parameter in network.parameters()])


def pix2pix(**changes: object) -> Pix2PixTraining:
    training = build("pix2pix", **changes)
    assert isinstance(training, Pix2PixTraining)
    return training


def cyclegan(**changes: object) -> CycleGANTraining:
    training = build("cyclegan", **{"architecture": "light", **changes})
    assert isinstance(training, CycleGANTraining)
    return training


@pytest.mark.parametrize("name, architecture", [("pix2pix", "unet"), ("cyclegan", "light"), ("cyclegan", "resnet-6")])
def test_a_step_moves_every_network_and_names_every_term(name: str, architecture: str) -> None:
    training = build(name, architecture=architecture)
    before = {key: weights(network) for key, network in training.networks.items()}
    metrics = training.step(batches())
    assert all(not torch.equal(before[key], weights(network)) for key, network in training.networks.items())
    wanted = {
        "pix2pix": {"loss/G/adversarial", "loss/G/l1", "loss/D/adversarial"},
        "cyclegan": {f"loss/G_{way}/{term}" for way in ("AB", "BA") for term in ("adversarial", "cycle", "identity")}
        | {"loss/D_A/adversarial", "loss/D_B/adversarial"},
    }
    assert metrics.keys() == wanted[name] | {"score/real", "score/fake"}
    assert all(value.ndim == 0 and value.isfinite() and not value.requires_grad for value in metrics.values())


def test_pix2pix_l1_is_the_mean_distance_times_its_weight() -> None:
    training = pix2pix(l1_weight=7)
    batch = next(batches())
    fake = torch.zeros_like(batch.real)
    terms = training.generator_terms(batch, fake, torch.zeros(2, 1, 2, 2))
    torch.testing.assert_close(terms["l1"], 7 * batch.real.abs().mean())


def test_pix2pix_leads_either_way() -> None:
    seen: dict[str, Tensor] = {}
    for direction in ("AtoB", "BtoA"):
        training = pix2pix(direction=direction)
        training.G.register_forward_pre_hook(lambda module, inputs, key=direction: seen.setdefault(key, inputs[0].clone()))
        training.step(batches())
    batch = next(batches())
    assert torch.equal(seen["AtoB"], batch.condition) and torch.equal(seen["BtoA"], batch.real)  # type: ignore[arg-type]


def test_pix2pix_sheets_show_source_translation_target() -> None:
    batch = next(batches())
    for direction, source, target in (("AtoB", batch.condition, batch.real), ("BtoA", batch.real, batch.condition)):
        sheet = pix2pix(direction=direction).sheet(batch)
        assert (sheet.columns, len(sheet.images), sheet.titles) == (3, 6, ("source", "translated", "target"))
        assert source is not None and target is not None
        assert torch.equal(sheet.images[0::3], source) and torch.equal(sheet.images[2::3], target)


def test_a_cycle_of_perfect_generators_costs_nothing() -> None:
    training = cyclegan()
    for key in ("G_AB", "G_BA"):
        training.networks[key] = nn.Identity()  # equal domains: leaving everything alone is right
    batch = next(batches())
    same = Batch(batch.real, batch.real)
    terms = training._generator_terms(same, {"A": batch.real, "B": batch.real})
    for way in ("AB", "BA"):
        assert terms[f"G_{way}/cycle"] == 0 and terms[f"G_{way}/identity"] == 0


def test_cycle_terms_by_hand() -> None:
    class Add(nn.Module):
        def __init__(self, amount: float) -> None:
            super().__init__()
            self.amount = amount

        def forward(self, image: Tensor) -> Tensor:
            return image + self.amount

    training = cyclegan(cycle_weight=10, identity_weight=0.5)
    training.networks["G_AB"], training.networks["G_BA"] = Add(0.3), Add(-0.1)
    batch = next(batches())
    terms = training._generator_terms(batch, training._fakes(batch))
    for way, identity in (("AB", 0.3), ("BA", 0.1)):
        assert terms[f"G_{way}/cycle"].item() == pytest.approx(10 * 0.2, rel=1e-4)  # there and back: 0.3 - 0.1
        assert terms[f"G_{way}/identity"].item() == pytest.approx(0.5 * 10 * identity, rel=1e-4)


def test_d_a_judges_domain_a() -> None:
    training = cyclegan()
    seen: list[Tensor] = []
    training.networks["D_A"].register_forward_pre_hook(lambda module, inputs: seen.append(inputs[0].detach().clone()))
    training.step(batches())
    batch = next(batches())
    assert any(torch.equal(image, batch.condition) for image in seen)  # type: ignore[arg-type]
    assert not any(torch.equal(image, batch.real) for image in seen)


def test_cyclegan_sheets_come_back_to_where_they_began() -> None:
    training, batch = cyclegan(), next(batches())
    sheet = training.sheet(batch)
    assert sheet.columns == len(sheet.titles) == 6 and len(sheet.images) == 12
    assert torch.equal(sheet.images[0], batch.condition[0]) and torch.equal(sheet.images[3], batch.real[0])  # type: ignore[index]
    there = training.averaged["G_AB"].eval()(sheet.images[0:1])
    torch.testing.assert_close(sheet.images[1:2], there)
    torch.testing.assert_close(sheet.images[2:3], training.averaged["G_BA"].eval()(there))


def test_the_pool_fills_then_gives_back_what_it_was_given() -> None:
    pool = ImagePool(3, seed=0)
    images = [torch.full((1, 1, 2, 2), float(number)) for number in range(200)]
    given = [pool.exchange(image) for image in images]
    assert all(torch.equal(a, b) for a, b in zip(given[:3], images[:3], strict=True))
    earlier = [index for index, (a, b) in enumerate(zip(given, images, strict=True)) if not torch.equal(a, b)]
    assert 60 < len(earlier) < 140  # every second one
    assert all(given[index].max() < index for index in earlier)
    values = [image.max().item() for image in given]
    assert max(values.count(value) for value in values) <= 2  # an image leaves the pool when it is given out


def test_a_pool_of_none_passes_everything_on() -> None:
    fakes = torch.rand(4, 3, 2, 2)
    assert ImagePool(0, seed=0).exchange(fakes) is fakes


def test_a_pool_resumes_with_the_same_choices() -> None:
    pools = [ImagePool(4, seed=1), ImagePool(4, seed=2)]
    stream = torch.rand(40, 2, 3, 4, 4)
    for batch in stream[:20]:
        pools[0].exchange(batch)
    pools[1].load_state_dict(pools[0].state_dict(), "cpu")
    for batch in stream[20:]:
        assert torch.equal(pools[0].exchange(batch), pools[1].exchange(batch))


def test_batches_of_many_train_too() -> None:
    training = cyclegan(batch_size=2, d_steps=2)
    pulled = list(itertools.islice(batches(), 5))
    stream = iter(pulled)
    training.step(stream)
    assert len(list(stream)) == 3  # one for G and D, one more for D


def test_a_kept_generator_stays_while_its_way_back_is_learned() -> None:
    training = cyclegan(keep="G_AB", start_from="somewhere")
    before = {key: weights(network) for key, network in training.networks.items()}
    metrics = training.step(batches())
    moved = {key for key, network in training.networks.items() if not torch.equal(before[key], weights(network))}
    assert moved == {"G_BA", "D_A", "D_B"}
    assert torch.equal(weights(training.averaged["G_AB"]), before["G_AB"])
    assert "loss/G_AB/cycle" in metrics and "loss/G_AB/adversarial" not in metrics


def test_an_untrained_generator_is_not_kept() -> None:
    with pytest.raises(ValueError, match="keep = 'G_AB' needs a trained model in start_from"):
        small("cyclegan", keep="G_AB")


def test_a_run_starts_from_trained_generators() -> None:
    trained, training = cyclegan(), cyclegan()
    trained.step(batches())
    training.start_from(dict(trained.networks))
    assert all(torch.equal(weights(training.averaged[key]), weights(trained.networks[key])) for key in ("G_AB", "G_BA"))
    training.start_from({"G": trained.networks["G_AB"]})  # a lone one starts both
    assert torch.equal(weights(training.networks["G_BA"]), weights(trained.networks["G_AB"]))
    with pytest.raises(ValueError, match="start_from does not fit the networks of this run"):
        training.start_from({"G": nn.Linear(1, 1)})
    with pytest.raises(ValueError, match="this run trains G_AB"):
        training.start_from({"X": trained.networks["G_AB"], "Y": trained.networks["G_BA"]})


def test_every_image_family_is_conditioned_on_images() -> None:
    assert FAMILIES["pix2pix"].conditioning is Conditioning.PAIRED
    assert FAMILIES["cyclegan"].conditioning is Conditioning.UNPAIRED
