"""`ganlab.train`: from what a person would write without reading, to events; what does not fit is named at once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

import ganlab
from ganlab.core.config import TrainConfig
from ganlab.core.errors import Mistakes
from ganlab.core.events import Checkpoint, Finished, Loading, Started
from ganlab.data.dataset import Dataset
from ganlab.models.in_process import train
from ganlab.runtime.status import Status
from ganlab.training.families import FAMILIES

TINY: dict[str, Any] = {"steps": 2, "image_size": 16, "width": 4, "batch_size": 4, "samples": 4, "device": "cpu"}
OWN = [name for name, family in FAMILIES.items() if family.takes_own_pair]


def pair(channels: int = 1, side: int = 16) -> dict[str, nn.Module]:
    pixels = channels * side**2
    return {
        "G": nn.Sequential(nn.Linear(100, pixels), nn.Tanh(), nn.Unflatten(1, (channels, side, side))),
        "D": nn.Sequential(nn.Flatten(), nn.Linear(pixels, 1)),
    }


@pytest.mark.parametrize("family", FAMILIES)
def test_a_name_and_a_family_are_enough(family: str) -> None:
    translating = {"image_size": 32} if FAMILIES[family].conditioning.between_images else {}
    events = list(train("shapes", family=family, **TINY | translating))
    assert isinstance(events[-1], Finished) and events[-1].reason == "finished"


def test_a_config_a_recipe_and_settings_beside_them() -> None:
    assert [
        event.steps for event in train(TrainConfig.of("gan", dataset="shapes", **TINY), steps=3) if isinstance(event, Started)
    ] == [3]
    assert list(train(recipe="shapes-quick", **TINY))[-1].step == 2


@pytest.mark.parametrize(
    "images", [torch.rand(12, 1, 16, 16), np.zeros((12, 16, 16, 3), np.uint8), torch.rand(12, 20, 20) * 2 - 1]
)
def test_images_in_memory_are_trained_on_at_their_own_size(images: Any) -> None:
    data = Dataset.from_tensors(images)
    tiny = {name: value for name, value in TINY.items() if name != "image_size"}
    (made,) = (event for event in train(data, family="gan", **tiny) if isinstance(event, Checkpoint))
    assert made.spec["image_size"] == data.images.shape[-1] and made.spec["channels"] == data.images.shape[1]
    assert list(train(data=images, family="gan", **tiny))[-1].reason == "finished"  # the same images have the same name


def test_labels_in_memory_condition() -> None:
    data = Dataset.from_tensors(torch.rand(12, 1, 16, 16), torch.arange(12) % 3, label_names=["a", "b", "c"])
    (made,) = (event for event in train(data, family="cgan", **TINY) if isinstance(event, Checkpoint))
    assert made.spec["num_classes"] == 3 and made.labels == ("a", "b", "c")
    with pytest.raises(ValueError, match="cannot train Pix2Pix, which needs pairs"):
        train(data, family="pix2pix", **TINY)


@pytest.mark.parametrize("family", OWN)
def test_networks_of_ones_own_are_what_is_trained(family: str) -> None:
    networks = pair(3)
    before = networks["G"][0].weight.clone()  # type: ignore[index, operator]
    assert list(train("shapes", family=family, networks=networks, **TINY))[-1].reason == "finished"
    assert not torch.equal(before, networks["G"][0].weight)  # type: ignore[index, arg-type]


def test_labels_reach_networks_that_take_them() -> None:
    class Conditional(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner, self.seen = pair(3)["G"], []

        def forward(self, z: torch.Tensor, label: torch.Tensor) -> torch.Tensor:
            self.seen.append(int(label.max()))
            return self.inner(z)  # type: ignore[no-any-return]

    G = Conditional()
    list(train("shapes", family="cgan", networks={"G": G, "D": pair(3)["D"]}, **TINY | {"batch_size": 64}))
    assert max(G.seen) == 9


@pytest.mark.parametrize(
    ("call", "words"),
    [
        ({"what": "shpes"}, "neither one of mnist"),
        ({"what": "shapes", "family": "wgan"}, "family = 'wgan' is not one of"),
        ({"what": "shapes", "epochs": 3}, "epochs is not a setting of dcgan .perhaps steps"),
        ({"what": "shapes", "steps": 0}, "steps = 0 is out of range"),
        ({"what": "shapes", "image_size": 30}, "image_size = 30"),
        ({"what": "shapes", "device": "cuda:7"}, "device = 'cuda:7' is not on this machine"),
        ({"what": "shapes", "start_from": "nothing"}, "start_from = 'nothing' cannot be opened"),
        ({"what": "shapes", "recipe": "shapes-quick", "family": "gan"}, "recipe and family exclude each other"),
        ({"what": "shapes", "recipe": "none"}, "recipe = 'none' is not one of"),
        ({"what": torch.rand(3, 20, 24)}, "square"),
        ({"what": torch.rand(3, 20, 20) * 255}, r"give floats in \[0, 1\]"),
        ({"what": "shapes", "G": 1}, "networks="),
        ({"what": "shapes", "generator": 1}, "generator is no setting: give networks of your own"),
        ({"what": "shapes", "callback": print}, "`for event in ganlab.train"),
        ({"what": torch.rand(3, 16, 16), "labels": [0, 1, 2]}, r"labels is no setting: ganlab\.Dataset\.from_tensors"),
        ({"what": "shapes", "networks": (1, 2)}, "networks has a tuple: give a pair"),
        ({"what": "gan"}, "'gan' is a family, no data set: write family='gan'"),
        ({"what": "shapes-quick"}, "'shapes-quick' is a recipe, no data set: write recipe='shapes-quick'"),
        ({"what": "CIFAR-10"}, "Perhaps 'cifar10' is meant"),
        ({"what": "shapes", "family": "WGAN_GP"}, "Perhaps 'wgan-gp' is meant"),
        ({"what": {"family": "gan"}}, "Settings are given by their names"),
        ({"what": TrainConfig.of("gan", dataset="shapes"), "recipe": "shapes-quick"}, "A config and a recipe exclude each other"),
        ({"what": "shapes", "resume": "a-run"}, r"ganlab\.resume\(run\)"),
        ({"what": "shapes", "resume": {"step": 3}}, "resume is the `state` of a Checkpoint event"),
        ({"what": ["a.png", "b.png"]}, "A list of paths cannot be taken: put the files into one folder"),
        ({"what": iter(())}, "Images of type tuple_iterator cannot be taken"),
        ({"what": "shapes", "networks": {"G": nn.Identity()}}, "give a pair"),
        ({"what": "shapes", "networks": {"G": 1, "D": 2}}, "networks\\['G'\\] is a int"),
        ({"what": "shapes", "channels": 3, "image_size": 16, "networks": pair(1)}, r"this run needs \(2, 3, 16, 16\)"),
        ({"what": "shapes", "family": "cyclegan", "networks": pair()}, "networks is for"),
    ],
)
def test_what_does_not_fit_is_named_before_anything_is_asked_for(call: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        train(**call)


def test_all_that_is_wrong_comes_at_once() -> None:
    with pytest.raises(Mistakes) as error:
        train("shapes", image_size=30, device="cuda:7")
    assert len(error.value.sentences) == 2


def test_images_in_memory_reach_no_other_process() -> None:
    data = Dataset.from_tensors(torch.rand(12, 1, 16, 16))
    list(train(data, family="gan", **TINY))
    with pytest.raises(ValueError, match=r"in the memory of this process alone: train it here with ganlab\.train"):
        ganlab.launch(TrainConfig.of("gan", dataset=data.name))


def test_another_data_set_does_not_take_a_name_that_is_taken() -> None:
    with pytest.raises(ValueError, match="another data set named 'shapes'"):
        train(Dataset.from_tensors(torch.rand(3, 16, 16), name="shapes"))


def test_every_public_name_is_listed_and_found() -> None:
    assert set(ganlab.__all__) <= set(dir(ganlab))
    assert all(getattr(ganlab, name) is not None for name in ganlab.__all__)


def test_networks_that_take_another_z_are_refused_with_its_size(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"networks\['G'\] cannot take z \(2, 64\), of z_dim = 64"):
        train(torch.rand(6, 1, 16, 16), networks=pair(), z_dim=64)
    with pytest.raises(ValueError, match=rf"write reference='{tmp_path}' to compare with it"):
        ganlab.evaluate("shapes-quick", str(tmp_path))


def test_what_a_notebook_prints_is_short() -> None:
    for thing in (*ganlab.FAMILIES.values(), *ganlab.DATASETS.values(), *ganlab.RECIPES.values()):
        assert repr(thing).startswith(f"<{type(thing).__name__} ") and len(repr(thing)) < 250
    assert repr(Status("finished", 3, 3, seconds=2.0)) == "Status(state='finished', step=3, steps=3, seconds=2.0)"
    assert repr(Loading("building")) == "Loading(phase='building')"
