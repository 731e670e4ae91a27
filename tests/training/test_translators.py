"""Translators: the published numbers of parameters, and sizes that go in and come out."""

from __future__ import annotations

import pytest
import torch

from ganlab.models.adapters.layout import Unfilled
from ganlab.training.networks.layers import Norm, count_parameters
from ganlab.training.networks.resnet import light_resnet, resnet
from ganlab.training.networks.unet import UNetGenerator


@pytest.mark.parametrize(
    ("blocks", "norm", "parameters"),
    [(9, Norm.INSTANCE, 11_378_179), (6, Norm.INSTANCE, 7_837_699), (9, Norm.BATCH, 11_383_427)],
)
def test_resnets_have_the_size_of_the_authors_own(blocks: int, norm: Norm, parameters: int) -> None:
    with torch.device("meta"), Unfilled():
        assert count_parameters(resnet(3, 3, 64, norm, blocks)) == parameters


@pytest.mark.parametrize(
    ("depth", "norm", "parameters"),
    [(8, Norm.BATCH, 54_413_955), (7, Norm.BATCH, 41_828_995), (8, Norm.INSTANCE, 54_409_603), (7, Norm.INSTANCE, 41_825_667)],
)
def test_unets_have_the_size_of_the_authors_own(depth: int, norm: Norm, parameters: int) -> None:
    with torch.device("meta"), Unfilled():
        assert count_parameters(UNetGenerator(3, 3, 64, norm, depth)) == parameters


def test_the_light_resnet_has_the_size_of_the_published_one() -> None:
    assert count_parameters(light_resnet(3, 3, 16, Norm.INSTANCE)) == 356_867


@torch.inference_mode()
def test_any_multiple_goes_in_and_comes_out() -> None:
    for network in (
        resnet(3, 1, 2, Norm.INSTANCE, 2),
        light_resnet(3, 1, 2, Norm.INSTANCE),
        UNetGenerator(3, 1, 2, Norm.BATCH, 5),
    ):
        sides = 2 * network.multiple, 3 * network.multiple
        fake = network(torch.rand(2, 3, *sides) * 2 - 1)
        assert fake.shape == (2, 1, *sides) and fake.abs().max() <= 1
