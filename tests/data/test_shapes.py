"""`shapes`: the same for ever, at any size, every class like itself and unlike the others."""

import time
from hashlib import blake2b

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ganlab.core.types import Conditioning
from ganlab.data import DATASETS
from ganlab.data.sets.shape_fields import FIELDS
from ganlab.data.sets.shapes import MAX_PIXELS, NAMES, TEST_IMAGES, TRAIN_IMAGES, how_many, render
from tests.support.loading import loaded


@settings(deadline=None, max_examples=30)
@given(
    index=st.integers(0, 2**40),
    others=st.lists(st.integers(0, 2**40), max_size=9),
    size=st.integers(8, 70),
    channels=st.sampled_from([1, 3]),
    style=st.sampled_from(["filled", "outline", "striped"]),
)
def test_an_image_is_a_function_of_its_index_alone(index: int, others: list[int], size: int, channels: int, style: str) -> None:
    alone = render(np.array([index]), size, channels, style)[0]
    among = render(np.array([*others, index, *others]), size, channels, style)[len(others)]
    assert alone.shape == (size, size, channels)
    assert np.array_equal(alone, among)


def test_images_are_the_same_as_ever() -> None:
    digest = blake2b(digest_size=8)
    for style in ("filled", "outline", "striped"):
        for channels in (1, 3):
            digest.update(render(np.arange(40), 28, channels, style).tobytes())
    assert digest.hexdigest() == "95fd2a91d2da3b43", "Shapes have changed: runs and published numbers on them no longer compare."


def test_all_classes_are_balanced_and_named() -> None:
    data = loaded("shapes")
    assert data.images.shape == (TRAIN_IMAGES, 3, 28, 28)
    assert data.labels is not None
    assert data.labels.bincount().tolist() == [TRAIN_IMAGES // 10] * 10
    assert data.label_names == NAMES
    assert len(set(NAMES)) == 10


def test_train_and_test_images_are_different() -> None:
    def seen(split: str) -> set[bytes]:
        return set(map(bytes, loaded("shapes", image_size=16, split=split).images.numpy()))

    train, test = seen("train"), seen("test")
    assert len(train) == TRAIN_IMAGES
    assert len(test) == TEST_IMAGES
    assert not train & test


@pytest.mark.parametrize("name", NAMES)
def test_a_shape_lies_inside_its_image_and_is_bright_on_dark(name: str) -> None:
    images = render(np.arange(NAMES.index(name), 2000, 10), 56, 1)[..., 0]
    border = np.concatenate([images[:, 0], images[:, -1], images[:, :, 0], images[:, :, -1]], axis=1)
    assert border.max() < 128  # at most a grazing edge
    covered = (images > 100).mean(axis=(1, 2))
    assert 0.03 < covered.min() < covered.max() < 0.6
    colour = render(np.arange(NAMES.index(name), 500, 10), 32, 3)
    assert (colour.max(axis=(1, 2)).max(axis=1) > 200).all()


@pytest.mark.parametrize("name", NAMES)
def test_fields_are_distances(name: str) -> None:
    field, _ = FIELDS[name]
    axis = np.linspace(-1.2, 1.2, 241, dtype=np.float32)
    x, y = axis[None, None, :], -axis[None, :, None]
    distance = field(x + 0 * y, y + 0 * x, np.full((1, 1, 1), 0.5, dtype=np.float32))[0]
    assert distance.dtype == np.float32
    slope = np.hypot(*np.gradient(distance, 0.01))
    at_the_edge = abs(distance) < 0.05
    assert 0.9 < np.median(slope[at_the_edge]) < 1.1
    assert distance[120, 60:180].min() < 0 < distance[0].min()


def test_a_simple_reader_tells_the_classes_apart() -> None:
    """The nearest class mean of the centred, scaled mask: weak, so the classes must be clear."""

    def masks(first: int, count: int) -> np.ndarray:
        result = []
        for image in render(np.arange(first, first + count), 40, 1)[..., 0] > 90:
            rows, columns = np.flatnonzero(image.any(1)), np.flatnonzero(image.any(0))
            part = torch.from_numpy(image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]).float()
            result.append(torch.nn.functional.interpolate(part[None, None], (16, 16), mode="area")[0, 0].numpy())
        return np.stack(result)

    known, asked = masks(0, 1000), masks(5000, 500)
    means = np.stack([known[label::10].mean(0) for label in range(10)])
    guesses = ((asked[:, None] - means) ** 2).sum((2, 3)).argmin(1)
    assert (guesses == np.arange(500) % 10).mean() > 0.9


def test_an_outline_is_the_edge_of_its_filled_shape() -> None:
    data = loaded("shapes", conditioning=Conditioning.PAIRED, image_size=48, channels=1)
    assert data.sources is not None
    assert data.sources.shape == data.images.shape
    filled, outline = data.images[:500, 0].float(), data.sources[:500, 0].float()
    assert (outline <= filled + 1).all()
    assert ((outline > 100).sum((1, 2)) > 20).all()
    assert ((outline > 100).float().sum() / (filled > 100).float().sum()) < 0.6


def test_the_two_domains_are_plain_and_striped_and_share_no_shape() -> None:
    data = loaded("shapes", conditioning=Conditioning.UNPAIRED, channels=1)
    assert data.sources is not None
    plain = loaded("shapes", channels=1).images
    assert not torch.equal(data.sources[:100], plain[:100])
    inside = plain[:100] > 180
    assert data.images[:100][inside].float().std() > 2 * plain[:100][inside].float().std()
    assert ((data.images > 60) == (plain > 60)).float().mean() > 0.97  # the striped shapes are those of the plain set


@pytest.mark.parametrize("size", [8, 28, 33, 256])
def test_every_size(size: int) -> None:
    for channels in (1, 3):
        images = render(np.arange(10), size, channels)
        assert images.shape == (10, size, size, channels)
        assert len(set(map(bytes, images))) == 10


def test_ten_thousand_take_about_a_second() -> None:
    start = time.perf_counter()
    render(np.arange(10_000), 28, 1)
    assert time.perf_counter() - start < 5  # 0.3 s on an idle core


@pytest.mark.parametrize(
    ("size", "count"), [(8, 10_000), (28, 10_000), (64, 10_000), (81, 10_000), (128, 4_090), (256, 1_020), (512, 250)]
)
def test_large_shapes_are_fewer(size: int, count: int) -> None:
    """Drawing them takes seconds, not minutes, and there are as many of every shape."""
    assert how_many(size) == DATASETS["shapes"].count(size, Conditioning.NONE) == count
    assert count * size**2 <= MAX_PIXELS
    assert count % len(NAMES) == 0


@pytest.mark.parametrize("conditioning", Conditioning)
@pytest.mark.parametrize("split", ["train", "test"])
def test_the_first_few_are_those_of_the_whole(conditioning: Conditioning, split: str) -> None:
    whole, few = (loaded("shapes", image_size=16, conditioning=conditioning, split=split, limit=limit) for limit in (0, 7))
    assert len(few.images) == 7
    assert few.label_names == NAMES
    for name in ("images", "labels", "sources"):
        some, all_ = getattr(few, name), getattr(whole, name)
        assert (some is None) == (all_ is None)
        assert some is None or torch.equal(some, all_[:7])
