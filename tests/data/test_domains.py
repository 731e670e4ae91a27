"""Two domains by any two names, and pairs by equal names with or without _A and _B: what is guessed is remarked."""

from pathlib import Path

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ganlab.core.errors import DataError
from ganlab.core.remarks import Remark
from ganlab.core.types import Conditioning
from ganlab.data.dataset import Dataset
from ganlab.training.engine import train
from ganlab.training.families import load_config
from tests.support.folders import Place, fill, picture, placed, zipped
from tests.support.loading import loaded, remarks

PAIRED, UNPAIRED = Conditioning.PAIRED, Conditioning.UNPAIRED
NAMES = [
    ("horse", "zebra"),
    ("monet_jpg", "photo_jpg"),
    ("Summer", "winter"),
    ("말", "얼룩말"),
    ("0", "1"),
    ("day time", "night time"),
]


@pytest.fixture(params=["folder", "zip"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """Files by name -> a folder or a zip that holds them."""
    return placed(request.param, tmp_path)


def grey(level: int) -> bytes:
    return picture((level,) * 3)


def both(data: Dataset) -> tuple[list[int], list[int]]:
    assert data.sources is not None
    return data.sources[:, 0, 4, 4].tolist(), data.images[:, 0, 4, 4].tolist()


def own(path: str, conditioning: Conditioning, **wanted: str) -> Dataset:
    return loaded("folder", data_path=path, conditioning=conditioning, image_size=8, **wanted)


@pytest.mark.parametrize(("a", "b"), NAMES)
@pytest.mark.parametrize("around", ["", "x/", "train/", "x/Training/"])
def test_exactly_two_folders_are_the_domains(place: Place, around: str, a: str, b: str) -> None:
    files = {f"{around}{a}/{i}.png": grey(i) for i in range(3)} | {f"{around}{b}/in/{i}.png": grey(100 + i) for i in range(4)}
    if "rain" in around:
        files |= {
            f"{around.lower().replace('training', 'test').replace('train', 'test')}{name}/0.png": grey(50) for name in (a, b)
        }
    data = own(place(files), UNPAIRED)
    assert both(data) == ([0, 1, 2], [100, 101, 102, 103])
    assert data.domains == (a, b)
    assert remarks(data)["domains"].names == (a, b)
    if "rain" in around:
        assert remarks(data)["test_part"].count == 2
        assert both(own(place(files), UNPAIRED, split="test")) == ([50], [50])


@pytest.mark.parametrize(
    "form",
    ["{part}A {part}B", "{part}/A {part}/B", "{part}_horse {part}_zebra", "horse_{part} zebra_{part}", "{part}horse {part}zebra"],
)
@pytest.mark.parametrize("test", ["test", "val", "Test"])
def test_parts_and_domains_in_one_name(place: Place, form: str, test: str) -> None:
    files = {}
    for part, level in (("train", 0), (test, 100)):
        for side, folder in enumerate(form.format(part=part).split()):
            files |= {f"{folder}/{i}.png": grey(level + 10 * side + i) for i in range(2)}
    path = place(files)
    assert both(own(path, UNPAIRED)) == ([0, 1], [10, 11])
    assert both(own(path, UNPAIRED, split="test")) == ([100, 101], [110, 111])


def test_folders_called_a_and_b_need_no_remark(place: Place) -> None:
    data = own(place({f"{side}/0.png": grey(1) for side in "AB"}), UNPAIRED)
    assert (data.domains, data.remarks) == ((), ())


@pytest.mark.parametrize("folders", [("cat", "cow", "dog"), ("cat",), ()])
def test_other_numbers_of_folders_are_refused(place: Place, folders: tuple[str, ...]) -> None:
    files = {f"{name}/0.png": grey(1) for name in folders} | {"loose.png": grey(2)}
    with pytest.raises(
        DataError, match=r"has no images of domain A: put the two domains into folders called trainA and trainB"
    ) as error:
        own(place(files), UNPAIRED)
    assert ("cat, cow, dog" in str(error.value)) == (len(folders) == 3)


def test_a_domain_of_other_formats_alone_says_so(place: Place) -> None:
    with pytest.raises(DataError, match=r"trainA and trainB; not used: 2 HEIC\."):
        own(place({"horse/0.png": grey(1), "zebra/0.heic": b"x", "zebra/1.heic": b"x"}), UNPAIRED)


def test_loose_images_beside_two_domains_are_counted(place: Place) -> None:
    data = own(place({"horse/0.png": grey(1), "zebra/0.png": grey(2), "cover.png": grey(3)}), UNPAIRED)
    assert remarks(data)["outside"] == Remark("outside", 1, ("cover.png",), total=3)


STEMS = st.lists(st.sampled_from(["img0", "IMG-1", "a b", "x_A", "y.b", "그림", "z"]), min_size=1, max_size=5, unique=True)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    stems=STEMS,
    ends=st.sampled_from([("", ""), ("_A", "_B"), ("-a", "-b"), (" A", " B"), ("_a", "_B"), ("", "_B")]),
    suffixes=st.sampled_from([(".png", ".png"), (".jpg", ".png"), (".JPG", ".jpeg")]),
    folders=st.sampled_from([("A", "B"), ("trainA", "trainB"), ("photo", "sketch"), ("train/photo", "train/sketch")]),
    kind=st.sampled_from(["folder", "zip"]),
)
def test_pairs_by_names_with_or_without_endings(
    tmp_path_factory: pytest.TempPathFactory,
    stems: list[str],
    ends: tuple[str, str],
    suffixes: tuple[str, str],
    folders: tuple[str, str],
    kind: str,
) -> None:
    files = {
        f"{folder}/{stem}{end}{suffix}": picture((100 * side + 9 * i,) * 3)
        for side, (folder, end, suffix) in enumerate(zip(folders, ends, suffixes, strict=True))
        for i, stem in enumerate(stems)
    }
    data = own(placed(kind, tmp_path_factory.mktemp("pairs"))(files), PAIRED)
    assert sorted(zip(*both(data), strict=True)) == [(9 * i, 100 + 9 * i) for i in range(len(stems))]
    found = remarks(data)
    assert ("endings" in found) == (ends != ("", ""))
    assert ("domains" in found) == ("photo" in folders[0])


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    stems=st.lists(st.sampled_from(["1", "2", "img3", "a b", "a_c", "y.b", "그림"]), min_size=2, max_size=5, unique=True),
    around=st.sampled_from(
        [("", "", "", "_mask"), ("", "-photo", "", "-label"), ("s_", "", "p_", ""), ("x_", "_leftImg8bit", "x_", "_gtFine_color")]
    ),
    folders=st.sampled_from([("A", "B"), ("images", "masks"), ("train/a", "train/b")]),
    capitals=st.booleans(),
)
def test_pairs_by_names_without_the_words_that_all_of_a_folder_share(
    tmp_path_factory: pytest.TempPathFactory,
    stems: list[str],
    around: tuple[str, str, str, str],
    folders: tuple[str, str],
    capitals: bool,
) -> None:
    names = [[f"{around[2 * side]}{stem}{around[2 * side + 1]}" for stem in stems] for side in (0, 1)]
    names[1] = [name.upper() if capitals else name for name in names[1]]
    files = {
        f"{folders[side]}/{name}.png": picture((100 * side + 9 * i,) * 3) for side in (0, 1) for i, name in enumerate(names[side])
    }
    data = own(placed("folder", tmp_path_factory.mktemp("pairs"))(files), PAIRED)
    assert sorted(zip(*both(data), strict=True)) == [(9 * i, 100 + 9 * i) for i in range(len(stems))]
    assert remarks(data)["endings"].count == len(stems)


