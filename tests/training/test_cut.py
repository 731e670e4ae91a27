"""CUT: the contrast by hand, what G's step moves, its one direction, and FastCUT's mirrored pictures."""

from __future__ import annotations

import math
from collections.abc import Iterator

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import normalize

from ganlab.core.types import Batch, DataSpec
from ganlab.training.families import FAMILIES
from ganlab.training.families.cut import CUTTraining
from ganlab.training.networks.patch_embedding import PatchEmbedding, patch_nce
from ganlab.training.networks.resnet import ResNetGenerator
from tests.support.small import small


def batches() -> Iterator[Batch]:
    generator = torch.Generator().manual_seed(0)
    while True:
        yield Batch(*(torch.rand(2, 3, 32, 32, generator=generator) * 2 - 1 for _ in range(2)))


def cut(**changes: object) -> CUTTraining:
    torch.manual_seed(0)
    family = FAMILIES["cut"]
    training = family.build(small("cut", **{"architecture": "light", **changes}), DataSpec(32, 3, family.conditioning))
    assert isinstance(training, CUTTraining)
    return training


def weights(network: nn.Module) -> Tensor:
    return torch.cat([parameter.detach().flatten().clone() for parameter in network.parameters()])


def test_a_patch_among_equal_ones_costs_the_logarithm_of_their_number() -> None:
    same = normalize(torch.ones(2, 5, 3), dim=2)
    assert patch_nce(same, same, 0.07).item() == pytest.approx(math.log(5), rel=1e-5)


def test_a_patch_that_is_like_no_other_costs_nothing() -> None:
    apart = torch.eye(4).expand(2, 4, 4)
    expected = -math.log(math.exp(1 / 0.07) / (math.exp(1 / 0.07) + 3))
    assert patch_nce(apart, apart, 0.07).item() == pytest.approx(expected, abs=1e-6)
    assert patch_nce(apart, apart.roll(1, dims=1), 0.07).item() > 10


def test_negatives_come_from_the_same_image_and_keys_have_no_gradient() -> None:
    queries = normalize(torch.randn(2, 4, 3), dim=2).requires_grad_()
    keys = normalize(torch.randn(2, 4, 3), dim=2).requires_grad_()
    whole = patch_nce(queries, keys, 0.07)
    alone = [patch_nce(queries[i : i + 1], keys[i : i + 1], 0.07) for i in range(2)]
    torch.testing.assert_close(whole, torch.stack(alone).mean())
    whole.backward()
    assert keys.grad is None and queries.grad is not None


def test_patches_are_embedded_at_length_one() -> None:
    maps = [1000 * torch.randn(2, 3, 8, 8), 1000 * torch.randn(2, 6, 4, 4)]
    places = [torch.tensor([0, 63]), torch.tensor([5])]
    found = PatchEmbedding((3, 6), 7)(maps, places)
    assert [tuple(one.shape) for one in found] == [(2, 2, 7), (2, 1, 7)]
    assert all(one.norm(dim=2).allclose(torch.ones(1), atol=1e-3) for one in found)


def test_the_features_fall_out_of_the_same_pass() -> None:
    G = cut().networks["G"]
    assert isinstance(G, ResNetGenerator)
    image = next(batches()).real
    picture, found = G.with_features(image)
    torch.testing.assert_close(picture, G(image))
    again = G.features(image)
    assert tuple(maps.shape[1] for maps in found) == G.feature_widths
    assert all(torch.equal(one, other) for one, other in zip(found, again, strict=True))
    assert [maps.shape[2] for maps in found] == [32, 16, 8, 8, 8]


@pytest.mark.parametrize("fast", [False, True])
def test_a_step_moves_all_three_networks_and_names_its_terms(fast: bool) -> None:
    training = cut(**({"nce_identity": False, "flip_equivariance": True, "nce_weight": 10} if fast else {}))
    before = {name: weights(network) for name, network in training.networks.items()}
    stream = batches()
    for _ in range(3):
        metrics = training.step(stream)
    assert before.keys() == {"G", "D", "F"} and training.averaged.keys() == {"G"}
    assert all(not torch.equal(before[name], weights(network)) for name, network in training.networks.items())
    terms = {"loss/G/adversarial", "loss/G/nce", "loss/D/adversarial", "score/real", "score/fake"}
    assert metrics.keys() == terms | (set() if fast else {"loss/G/nce_identity"})


def test_the_terms_add_up_to_the_authors_sum() -> None:
    """lambda * (NCE + NCE_Y) / 2 of CUT, lambda * NCE of FastCUT."""
    assert small("cut", nce_weight=3).term_weights == {"nce": 1.5, "nce_identity": 1.5}
    assert small("cut", nce_weight=10, nce_identity=False).term_weights == {"nce": 10}


def test_one_direction_is_learned_and_shown() -> None:
    for direction in ("AtoB", "BtoA"):
        training, seen = cut(direction=direction, nce_identity=False), []
        training.networks["D"].register_forward_pre_hook(lambda module, inputs, seen=seen: seen.append(inputs[0]))
        batch = next(batches())
        training.step(iter([batch]))
        source, target = (batch.condition, batch.real) if direction == "AtoB" else (batch.real, batch.condition)
        assert source is not None and torch.equal(seen[0], target)  # type: ignore[arg-type]
        sheet = training.sheet(batch)
        assert (sheet.columns, sheet.titles) == (2, (direction[0], direction))
        assert torch.equal(sheet.images[0::2], source)


def test_a_u_net_has_no_such_features() -> None:
    with pytest.raises(ValueError, match=r"architecture = 'unet' is not one of resnet-9, resnet-6, light"):
        FAMILIES["cut"].build_networks(small("cut", architecture="unet"), DataSpec(32, 3, FAMILIES["cut"].conditioning))
