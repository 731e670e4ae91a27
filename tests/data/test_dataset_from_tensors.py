"""Images of a program's own as a data set: every layout and range that is told apart, and sentences for all others."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from ganlab.data import DATASETS
from ganlab.data.dataset import Dataset


@given(
    st.integers(1, 3),
    st.sampled_from([1, 3]),
    st.integers(4, 9),
    st.sampled_from(["uint8", "int", "unit", "signed"]),
    st.booleans(),
)
def test_all_layouts_and_ranges_mean_the_same_bytes(count: int, channels: int, side: int, kind: str, last: bool) -> None:
    expected = torch.randint(0, 256, (count, channels, side, side), dtype=torch.uint8)
    expected[0, 0, 0, 0] = 0  # a black pixel: floats in [-1, 1] are recognised by it
    given = {"uint8": expected, "int": expected.int(), "unit": expected / 255, "signed": expected / 127.5 - 1}[kind]
    made = Dataset.from_tensors((given.permute(0, 2, 3, 1) if last else given).numpy())
    assert torch.equal(made.images, expected)
    if channels == 1:
        assert torch.equal(Dataset.from_tensors(given[:, 0]).images, expected)


class Items(torch.utils.data.Dataset[Any]):
    """A data set of PyTorch: pictures of PIL or tensors, with a class number."""

    classes = ("cat", "dog", "fox")

    def __init__(self, images: torch.Tensor, pil: bool) -> None:
        self.images, self.pil = images, pil

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: int) -> tuple[Any, int]:
        one = self.images[index]
        return (Image.fromarray(one.permute(1, 2, 0).numpy()) if self.pil else one), index % 3


@pytest.mark.parametrize("pil", [False, True])
def test_lists_data_sets_and_loaders_of_pytorch(pil: bool) -> None:
    images = torch.randint(0, 256, (6, 3, 8, 8), dtype=torch.uint8)
    items = Items(images, pil)
    for loaded in (items, torch.utils.data.DataLoader(items, 4)):
        made = Dataset.from_tensors(loaded)
        assert torch.equal(made.images, images) and made.label_names == items.classes
        assert made.labels is not None and made.labels.tolist() == [0, 1, 2, 0, 1, 2] and len(made) == 6
    assert torch.equal(Dataset.from_tensors([items[index][0] for index in range(6)]).images, images)
    assert repr(made).endswith(": 6 images, 8 px, colour, 3 classes>")


def test_a_name_comes_from_the_content() -> None:
    images = torch.rand(3, 8, 8)
    one, same, other = (Dataset.from_tensors(given).name for given in (images, images.clone(), images.flip(0)))
    assert one == same != other and one.startswith("own-")


@pytest.mark.parametrize(
    ("images", "labels", "words"),
    [
        ([], None, "have shape"),
        ("pictures", None, "Images of type str cannot be taken"),
        (3, None, "Images of type int cannot be taken"),
        ([torch.rand(3, 8, 8), torch.rand(3, 9, 9)], None, "differ in size: save them into a folder"),
        ([{}], None, "The items are of type dict, no pictures"),
        (torch.rand(3, 2, 8, 8), None, "C 1 .grey. or 3"),
        (torch.rand(3, 1, 8, 9), None, "square"),
        (torch.full((1, 8, 8), float("nan")), None, "hold nan"),
        (torch.full((1, 8, 8), 1.5), None, "hold 1.5 to 1.5"),
        (torch.full((1, 8, 8), 256), None, "whole numbers must be 0 to 255"),
        (torch.rand(3, 8, 8), torch.tensor([0, 1]), "one whole number for each image"),
        (torch.rand(2, 8, 8), torch.tensor([0.0, 1.0]), "one whole number for each image"),
        (torch.rand(2, 8, 8), ["cat", "dog"], "The labels are no numbers: number the classes from 0, and name them"),
        (torch.rand(2, 8, 8), torch.tensor([-1, 1]), "number the classes from 0"),
    ],
)
def test_what_does_not_fit_is_named(images: Any, labels: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Dataset.from_tensors(images, labels)


def test_labels_beyond_their_names_are_named() -> None:
    with pytest.raises(ValueError, match="from 0 to 1"):
        Dataset.from_tensors(torch.rand(2, 8, 8), torch.tensor([0, 2]), label_names=["a", "b"])


def test_a_named_data_set_loads_itself() -> None:
    data = DATASETS["shapes"].load(16, limit=20)
    assert data.images.shape == (20, 3, 16, 16) and data.labels is not None and len(data.label_names) == 10
    assert DATASETS["shapes"].load(16, channels=1, labels=False, split="test", limit=3).images.shape == (3, 1, 16, 16)


def test_a_torch_data_set_without_labels_is_taken() -> None:
    images = torch.rand(6, 3, 8, 8)
    for held in (torch.utils.data.TensorDataset(images), torch.utils.data.DataLoader(torch.utils.data.TensorDataset(images), 4)):
        made = Dataset.from_tensors(held)
        assert torch.equal(made.images, Dataset.from_tensors(images).images) and made.labels is None
