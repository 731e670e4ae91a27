"""Data sets of the Hub by id, against a Hub on loopback: found, chosen, fetched once and resumed, read with their labels."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ganlab.core.errors import NotFetched
from ganlab.core.events import Loading
from ganlab.core.progress import finish
from ganlab.core.types import Conditioning
from ganlab.data import load
from ganlab.data.hub import datasets
from ganlab.data.hub.address import HubError, dataset_uri, parse_dataset
from ganlab.data.sets.folder import check_place, dataset_setting, is_here, look
from tests.support.folders import picture
from tests.support.hub_fixtures import server, there
from tests.support.hub_server import Hub
from tests.support.hub_tables import hub

__all__ = ["server", "there"]
DIGITS = "hf://datasets/org/digits"


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A current folder in which no path fits."""
    monkeypatch.chdir(tmp_path)


def table(tmp_path: Path, first: int, count: int = 4) -> bytes:
    """Pictures of grey levels from `first` on, the even ones called cat and the odd ones dog."""
    greys, labels = [picture(n) for n in range(first, first + count)], [n % 2 for n in range(first, first + count)]
    return hub(tmp_path / "made.parquet", classes={"label": ("cat", "dog")}, image=greys, label=labels).read_bytes()


@pytest.fixture
def digits(there: Hub, tmp_path: Path) -> Hub:
    files = {f"data/{name}-00000-of-00001.parquet": table(tmp_path, n * 10) for n, name in enumerate(("train", "test", "extra"))}
    there.add("datasets/org/digits", {**files, "README.md": b"# Digits"})
    return there


def test_an_id_is_a_setting(there: Hub) -> None:
    assert dataset_setting("org/digits") == {"dataset": "folder", "data_path": DIGITS}
    assert dataset_setting("https://huggingface.co/datasets/org/digits") == {"dataset": "folder", "data_path": DIGITS}
    assert dataset_uri("org/digits@v1/small") == f"{DIGITS}@v1/small" and dataset_uri(DIGITS) == DIGITS
    (Path("photos")).mkdir()
    for path in ("photos/cats", "/srv/cats", "./a/b", "~/cats", "cats"):
        with pytest.raises(ValueError, match="is neither one of"):
            dataset_setting(path)


@settings(max_examples=40, deadline=None)
@given(st.text(st.sampled_from("ab/.@:~\\%-_ \0"), max_size=14) | st.text(max_size=10))
def test_any_text_is_a_data_set_or_none(text: str) -> None:
    uri = dataset_uri(f"org/{text}")
    assert not uri or dataset_uri(uri) == uri == f"hf://{parse_dataset(uri)}"


def test_it_is_fetched_once_and_read_with_its_labels(digits: Hub) -> None:
    assert not is_here(DIGITS)
    found = finish(look(DIGITS))
    assert is_here(DIGITS)
    assert (found.name, found.count, found.tested, found.classes) == ("digits", 4, 4, {"cat": 2, "dog": 2})
    assert found.by_column and len(found.thumbnails) == 8
    asked = len(digits.asked)
    data = finish(load("folder", image_size=16, conditioning=Conditioning.LABEL, data_path=DIGITS))
    assert data.images[:, 0, 0, 0].tolist() == [0, 1, 2, 3] and data.label_names == ("cat", "dog")
    test = finish(load("folder", image_size=16, data_path=DIGITS, split="test"))
    assert test.images[:, 0, 0, 0].tolist() == [10, 11, 12, 13] and len(digits.asked) == asked


def test_of_two_runs_that_fetch_it_at_once_neither_loses_the_others_files(digits: Hub) -> None:
    first, second = datasets.fetching(DIGITS), datasets.fetching(DIGITS)
    next(first)
    next(second)
    folder = finish(first)
    before = folder.stat().st_ino
    assert finish(second) == folder and folder.stat().st_ino == before


def test_progress_is_in_bytes_of_the_whole_and_a_cut_download_goes_on(digits: Hub) -> None:
    digits.cuts = [1500]
    seen: list[Loading] = []
    folder = finish(datasets.fetching(DIGITS), seen.append)
    assert sorted(file.name for file in folder.iterdir()) == ["test-00000.parquet", "train-00000.parquet"]
    total = datasets.offered(DIGITS).size
    done = [event.done for event in seen if event.phase == "downloading"]
    assert done == sorted(done) and done[-1] == total == seen[-1].total and seen[-1].subject == "org/digits"
    assert [request.range for request in digits.bodies() if request.range]


def test_without_the_hub_it_is_one_sentence_or_what_is_here(digits: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    for act in (lambda: check_place(DIGITS), lambda: finish(look(DIGITS))):
        with pytest.raises(NotFetched, match="HF_HUB_OFFLINE forbids to fetch it") as error:
            act()
        assert error.value.name == "org/digits" and str(error.value).startswith("There is no folder or zip 'org/digits' here.")
    check_place(DIGITS, reach=False)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    finish(datasets.fetching(DIGITS))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    check_place(DIGITS)
    assert finish(look(DIGITS)).count == 4


def test_a_repository_of_several_sets_asks_which(there: Hub, tmp_path: Path) -> None:
    one = table(tmp_path, 0)
    there.add("datasets/org/many", {"faces/train-0.parquet": one, "cars/train/0000.parquet": one, "cars/test/0000.parquet": one})
    with pytest.raises(HubError, match=r"org/many holds 2 sets \(cars, faces\): name the one you want, as org/many/cars"):
        datasets.offered("hf://datasets/org/many")
    assert {part: len(names) for part, names in datasets.offered("hf://datasets/org/many/cars").parts.items()} == {
        "train": 1,
        "test": 1,
    }


def test_other_formats_are_taken_as_the_hub_has_converted_them(there: Hub, tmp_path: Path) -> None:
    there.add("datasets/org/old", {"images.zip": b"PK"})
    with pytest.raises(HubError, match="holds no parquet files that could be read here"):
        datasets.offered("hf://datasets/org/old")
    there.repos["datasets/org/old"].commit({"default/train/0000.parquet": table(tmp_path, 0)}, datasets.CONVERTED)
    assert finish(look("hf://datasets/org/old")).count == 4


def test_what_is_too_large_or_absent_is_one_sentence(digits: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(datasets, "MOST_BYTES", 1000)
    with pytest.raises(HubError, match="are fetched: name one of its files, as org/digits/data/train-00000"):
        check_place(DIGITS)
    with pytest.raises(HubError, match=r"There is no folder or zip 'org/none' here\. There is no dataset org/none on the Hub"):
        check_place("hf://datasets/org/none")
