"""Which folders train and which test: never a class of training data, at any depth and in any case."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ganlab.core.errors import DataError
from ganlab.core.types import Conditioning
from ganlab.data.files.collect import ImageFile
from ganlab.data.files.parts import divided, folders_of, part_called
from tests.support.folders import Place, picture, placed
from tests.support.loading import loaded, remarks

TESTS = ("test", "Test", "TEST", "testing", "val", "Val", "valid", "validation", "eval", "evaluation")
BESIDE_TRAIN = (*TESTS, "test1", "test_set", "test-images", "testSet", "seg_test", "val2017", "dev", "holdout")
TRAINS = {"test_set": "training_set", "test-images": "train-images", "testSet": "TrainSet", "seg_test": "seg_train"}


@pytest.fixture
def make(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """Files by name -> a folder or a zip that holds them."""
    return placed(request.param, tmp_path)


def files(*paths: str) -> list[ImageFile]:
    return [ImageFile(tuple(path.split("/")), 1, bytes) for path in paths]


def names(found: list[ImageFile]) -> list[str]:
    return sorted(file.name for file in found)


@pytest.mark.parametrize("test", BESIDE_TRAIN)
@pytest.mark.parametrize("around", ["", "data/", "a/b/"])
def test_a_folder_for_testing_beside_one_for_training(around: str, test: str) -> None:
    train = TRAINS.get(test, "train")
    parts = divided(files(*(f"{around}{part}/{c}/{i}.png" for part in (train, test) for c in ("cat", "dog") for i in range(2))))
    assert {part: folders_of(found) for part, found in parts.files.items()} == {
        "train": ("cat", "dog"),
        "test": ("cat", "dog"),
    }
    assert not parts.outside
    assert parts.set_aside == {test}


@pytest.mark.parametrize("test", TESTS)
def test_a_folder_for_testing_beside_classes(test: str) -> None:
    parts = divided(files("cat/0.png", "dog/0.png", f"{test}/0.png"))
    assert names(parts.files["train"]) == ["cat/0.png", "dog/0.png"]
    assert names(parts.files["test"]) == ["0.png"]


@pytest.mark.parametrize("test", TESTS)
def test_parts_inside_of_classes(test: str) -> None:
    parts = divided(files(*(f"{c}/{part}/{i}.png" for part in ("train", test) for c in ("cat", "dog") for i in range(2))))
    assert {part: names(found) for part, found in parts.files.items()} == {
        part: ["cat/0.png", "cat/1.png", "dog/0.png", "dog/1.png"] for part in ("train", "test")
    }


@pytest.mark.parametrize(
    ("paths", "classes"),
    [
        (["valid/0.png", "invalid/0.png"], ("invalid", "valid")),
        (["train/0.png", "car/0.png", "bus/0.png"], ("bus", "car", "train")),
        (["test_tube/0.png", "test_strip/0.png"], ("test_strip", "test_tube")),
        (["test tube/0.png", "train station/0.png"], ("test tube", "train station")),
        (["value/0.png", "latest/0.png", "training shoes/0.png"], ("latest", "training shoes", "value")),
        (["testA/0.png", "testB/0.png", "trainA/0.png", "trainB/0.png"], ("A", "B")),
        (["horse_train/0.png", "zebra_train/0.png", "horse_test/0.png", "zebra_test/0.png"], ("horse", "zebra")),
        (["trainHorse/0.png", "trainZebra/0.png", "valHorse/0.png", "valZebra/0.png"], ("Horse", "Zebra")),
    ],
)
def test_names_that_only_resemble_a_part(paths: list[str], classes: tuple[str, ...]) -> None:
    assert folders_of(divided(files(*paths)).files["train"]) == classes


def test_what_lies_beside_both_parts_is_outside_of_them() -> None:
    parts = divided(files("train/cat/0.png", "train/dog/0.png", "test/cat/0.png", "extra/0.png", "cover.png"))
    assert names(parts.outside) == ["cover.png", "extra/0.png"]
    assert names(parts.files["train"]) == ["cat/0.png", "dog/0.png"]


def test_loose_images_beside_a_folder_for_testing_are_for_training() -> None:
    parts = divided(files("0.png", "1.png", "test/2.png"))
    assert {part: names(found) for part, found in parts.files.items()} == {"train": ["0.png", "1.png"], "test": ["2.png"]}


FOLDERS = st.sampled_from(
    ["train", "Training", "test", "VAL", "valid", "eval", "testA", "trainA", "cat", "dog", "test1", "x", "A"]
)


@given(st.lists(st.lists(FOLDERS, max_size=4), min_size=1, max_size=8))
def test_every_file_is_in_one_place_and_no_class_is_a_folder_for_testing(folders: list[list[str]]) -> None:
    found = [ImageFile((*folder, f"{i}.png"), 1, bytes) for i, folder in enumerate(folders)]
    parts = divided(found)
    placed = [file.parts[-1] for some in (*parts.files.values(), parts.outside) for file in some]
    assert sorted(placed) == sorted(file.parts[-1] for file in found)
    train = parts.files.get("train", [])
    by_name = {file.parts[-1]: file.parts for file in found}
    if len(folders_of(train)) > 1:
        assert not [name for name in folders_of(train) if part_called(name) == "test" and name.lower() != "valid"]
    if any("train" in map(part_called, by_name[file.parts[-1]]) for file in train):
        beside = {parts_[:1] for parts_ in by_name.values() if len(parts_) > 1}
        assert ("test",) not in beside or "test" not in {by_name[file.parts[-1]][0] for file in train}


@pytest.mark.parametrize("make", ["folder", "zip"], indirect=True)
@pytest.mark.parametrize("conditioning", [Conditioning.NONE, Conditioning.LABEL])
def test_what_is_set_aside_is_remarked(make: Place, conditioning: Conditioning) -> None:
    made = {f"{part}/{c}/{i}.png": picture(i) for part in ("Train", "valid", "TEST") for c in ("cat", "dog") for i in range(3)}
    data = loaded("folder", data_path=make(made | {"Train/test/9.png": picture(9)}), image_size=8, conditioning=conditioning)
    assert len(data.images) == 6
    assert data.label_names == ("cat", "dog")
    aside = remarks(data)["test_part"]
    assert (aside.count, aside.names) == (13, ("TEST", "test", "valid"))


def test_a_folder_for_testing_alone_is_no_training_data() -> None:
    with pytest.raises(DataError, match="no folder for the train part"):
        divided(files("test/0.png", "val/1.png")).chosen("train")