@pytest.mark.parametrize("ends", [("fake", "real"), ("input", "target"), ("image", "mask")])
def test_two_other_words_at_the_end_of_names_in_one_folder_are_the_domains(place: Place, ends: tuple[str, str]) -> None:
    files = {f"{i}_{end}.png": picture((100 * side + 9 * i,) * 3) for side, end in enumerate(ends) for i in range(3)}
    data = own(place(files), PAIRED)
    assert sorted(zip(*both(data), strict=True)) == [(9 * i, 100 + 9 * i) for i in range(3)] and data.domains == ends


@pytest.mark.parametrize("around", ["", "x/", "train/"])
def test_pairs_in_one_folder_by_their_endings(place: Place, around: str) -> None:
    files = {f"{around}{i}_{side}.png": grey(level + i) for side, level in (("A", 0), ("B", 100)) for i in range(3)}
    data = own(place(files | {f"{around}lonely_A.png": grey(9), f"{around}other.png": grey(9)}), PAIRED)
    assert both(data) == ([0, 1, 2], [100, 101, 102])
    assert remarks(data)["endings"].count == 3
    assert remarks(data)["no_partner"].names == (f"{around}lonely_A.png"[len(around) :],)


def test_wide_pictures_in_two_folders_stay_pairs_of_halves(place: Place) -> None:
    files = {f"{city}/{i}.png": picture((9, 9, 9), size=(40, 20)) for city in ("aachen", "bonn") for i in range(2)}
    data = own(place(files), PAIRED)
    assert len(data.images) == 4
    assert data.domains == ()


def test_the_names_of_the_domains_reach_sheets_and_checkpoints(tmp_path: Path) -> None:
    path = fill(tmp_path / "p", {f"{name}/{i}.png": grey(i) for name in ("horse", "zebra") for i in range(2)})
    config = load_config(
        {"family": "cyclegan", "dataset": "folder", "data_path": str(path), "image_size": 32, "width": 4, "steps": 1}
    )
    events = list(train(config))
    assert next(event.domains for event in events if type(event).__name__ == "Samples") == ("horse", "zebra")
    assert next(event.labels for event in events if type(event).__name__ == "Checkpoint") == ("horse", "zebra")
    assert [remark.kind for event in events for remark in getattr(event, "remarks", ())] == ["domains", "no_test_part"]


def test_what_cannot_be_read_is_counted_once_for_both_domains(tmp_path: Path) -> None:
    files = {f"{name}/{i}.png": grey(i) for name in ("horse", "zebra") for i in range(2)} | {
        "horse/x.heic": b"",
        "zebra/y.png": b"junk",
    }
    data = own(str(zipped(tmp_path / "p.zip", files)), UNPAIRED)
    found = remarks(data)
    assert (found["format"].count, found["format"].total, found["damaged"].count) == (1, 6, 1)
    assert torch.equal(data.images, own(str(tmp_path / "p.zip"), UNPAIRED).images)
