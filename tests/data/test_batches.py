"""Batches: seeded, endless, resumable, the same order everywhere."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ganlab.core.errors import DataError
from ganlab.core.types import Batch, Conditioning
from ganlab.data import Batches
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
            patch.setattr("ganlab.data.batches.RESIDENT_BYTES", 10)
            assert_same(resident, next(Batches(tiny(9, 9), conditioning, 20, 2, "cpu", flip=True)))


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
@pytest.mark.parametrize("resident", [2**30, 10])
def test_a_gpu_sees_the_same_batches(resident: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ganlab.data.batches.RESIDENT_BYTES", resident)
    for conditioning in KINDS:
        both = (Batches(tiny(9, 9, 3), conditioning, 20, 2, device, flip=True, crop=3) for device in ("cpu", "cuda"))
        here, there = map(next, both)
        assert there.real.is_cuda
        assert_same(here, Batch(there.real.cpu(), None if there.condition is None else there.condition.cpu()))


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


# -- Random crops -----------------------------------------------------------------------------------------------------------

WIDE, CROP = 9, 5


def located(count: int, first: int = 0) -> torch.Tensor:
    """(N, 3, WIDE, WIDE): every pixel tells its image, its row and its column."""
    here = torch.arange(WIDE, dtype=torch.uint8)
    images = torch.empty(count, 3, WIDE, WIDE, dtype=torch.uint8)
    images[:, 0] = torch.arange(first, first + count, dtype=torch.uint8).view(-1, 1, 1)
    images[:, 1], images[:, 2] = here.view(1, -1, 1), here.view(1, 1, -1)
    return images


def placeable(count: int = 7, sources: int = 7) -> Dataset:
    return Dataset("placeable", located(count), torch.arange(count) % 3, ("a", "b", "c"), located(sources, first=100))


def windows(images: torch.Tensor) -> list[tuple[int, int, int, bool]]:
    """(image, top, left, mirrored) of each; fails for what is no window."""
    found = []
    for image in ((images + 1) * 127.5).round().byte():
        number, top, flipped = int(image[0, 0, 0]), int(image[1, 0, 0]), bool(image[2, 0, 0] > image[2, 0, -1])
        image = image.flip(-1) if flipped else image
        left = int(image[2, 0, 0])
        assert torch.equal(image, located(1, number)[0, :, top : top + CROP, left : left + CROP])
        found.append((number, top, left, flipped))
    return found


@pytest.mark.parametrize("flip", [False, True])
def test_a_crop_is_a_window_of_its_image_anywhere_in_it(flip: bool) -> None:
    batch = next(Batches(placeable(), Conditioning.NONE, 700, 3, "cpu", flip=flip, crop=CROP))
    assert batch.real.shape == (700, 3, CROP, CROP)
    seen = windows(batch.real)
    assert [number for number, *_ in seen] == levels_of(placeable(), 700, 3)
    room = range(WIDE - CROP + 1)
    assert {(top, left) for _, top, left, _ in seen} == {(top, left) for top in room for left in room}
    assert {flipped for *_, flipped in seen} == {False, flip}


def levels_of(data: Dataset, count: int, seed: int) -> list[int]:
    """The images that come without crops."""
    return ((next(Batches(data, Conditioning.NONE, count, seed, "cpu")).real[:, 0, 0, 0] + 1) * 127.5).round().int().tolist()


def test_a_pair_is_cut_at_one_place_and_domains_each_at_their_own() -> None:
    def cuts(conditioning: Conditioning) -> tuple[list[tuple[int, int, int, bool]], ...]:
        batch = next(Batches(placeable(99, 99), conditioning, 300, 5, "cpu", flip=True, crop=CROP))
        assert batch.condition is not None
        return windows(batch.real), windows(batch.condition)

    real, source = cuts(Conditioning.PAIRED)
    assert [(100 + number, *cut) for number, *cut in real] == source
    real, source = cuts(Conditioning.UNPAIRED)
    same = sum(one[1:] == other[1:] for one, other in zip(real, source, strict=True))
    assert same < 30  # one in fifty by chance


@given(
    count=st.integers(1, 9),
    batch_size=st.integers(1, 12),
    position=st.integers(0, 50),
    flip=st.booleans(),
    crop=st.integers(1, WIDE),
    conditioning=st.sampled_from(KINDS),
)
def test_crops_go_on_where_they_stopped(
    count: int, batch_size: int, position: int, flip: bool, crop: int, conditioning: Conditioning
) -> None:
    """From any position, not only the end of a batch, and whatever the batch size was until then."""
    data = placeable(count, count + 2 if conditioning is Conditioning.UNPAIRED else count)
    one_by_one = Batches(data, conditioning, 1, 8, "cpu", flip=flip, crop=crop)
    for _ in range(position):
        next(one_by_one)
    resumed = next(Batches(data, conditioning, batch_size, 8, "cpu", flip=flip, crop=crop, position=position))
    singles = [next(one_by_one) for _ in range(batch_size)]
    conditions = [single.condition for single in singles if single.condition is not None]
    assert_same(Batch(torch.cat([single.real for single in singles]), torch.cat(conditions) if conditions else None), resumed)


def test_a_crop_of_the_whole_is_the_whole() -> None:
    for conditioning in KINDS:
        plain, cut = (next(Batches(placeable(), conditioning, 20, 2, "cpu", flip=True, crop=crop)) for crop in (0, WIDE))
        assert_same(plain, cut)


def test_pairs_that_lie_beside_each_other_in_memory_stream_and_crop_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    """Decoded pairs are (N, 2, S, S, C) and stay views of it: nothing is copied."""
    whole = placeable(9, 9)
    assert whole.sources is not None
    sources, images = torch.stack([whole.sources, whole.images]).permute(1, 0, 3, 4, 2).contiguous().permute(1, 0, 4, 2, 3)
    beside = Dataset("beside", images, None, (), sources)
    wanted = next(Batches(whole, Conditioning.PAIRED, 20, 2, "cpu", flip=True, crop=CROP))
    batches = Batches(beside, Conditioning.PAIRED, 20, 2, "cpu", flip=True, crop=CROP)
    assert batches._real._rows.data_ptr() == images.data_ptr()
    assert_same(wanted, next(batches))
    monkeypatch.setattr("ganlab.data.batches.RESIDENT_BYTES", 10)
    assert_same(wanted, next(Batches(beside, Conditioning.PAIRED, 20, 2, "cpu", flip=True, crop=CROP)))
