"""A model that a run is to start from fits, or one sentence names all that differs."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import Any

import pytest
import torch
from torch import nn

from ganlab.core.config import TrainConfig
from ganlab.core.types import DataSpec
from ganlab.training.engine import train
from ganlab.training.families import FAMILIES
from ganlab.training.preflight import check, networks_on_meta, spec_before_data
from ganlab.training.warm_start import first_difference
from tests.support.small import small


@dataclass
class Model:
    """What ganlab.Pipeline has, without weights."""

    spec: DataSpec
    z_dim: int
    generators: dict[str, nn.Module]
    discriminators: dict[str, nn.Module] = field(default_factory=dict)


def trained(config: TrainConfig) -> Model:
    networks = networks_on_meta(config)
    spec = spec_before_data(config)
    generators, others = ({name: networks[name] for name in networks if (name[0] == "G") is of_g} for of_g in (True, False))
    return Model(spec, 0 if spec.conditioning.between_images else config.z_dim, generators, others)


@pytest.mark.parametrize("family", ["gan", "cgan", "dcgan", "cyclegan", "pix2pix"])
def test_a_model_of_the_same_settings_fits(family: str) -> None:
    config = small(family, start_from="mine", **({"dataset": "facades"} if family == "pix2pix" else {}))
    check(config, lambda name: trained(config))


@pytest.mark.parametrize(
    ("theirs", "ours", "words"),
    [
        ({"z_dim": 7}, {}, "z_dim is 7 there and 100 here."),
        (
            {"z_dim": 7, "image_size": 32, "channels": 3},
            {},
            "image_size is 32 there and 28 here, channels is 3 (colour) there and 1 (grey) here, z_dim is 7 there",
        ),
        ({"family": "cgan"}, {}, "the number of labels is 10 there and none here"),
        ({}, {"family": "cgan"}, "the number of labels is none there and 10 here"),
        ({"width": 16}, {}, "its networks are others: the tensor"),
        ({"width": 16, "z_dim": 7}, {}, "z_dim is 7 there and 100 here; its networks are others: the tensor"),
        (
            {"family": "wgan-gp"},
            {},
            "'mine' does not fit this run: its D is another: the tensor",  # no batch norm there
        ),
        ({"family": "gan"}, {}, "choose its family, architecture and width."),
        ({"family": "cyclegan"}, {}, "the model translates images, and this family draws from z."),
        ({}, {"family": "cyclegan"}, "the model draws from z, and this family translates images."),
        (
            {"family": "cyclegan"},
            {"family": "pix2pix", "dataset": "facades"},
            "has the generators G_AB, G_BA, but this run trains G.",
        ),
    ],
)
def test_one_sentence_names_what_differs(theirs: dict[str, Any], ours: dict[str, Any], words: str) -> None:
    model = trained(small(theirs.pop("family", "dcgan"), **theirs))
    config = small(ours.pop("family", "dcgan"), start_from="mine", **ours)
    with pytest.raises(ValueError) as error:
        check(config, lambda name: model)
    assert str(error.value).startswith("start_from = 'mine' ") and words in str(error.value) and "\n" not in str(error.value)


def test_what_a_folder_holds_is_not_guessed_before_it_is_read() -> None:
    config = small("cgan", dataset="folder", data_path="pictures", channels=0, start_from="mine")
    grey = trained(config.replace(channels=1))
    grey.spec = DataSpec(28, 1, grey.spec.conditioning, 10)
    check(config, lambda name: grey)
    check(config, lambda name: None)  # not on this machine yet


def test_a_model_that_is_not_there_is_named_with_its_setting() -> None:
    def absent(name: str) -> None:
        raise ValueError(f"There is no model {name!r}.")

    with pytest.raises(ValueError, match=r"start_from = 'mine' cannot be opened. There is no model 'mine'\."):
        check(small(start_from="mine"), absent)


def test_two_networks_differ_in_a_name_or_a_shape() -> None:
    assert first_difference(nn.Linear(2, 3), nn.Linear(2, 3)) == ""
    assert "the tensor weight is 4 x 2 there and 3 x 2 here" in first_difference(nn.Linear(2, 4), nn.Linear(2, 3))
    assert "the tensor bias is missing there and 3 here" in first_difference(nn.Linear(2, 3, bias=False), nn.Linear(2, 3))


def test_a_model_that_was_not_loaded_is_not_forgotten_in_silence() -> None:
    with pytest.raises(
        ValueError, match=r"start_from = 'mine' names a model that was not loaded: give its networks as `initial`"
    ):
        next(iter(train(small(start_from="mine"))))


@pytest.mark.parametrize("family", ["dcgan", "wgan-gp", "cyclegan"])
def test_a_run_takes_g_and_where_there_is_one_d(family: str) -> None:
    config = small(family)
    torch.manual_seed(1)
    theirs = FAMILIES[family].build_networks(config, spec_before_data(config))
    for given in (theirs, {name: network for name, network in theirs.items() if name.startswith("G")}):
        training = FAMILIES[family].build(config, spec_before_data(config))
        before = {name: copy.deepcopy(network.state_dict()) for name, network in training.networks.items()}
        training.start_from(given)
        for name, network in training.networks.items():
            wanted = theirs[name].state_dict() if name in given else before[name]
            assert all(torch.equal(value, wanted[key]) for key, value in network.state_dict().items()), name
        for name, averaged in training.averaged.items():
            assert all(torch.equal(value, theirs[name].state_dict()[key]) for key, value in averaged.state_dict().items())


def test_a_d_of_other_shapes_is_refused_when_training_begins_too() -> None:
    config = small("dcgan")
    other = small("wgan-gp")
    with pytest.raises(
        ValueError, match=r"^start_from does not fit the networks of this run: its D is another: .* choose its family"
    ):
        FAMILIES["dcgan"].build(config, spec_before_data(config)).start_from(
            FAMILIES["wgan-gp"].build_networks(other, spec_before_data(other))
        )
