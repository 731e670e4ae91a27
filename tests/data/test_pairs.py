"""Pairs and domains: `facades`, `horse2zebra` and one's own, in every layout they come in."""

import io
import random
import sys
import unicodedata
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from ganlab.core.deep_pixels import SIXTEEN
from ganlab.core.errors import DataError
from ganlab.core.images import png
from ganlab.core.remarks import Remark
from ganlab.core.types import Conditioning
from ganlab.data import DATASETS, Batches, cache, data_root, load
from ganlab.data.dataset import Dataset
from ganlab.data.files import domain_folders as placing
from ganlab.data.files.collect import ImageFile
from tests.support.folders import Place, fill, picture, placed, zipped
from tests.support.hub_tables import hub
from tests.support.loading import drain, loaded

PAIRED, UNPAIRED = Conditioning.PAIRED, Conditioning.UNPAIRED


@pytest.fixture(params=["folder", "zip"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """Files by name -> a folder or a zip that holds them."""
    return placed(request.param, tmp_path)


def side_by_side(left: int, right: int, size: tuple[int, int] = (40, 20), kind: str = "PNG") -> bytes:
    """Two grey levels in one colour picture."""
    whole = Image.new("RGB", size, (left,) * 3)
    whole.paste((right,) * 3, (size[0] // 2, 0, *size))
    buffer = io.BytesIO()
    whole.save(buffer, kind)
    return buffer.getvalue()


def levels(images: torch.Tensor) -> list[int]:
    """The grey level in the middle of each image."""
    return images[:, 0, images.shape[2] // 2, images.shape[3] // 2].tolist()


def both(data: Dataset) -> tuple[list[int], list[int]]:
    assert data.sources is not None
    assert data.images.shape[1:] == data.sources.shape[1:]
    return levels(data.sources), levels(data.images)


def test_names_that_macos_took_apart_make_pairs(place: Place) -> None:
    names = ["강아지", "café", "plain"]
    files = {f"A/{name}.png": picture(9 + i) for i, name in enumerate(names)}
    files |= {f"B/{unicodedata.normalize('NFD', name)}.png": picture(99 + i) for i, name in enumerate(names)}
    data = own(place(files), PAIRED)
    assert sorted(zip(*both(data), strict=True)) == [(9, 99), (10, 100), (11, 101)]


def own(path: str, conditioning: Conditioning, **wanted: int | str) -> Dataset:
    return loaded("folder", data_path=path, conditioning=conditioning, image_size=8, **wanted)


# -- Side by side -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("prefix", ["", "around/", "train/", "around/train/"])
def test_the_left_half_is_the_source(place: Place, prefix: str) -> None:
    data = own(place({f"{prefix}{i}.png": side_by_side(i, 100 + i) for i in range(3)}), PAIRED)
    assert both(data) == ([0, 1, 2], [100, 101, 102])
    assert data.images.shape == (3, 3, 8, 8)


def test_the_parts_of_pairs_are_told_apart_and_the_training_part_stands_in(place: Place) -> None:
    files = {"train/0.png": side_by_side(1, 2), "train/1.png": side_by_side(3, 4), "val/0.png": side_by_side(5, 6)}
    path = place(files)
    assert both(own(path, PAIRED)) == ([1, 3], [2, 4])
    assert both(own(path, PAIRED, split="test")) == ([5], [6])


@pytest.mark.parametrize("conditioning", [PAIRED, UNPAIRED])
def test_training_images_stand_in_for_a_missing_test_part(place: Place, conditioning: Conditioning) -> None:
    path = place({f"train{side}/{i}.png": picture((level + i,) * 3) for side, level in (("A", 0), ("B", 100)) for i in range(5)})
    steps = load("folder", data_path=path, conditioning=conditioning, image_size=8, split="test", limit=2)
    data, events = drain(steps)
    assert both(data) == ([0, 1], [100, 101])
    assert events[-1].remarks == (Remark("no_test_part"),)


@given(width=st.integers(20, 90), height=st.integers(20, 45))
def test_both_halves_are_cut_alike(width: int, height: int) -> None:
    """A picture beside itself gives two equal images, whatever the sizes; too far from twice as wide as high gives none."""
    from ganlab.data.files.pairs import _halves

    half = np.random.default_rng(width * 100 + height).integers(0, 256, (height, width // 2, 3), dtype=np.uint8)
    gap = np.zeros((height, width % 2, 3), dtype=np.uint8)
    data = png(Image.fromarray(np.concatenate([half, gap, half], axis=1)))
    file = ImageFile(("x.png",), len(data), lambda: data)
    if abs(width / height - 2) > 0.1:
        with pytest.raises(ValueError, match=r"^x\.png: A pair in one file is twice as wide as high, this is .* times"):
            _halves((file,), 16, SIXTEEN)
    else:
        left, right = _halves((file,), 16, SIXTEEN)
        assert left.size == right.size == (16, 16)
        assert np.array_equal(np.asarray(left), np.asarray(right))


def test_what_is_no_pair_is_skipped_and_counted(place: Place) -> None:
    files = {"0.png": picture(9, size=(30, 20)), "1.png": side_by_side(1, 2), "2.png": b"junk"}
    path = place(files)
    for _ in ("decoded", "recalled"):
        data, events = drain(load("folder", data_path=path, conditioning=PAIRED, image_size=8))
        assert both(data) == ([1], [2])
        shape, damaged = events[-1].remarks
        assert (shape.kind, shape.count, shape.total, shape.names) == ("shape", 1, 3, ("0.png",))
        assert "this is 1.50 times" in shape.detail
        assert (damaged.kind, damaged.names) == ("damaged", ("2.png",))


def test_photos_are_no_pairs(real_data_folder: Path) -> None:
    with pytest.raises(
        DataError, match=r"^None of the 67 files in photos is a usable pair; the first: .* twice as wide as high"
    ) as caught:
        own(str(real_data_folder / "photos"), PAIRED)
    assert str(caught.value).endswith("or put the pictures into two folders called A and B.")


# -- Two folders ------------------------------------------------------------------------------------------------------------

LAYOUTS = [
    ("A/", "B/"),
    ("a/", "b/"),
    ("trainA/", "trainB/"),
    ("x/train_a/", "x/train_b/"),
    ("train/A/", "train/B/"),
    ("A/train/", "B/train/"),
]


@pytest.mark.parametrize(("a", "b"), LAYOUTS)
def test_equal_names_make_pairs(place: Place, a: str, b: str) -> None:
    files = {f"{a}{name}.jpg": picture((i,) * 3, kind="JPEG") for i, name in enumerate(["one", "two", "in/three", "alone"])}
    files |= {f"{b}{name}.png": picture((100 + i,) * 3) for i, name in enumerate(["one", "two", "in/three"])}
    files |= {f"{b}lonely.png": picture(7), "stray.png": picture(8)}
    data, events = drain(load("folder", data_path=place(files), conditioning=PAIRED, image_size=8))
    assert sorted(zip(*both(data), strict=True)) == [(0, 100), (1, 101), (2, 102)]
    kinds = {remark.kind: remark for remark in events[-1].remarks}
    assert kinds["outside"].names == ("stray.png",)
    assert kinds["no_partner"].names == (f"{a}alone.jpg", f"{b}lonely.png")
    assert kinds["no_partner"].total == len(files)


@pytest.mark.parametrize(("a", "b"), LAYOUTS)
def test_domains_need_no_partners(place: Place, a: str, b: str) -> None:
    files = {f"{a}{i}.png": picture((i,) * 3) for i in range(3)} | {f"{b}{i + 2}.png": picture((100 + i,) * 3) for i in range(5)}
    data = own(place(files | {"stray.png": picture(200)}), UNPAIRED)
    assert both(data) == ([0, 1, 2], [100, 101, 102, 103, 104])


@pytest.mark.parametrize("names", ["trainA trainB testA valB", "train/A train/B test/A val/B", "A/train B/train A/test B/val"])
def test_parts_of_domains(place: Place, names: str) -> None:
    path = place({f"{name}/0.png": picture((level,) * 3) for level, name in enumerate(names.split())})
    for conditioning in (PAIRED, UNPAIRED):
        assert both(own(path, conditioning)) == ([0], [1])
        assert both(own(path, conditioning, split="test")) == ([2], [3])


@given(
    st.lists(
        st.lists(st.sampled_from(["A", "b", "trainA", "test b", "train", "val", "zebra", "data", "x"]), max_size=4), max_size=8
    )
)
def test_no_file_is_in_two_places(folders: list[list[str]]) -> None:
    """Whatever the folders are called: every file once or not at all, a pair's files share part and name."""
    files = [ImageFile((*names, f"{i % 3}.png"), 1, bytes) for i, names in enumerate(folders)]
    placed = placing.place(files)
    found = placed.placed
    assert len(found) + len(placed.outside) == len(files)
    assert [one.file for one in found] == [
        file for file in files if any(name in ("A", "b", "trainA", "test b") for name in file.parts[:-1])
    ]
    parts, alone, _ = placing.matched(found)
    pairs = [item for items in parts.values() for item in items]
    used = {file.parts for item in pairs for file in item}
    assert used.isdisjoint({file.parts for file in alone})
    assert used | {file.parts for file in alone} == {one.file.parts for one in found}
    where = {one.file.parts: one for one in found}
    for part, items in parts.items():
        for a, b in items:
            one, other = where[a.parts], where[b.parts]
            assert (one.domain, other.domain) == ("A", "B")
            assert one.part == other.part == part
            assert one.name == other.name


def test_a_pair_of_two_shapes_is_skipped_and_sizes_may_differ(tmp_path: Path) -> None:
    files = {"A/0.png": picture(1, size=(30, 20)), "B/0.png": picture(2, size=(60, 40))}
    files |= {"A/1.png": picture(3, size=(30, 20)), "B/1.png": picture(4, size=(20, 30))}
    path = str(fill(tmp_path / "p", files))
    data, events = drain(load("folder", data_path=path, conditioning=PAIRED, image_size=8))
    assert both(data) == ([1], [2])
    (remark,) = events[-1].remarks
    assert remark.names == ("A/1.png",)
    assert remark.detail == "A pair has one shape, these are 1.50 and 0.67 times as wide as high."


def test_pairs_and_domains_have_one_number_of_channels(tmp_path: Path) -> None:
    grey = {f"{side}/{i}.png": picture(i) for side in "AB" for i in range(2)}
    path = str(fill(tmp_path / "grey", grey))
    mixed = str(fill(tmp_path / "mixed", {**grey, "B/0.png": picture((255, 0, 0))}))
    for conditioning in (PAIRED, UNPAIRED):
        assert own(path, conditioning).images.shape == (2, 1, 8, 8)
        assert both(own(path, conditioning, channels=3)) == ([0, 1], [0, 1])
        assert both(own(mixed, conditioning)) == ([0, 1], [255, 1])  # colour, for both
        assert own(mixed, conditioning).images.shape[1] == 3


def test_an_upright_camera_and_a_turned_one_make_a_pair(tmp_path: Path) -> None:
    upright = Image.fromarray(np.random.default_rng(0).integers(0, 256, (40, 20, 3), dtype=np.uint8))
    turned = upright.transpose(Image.Transpose.ROTATE_90)
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by 90 degrees clockwise
    buffer = io.BytesIO()
    turned.save(buffer, "PNG", exif=exif)
    path = str(fill(tmp_path / "p", {"A/0.png": png(upright), "B/0.png": buffer.getvalue()}))
    data = own(path, PAIRED)
    assert data.sources is not None
    assert torch.equal(data.images, data.sources)


@pytest.mark.parametrize(
    ("files", "conditioning", "message"),
    [
        (
            {"A/0.png": picture(1), "B/1.png": picture(2)},
            PAIRED,
            "has no pairs: the files in its folders A and B must have equal names.",
        ),
        (
            {"A/0.png": picture(1)},
            UNPAIRED,
            "has no images of domain B: put the two domains into folders called trainA and trainB.",
        ),
        (
            {"0.png": picture(1)},
            UNPAIRED,
            "has no images of domain A: put the two domains into folders called trainA and trainB.",
        ),
        ({"A/0.png": b"x", "B/0.png": picture(1)}, UNPAIRED, ", domain A is not a usable image: A/0.png: "),
        ({"test/0.png": side_by_side(1, 2)}, PAIRED, "has no folder called train beside the one called test."),
    ],
)
def test_what_is_missing_is_one_sentence(
    place: Place,
    files: dict[str, bytes],
    conditioning: Conditioning,
    message: str,
) -> None:
    with pytest.raises(DataError) as caught:
        own(place(files), conditioning)
    assert message in str(caught.value)


# -- Limits and the cache ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("conditioning", [PAIRED, UNPAIRED, Conditioning.LABEL])
def test_no_more_is_decoded_than_wanted(
    place: Place,
    conditioning: Conditioning,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    files = {f"train{side}/{i}.png": picture((i,) * 3) for side in "AB" for i in range(9)}
    path = place(files | {"trainA/1.png": b"broken"})
    opened = []
    real = Image.open
    monkeypatch.setattr(Image, "open", lambda *args, **more: opened.append(1) or real(*args, **more))
    few = own(path, conditioning, limit=3, channels=3)
    count = {PAIRED: 7, UNPAIRED: 7, Conditioning.LABEL: 4}[
        conditioning
    ]  # three of each kind, and a broken one, whose partner is left alone
    assert len(opened) == count
    assert len(few.images) == 3
    everything = own(path, conditioning, channels=3)
    assert len(everything.images) == {PAIRED: 8, UNPAIRED: 9, Conditioning.LABEL: 17}[conditioning]
    opened.clear()
    again = own(path, conditioning, limit=5, channels=3)
    assert not opened  # the whole set is in the cache
    assert len(again.images) == 5
    for some in (few, again):
        assert torch.equal(some.images, everything.images[: len(some.images)])
        assert some.label_names == everything.label_names
        if everything.sources is not None:
            assert some.sources is not None
            assert torch.equal(some.sources, everything.sources[: len(some.images)])


@pytest.mark.parametrize("resident", [2**30, 100])
def test_pairs_and_domains_are_kept_for_the_next_start(
    place: Place,
    resident: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = place({f"{side}/{i}.png": picture((level + i,) * 3) for side, level in (("A", 0), ("B", 100)) for i in range(4)})
    monkeypatch.setattr(cache, "RESIDENT_BYTES", resident)
    for conditioning in (PAIRED, UNPAIRED):
        for start in (1, 2):
            data, events = drain(load("folder", data_path=path, conditioning=conditioning, image_size=8))
            assert any(message.phase == "decoding" for message in events) == (start == 1)
            assert both(data) == ([0, 1, 2, 3], [100, 101, 102, 103])
        batch = next(Batches(data, conditioning, 4, 0, "cpu"))
        assert batch.condition is not None
        assert batch.real.shape == batch.condition.shape == (4, 3, 8, 8)
    assert not list((data_root() / ".cache").glob("*.partial"))


# -- facades and horse2zebra ------------------------------------------------------------------------------------------------


def test_facades_are_pairs_or_photos() -> None:
    assert DATASETS["facades"].available().state == "needs folder"
    with pytest.raises(
        DataError, match=r"^facades is not on this machine: fetch it into .*facades \(facades.tar.gz of the Pix2Pix"
    ):
        loaded("facades", conditioning=PAIRED)
    fill(
        data_root() / "facades",
        {"train/0.jpg": side_by_side(10, 200, (512, 256), "JPEG"), "test/0.jpg": side_by_side(30, 220, (512, 256), "JPEG")},
    )
    assert DATASETS["facades"].available().state == "ready"
    assert both(loaded("facades", conditioning=PAIRED)) == ([10], [200])
    assert both(loaded("facades", conditioning=PAIRED, split="test")) == ([30], [220])
    photos = loaded("facades")
    assert (levels(photos.images), photos.sources) == ([10], None)


def test_horses_and_zebras_are_domains_or_classes() -> None:
    assert DATASETS["horse2zebra"].available().state == "needs folder"
    with pytest.raises(DataError, match=r"^horse2zebra is not on this machine: fetch it into .*of the CycleGAN data sets"):
        loaded("horse2zebra", conditioning=UNPAIRED)
    files = {"trainA/0.jpg": picture((10,) * 3), "trainB/0.jpg": picture((200,) * 3), "trainB/1.jpg": picture(210)}
    data_root().mkdir(parents=True)
    zipped(data_root() / "horse2zebra.zip", {f"horse2zebra/{name}": data for name, data in files.items()})
    assert DATASETS["horse2zebra"].available().state == "ready"
    data = loaded("horse2zebra", conditioning=UNPAIRED)
    assert both(data) == ([10], [200, 210])
    assert data.images.shape == (2, 3, 28, 28)  # the grey one too
    for conditioning in (Conditioning.NONE, Conditioning.LABEL):
        data = loaded("horse2zebra", conditioning=conditioning)
        assert levels(data.images) == [10, 200, 210]
        assert data.labels is not None
        assert [data.label_names[label] for label in data.labels] == ["horse", "zebra", "zebra"]


@pytest.mark.parametrize(("size", "channels"), [(256, 0), (64, 1)])
def test_real_facades(real_data_folder: Path, monkeypatch: pytest.MonkeyPatch, size: int, channels: int) -> None:
    use(real_data_folder, "facades")
    data = loaded("facades", conditioning=PAIRED, image_size=size, channels=channels, limit=20)
    assert data.sources is not None
    for part, half in ((data.sources, 0), (data.images, 256)):
        assert part.shape == (20, channels or 3, size, size)
        file = sorted((real_data_folder / "facades" / "train").iterdir())[7]
        whole = Image.open(file)
        assert whole.size == (512, 256)
        wanted = whole.crop((half, 0, half + 256, 256)).convert("RGB" if part.shape[1] == 3 else "L")
        if size == 256:
            assert np.array_equal(part[7].permute(1, 2, 0).numpy(), np.asarray(wanted))
        else:
            assert abs(float(part[7].float().mean()) - np.asarray(wanted).mean()) < 1
    with_test = loaded("facades", conditioning=PAIRED, image_size=32, split="test")
    assert len(with_test.images) == 100


def test_real_horses_and_zebras(real_data_folder: Path) -> None:
    use(real_data_folder, "horse2zebra")
    test, events = drain(load("horse2zebra", conditioning=UNPAIRED, image_size=32, split="test"))
    assert test.sources is not None
    assert (len(test.sources), len(test.images)) == (120, 140)
    assert not any(message.remarks for message in events)
    first = sorted((real_data_folder / "horse2zebra" / "testB").iterdir())[0]
    close = np.asarray(Image.open(first).convert("RGB").resize((32, 32), Image.Resampling.BOX), dtype=float)
    assert abs(test.images[0].permute(1, 2, 0).numpy() - close).mean() < 8


def use(folder: Path, name: str) -> None:
    """Make a real data set appear in the test's own data folder."""
    data_root().mkdir(parents=True, exist_ok=True)
    (data_root() / name).symlink_to(folder / name)


# -- The Hub's parquet files ------------------------------------------------------------------------------------------------


def test_a_parquet_file_is_read_without_its_repetitions() -> None:
    horses, zebras = ([picture((level + i,) * 3) for i in range(10)] for level in (0, 100))
    rows = horses[:6] + random.Random(0).choices(horses[:6], k=4)
    file = data_root() / "horse2zebra" / "data" / "train-00000-of-00001.parquet"
    hub(file, imageA=rows, imageB=zebras)
    assert DATASETS["horse2zebra"].available().state == "ready"
    assert both(loaded("horse2zebra", conditioning=UNPAIRED)) == ([0, 1, 2, 3, 4, 5], list(range(100, 110)))
    assert both(loaded("horse2zebra", conditioning=UNPAIRED, split="test", limit=2)) == ([0, 1], [100, 101])
    hub(file.with_name("test-00000-of-00001.parquet"), imageA=horses[6:], imageB=zebras[:4])
    assert both(loaded("horse2zebra", conditioning=UNPAIRED, split="test")) == ([6, 7, 8, 9], [100, 101, 102, 103])
    assert both(own(str(file), UNPAIRED)) == ([0, 1, 2, 3, 4, 5], list(range(100, 110)))


def test_parquet_rows_that_hold_no_image_are_skipped(tmp_path: Path) -> None:
    path = hub(tmp_path / "train.parquet", imageA=[None, b"junk", picture((1,) * 3)], imageB=[picture((2,) * 3)] * 3)
    data, events = drain(load("folder", data_path=str(path), conditioning=UNPAIRED, image_size=8))
    assert both(data) == ([1], [2])
    kinds = {remark.kind: remark for remark in events[-1].remarks}
    assert kinds["damaged"].names == ("train.parquet/imageA/row 0", "train.parquet/imageA/row 1")
    assert (kinds["repeated"].count, kinds["repeated"].names) == (2, ("imageB",))


@pytest.mark.parametrize("damage", ["cut", "text", "columns", "kind", "missing library"])
def test_a_parquet_file_of_no_use_is_one_sentence(tmp_path: Path, damage: str, monkeypatch: pytest.MonkeyPatch) -> None:
    path = hub(tmp_path / "train.parquet", **{"image" if damage == "columns" else "imageA": [picture(1)] * 3})
    message = "is damaged or no parquet file"
    if damage == "cut":
        path.write_bytes(path.read_bytes()[:-30])
    elif damage == "text":
        path.write_text("version https://git-lfs.github.com/spec/v1\n")
    elif damage == "columns":
        message = "has no pictures in a column imageA: fetch a set that has imageA and imageB."
    elif damage == "kind":
        pa, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
        parquet.write_table(pa.table({"imageA": [1, 2], "imageB": ["x", "y"]}), path)
        message = "has no pictures in a column imageA"
    else:
        monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
        message = "pyarrow, which is missing: run 'pip install pyarrow'."
    with pytest.raises(DataError) as caught:
        own(str(path), UNPAIRED)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
