"""Batches: seeded, endless, resumable, the same order everywhere."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ganlab.core import Batch, Conditioning, DataSpec
from ganlab.data import Batches, DataError, dataset
from ganlab.data.dataset import Dataset

SIDE = 4
KINDS = list(Conditioning)


def numbered(count: int, channels: int = 1, first: int = 0) -> torch.Tensor:
    """Image i is filled with first + i, and its left column is one higher: flips show."""
    images = torch.arange(first, first + count, dtype=torch.uint8).view(-1, 1, 1, 1).repeat(1, channels, SIDE, SIDE)
    images[..., 0] += 1
    return images


def tiny(count: int = 7, sources: int = 7, channels: int = 1) -> Dataset:
    labels = torch.arange(count) % 3
    return Dataset("tiny", numbered(count, channels), labels, ("a", "b", "c"), numbered(sources, 3, first=100))


def levels(images: torch.Tensor) -> list[int]:
    """Which numbered images these are, flipped or not."""
    return ((images[:, 0, :, 1] + 1) * 127.5).round().int()[:, 0].tolist()


def mirrored(images: torch.Tensor) -> list[bool]:
    return (images[:, 0, 0, -1] > images[:, 0, 0, 1]).tolist()


def assert_same(one: Batch, two: Batch) -> None:
    assert torch.equal(one.real, two.real)
    if one.condition is None:
        assert two.condition is None
    else:
        assert two.condition is not None
        assert torch.equal(one.condition, two.condition)


@settings(deadline=None)
@given(
    count=st.integers(1, 9),
    batch_size=st.integers(1, 12),
    steps=st.integers(0, 6),
    seed=st.integers(0, 2**31 - 1),
    flip=st.booleans(),
    conditioning=st.sampled_from(KINDS),
)
def test_going_on_equals_not_having_stopped(
    count: int, batch_size: int, steps: int, seed: int, flip: bool, conditioning: Conditioning
) -> None:
    data = tiny(count, count)
    whole = Batches(data, conditioning, batch_size, seed, "cpu", flip=flip)
    for _ in range(steps):
        next(whole)
    resumed = Batches(data, conditioning, batch_size, seed, "cpu", flip=flip, position=whole.position)
    assert whole.position == steps * batch_size
    for _ in range(3):
        assert_same(next(whole), next(resumed))
    assert whole.position == resumed.position


@settings(deadline=None)
@given(count=st.integers(1, 9), batch_size=st.integers(1, 12), epochs=st.integers(1, 4), seed=st.integers(0, 99))
def test_every_image_comes_once_an_epoch(count: int, batch_size: int, epochs: int, seed: int) -> None:
    batches = Batches(tiny(count), Conditioning.NONE, batch_size, seed, "cpu")
    drawn: list[int] = []
    while len(drawn) < count * epochs:
        batch = next(batches).real
        assert batch.shape == (batch_size, 1, SIDE, SIDE)
        drawn += levels(batch)
    for epoch in range(epochs):
        assert sorted(drawn[epoch * count : (epoch + 1) * count]) == list(range(count))


def test_the_order_does_not_depend_on_the_batch_size_and_does_on_seed_and_epoch() -> None:
    def order(batch_size: int, seed: int) -> list[int]:
        batches = Batches(tiny(50), Conditioning.NONE, batch_size, seed, "cpu")
        return [level for _ in range(100 // batch_size) for level in levels(next(batches).real)]

    assert order(10, 1) == order(4, 1)
    assert order(10, 1) != order(10, 2)
    assert order(50, 1)[:50] != order(50, 1)[50:]
    assert order(10, 1)[:8] == [27, 46, 9, 10, 34, 45, 47, 38]  # the same on every machine, or old runs could not resume


def test_pixels_become_floats_from_minus_one_to_one() -> None:
    ramp = torch.arange(256, dtype=torch.uint8).view(1, 1, 16, 16)
    batch = next(Batches(Dataset("ramp", ramp), Conditioning.NONE, 1, 0, "cpu")).real
    assert batch.dtype == torch.float32
    assert torch.equal(batch, ramp / 127.5 - 1)
    assert (batch.min(), batch.max()) == (-1, 1)


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_colour_comes_channels_last_whatever_the_data_had(layout: torch.memory_format) -> None:
    images = torch.randint(0, 256, (5, 3, 6, 6), dtype=torch.uint8)
    real = next(Batches(Dataset("x", images.contiguous(memory_format=layout)), Conditioning.NONE, 5, 3, "cpu")).real
    assert real.is_contiguous(memory_format=torch.channels_last)
    assert sorted(map(bytes, ((real + 1) * 127.5).round().byte().numpy())) == sorted(map(bytes, images.numpy()))


def test_what_the_condition_holds() -> None:
    def first(conditioning: Conditioning) -> Batch:
        return next(Batches(tiny(9, 9), conditioning, 9, 5, "cpu"))

    assert first(Conditioning.NONE).condition is None
    labelled = first(Conditioning.LABEL)
    assert labelled.condition is not None
    assert labelled.condition.dtype == torch.int64
    assert labelled.condition.tolist() == [level % 3 for level in levels(labelled.real)]
    paired = first(Conditioning.PAIRED)
    assert paired.condition is not None
    assert paired.condition.shape == (9, 3, SIDE, SIDE)
    assert levels(paired.condition) == [100 + level for level in levels(paired.real)]
    unpaired = first(Conditioning.UNPAIRED)
    assert unpaired.condition is not None
    assert levels(unpaired.condition) != [100 + level for level in levels(unpaired.real)]
    assert sorted(levels(unpaired.condition)) == list(range(100, 109))


def test_unpaired_domains_have_their_own_sizes() -> None:
    batches = Batches(tiny(5, 3), Conditioning.UNPAIRED, 15, 0, "cpu")
    batch = next(batches)
    assert batch.condition is not None
    assert sorted(levels(batch.real)) == sorted(list(range(5)) * 3)
    assert sorted(levels(batch.condition)) == sorted([100, 101, 102] * 5)


def test_half_are_mirrored_pairs_alike_domains_apart() -> None:
    def flips(conditioning: Conditioning) -> tuple[list[bool], list[bool]]:
        batch = next(Batches(tiny(99, 99), conditioning, 400, 1, "cpu", flip=True))
        assert batch.condition is not None
        return mirrored(batch.real), mirrored(batch.condition)

    real, source = flips(Conditioning.PAIRED)
    assert 150 < sum(real) < 250
    assert real == source
    real, source = flips(Conditioning.UNPAIRED)
    assert real != source
    assert not any(mirrored(next(Batches(tiny(99), Conditioning.NONE, 99, 1, "cpu")).real))


def test_flipping_does_not_change_the_order() -> None:
    plain, flipped = (next(Batches(tiny(9), Conditioning.NONE, 9, 4, "cpu", flip=flip)).real for flip in (False, True))
    assert levels(plain) == levels(flipped)


def test_a_set_too_big_for_the_device_streams_the_same_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    for conditioning in KINDS:
        resident = next(Batches(tiny(9, 9), conditioning, 20, 2, "cpu", flip=True))
        with monkeypatch.context() as patch:
            patch.setattr(dataset, "RESIDENT_BYTES", 10)
            assert_same(resident, next(Batches(tiny(9, 9), conditioning, 20, 2, "cpu", flip=True)))


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
@pytest.mark.parametrize("resident", [2**30, 10])
def test_a_gpu_sees_the_same_batches(resident: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dataset, "RESIDENT_BYTES", resident)
    for conditioning in KINDS:
        here, there = (next(Batches(tiny(9, 9, 3), conditioning, 20, 2, device, flip=True)) for device in ("cpu", "cuda"))
        assert there.real.is_cuda
        assert_same(here, Batch(there.real.cpu(), None if there.condition is None else there.condition.cpu()))


def test_the_spec_of_a_set() -> None:
    data = tiny(channels=3)
    assert data.spec(Conditioning.NONE) == DataSpec(SIDE, 3)
    assert data.spec(Conditioning.LABEL) == DataSpec(SIDE, 3, Conditioning.LABEL, 3)


@pytest.mark.parametrize(
    ("data", "conditioning", "message"),
    [
        (Dataset("x", numbered(0)), Conditioning.NONE, "holds no images"),
        (Dataset("x", numbered(3)), Conditioning.LABEL, "has no labels"),
        (Dataset("x", numbered(3)), Conditioning.PAIRED, "without source images"),
        (tiny(3, 4), Conditioning.PAIRED, "4 sources for 3 images"),
        (tiny(3, 0), Conditioning.UNPAIRED, "without source images"),
    ],
)
def test_data_that_does_not_fit_is_refused(data: Dataset, conditioning: Conditioning, message: str) -> None:
    with pytest.raises(DataError, match=message):
        Batches(data, conditioning, 2, 0, "cpu")
