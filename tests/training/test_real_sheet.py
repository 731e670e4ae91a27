"""Real images beside the sheets: as many, with the same labels, none twice where there are enough."""

from __future__ import annotations

import torch
from hypothesis import given
from hypothesis import strategies as st

from ganlab.core.types import Conditioning, DataSpec
from ganlab.data.dataset import Dataset
from ganlab.training.adversarial import sheet_inputs
from ganlab.training.real_sheet import real_sheet
from tests.support.small import small


def dataset(labels: list[int], size: int = 8) -> Dataset:
    """Images whose every pixel is their place."""
    images = torch.arange(len(labels), dtype=torch.uint8).view(-1, 1, 1, 1).expand(-1, 1, size, size)
    return Dataset("some", images, torch.tensor(labels), ("a", "b", "c"))


@given(st.lists(st.integers(0, 2), min_size=1, max_size=200), st.integers(1, 30), st.integers(0, 5))
def test_columns_are_classes_and_few_images_come_again(labels: list[int], samples: int, seed: int) -> None:
    config, spec = small("cgan", samples=samples, seed=seed), DataSpec(8, 1, Conditioning.LABEL, 3)
    found = real_sheet(dataset(labels), spec, config)
    z, wanted, columns = sheet_inputs(samples, 1, seed, spec)
    assert found is not None and wanted is not None and (len(found.images), found.columns) == (len(z), columns)
    places = found.images[:, 0, 0, 0].tolist()
    for label in range(3):
        here = [place for place, asked in zip(places, wanted.tolist(), strict=True) if asked == label]
        if label in labels:
            assert {labels[place] for place in here} <= {label}
            assert len(set(here)) == min(len(here), labels.count(label))


def test_without_labels_they_are_random_and_cut_from_the_middle() -> None:
    found = real_sheet(dataset([0] * 50, size=10), DataSpec(8, 1), small(samples=16))
    assert found is not None and found.images.shape == (16, 1, 8, 8)
    places = found.images[:, 0, 0, 0].tolist()
    assert len(set(places)) == 16 and places != sorted(places)


def test_sheets_that_show_real_images_need_no_other() -> None:
    assert real_sheet(dataset([0]), DataSpec(8, 1, Conditioning.PAIRED), small("pix2pix")) is None
