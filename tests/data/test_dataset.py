"""A loaded data set: what networks must know of it, and its first images."""

import torch

from ganlab.core.types import Conditioning, DataSpec
from ganlab.data.dataset import Dataset


def tiny(count: int = 7, side: int = 4) -> Dataset:
    images = torch.arange(count, dtype=torch.uint8).view(-1, 1, 1, 1).repeat(1, 3, side, side)
    return Dataset("tiny", images, torch.arange(count) % 3, ("a", "b", "c"), images.flip(0))


def test_the_spec_of_a_set() -> None:
    data = tiny(side=4)
    assert data.spec(Conditioning.NONE) == DataSpec(4, 3)
    assert data.spec(Conditioning.LABEL) == DataSpec(4, 3, Conditioning.LABEL, 3)


def test_the_first_images_keep_their_labels_and_sources() -> None:
    first = tiny(7).first(2)
    assert first.images[:, 0, 0, 0].tolist() == [0, 1] and first.label_names == ("a", "b", "c")
    assert first.labels is not None and first.labels.tolist() == [0, 1]
    assert first.sources is not None and first.sources[:, 0, 0, 0].tolist() == [6, 5]


def test_names_are_lines_that_every_screen_can_take() -> None:
    images = torch.zeros(2, 3, 4, 4, dtype=torch.uint8)
    data = Dataset("tiny", images, torch.arange(2), ("\x1b[2J", "a\nb"), domains=("horse\r", "zebra"))
    assert data.label_names == ("\\x1b[2J", "a\\x0ab") and data.domains == ("horse\\x0d", "zebra")
    assert data.first(1).label_names == data.label_names, "once"
