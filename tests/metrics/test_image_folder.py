"""Folders of images compared as they lie on disk."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from ganlab.app.views.loading_wording import loading_text
from ganlab.core.errors import DataError
from ganlab.metrics.features.image_folder import ImageFolder
from ganlab.metrics.floors import folder_floors
from ganlab.metrics.measure import measure
from ganlab.metrics.reference import Reference
from tests.support.loading import drain


def fill(folder: Path, sizes: list[tuple[int, int]], seed: int = 0, mode: str = "RGB") -> Path:
    """Random pictures 00.png, 01.png, ... of these sizes."""
    random = np.random.default_rng(seed)
    folder.mkdir(parents=True, exist_ok=True)
    for index, (width, height) in enumerate(sizes):
        pixels = random.integers(0, 256, (height, width, 3), dtype=np.uint8)
        Image.fromarray(pixels).convert(mode).save(folder / f"{index:02}.png")
    return folder


def test_images_come_in_order_at_their_own_size(tmp_path: Path) -> None:
    folder = ImageFolder(fill(tmp_path / "a", [(8, 6), (8, 6), (5, 5), (8, 6)]))
    assert [tuple(batch.shape) for batch in folder] == [(2, 3, 6, 8), (1, 3, 5, 5), (1, 3, 6, 8)]
    assert folder.count == 4
    first = np.asarray(Image.open(tmp_path / "a" / "00.png"))
    assert torch.equal(next(iter(folder))[0].permute(1, 2, 0), torch.from_numpy(np.array(first)))


def test_the_digest_is_that_of_the_content(tmp_path: Path) -> None:
    one, same = (ImageFolder(fill(tmp_path / name, [(8, 8)] * 3)) for name in ("one", "same"))
    assert one.digest() == same.digest()
    fill(tmp_path / "same", [(8, 8)], seed=9)
    assert one.digest() != same.digest()


def test_a_zip_reads_as_its_folder(tmp_path: Path) -> None:
    folder = fill(tmp_path / "a", [(8, 8)] * 3)
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for file in sorted(folder.iterdir()):
            archive.write(file, file.name)
    assert torch.equal(*(next(iter(ImageFolder(path))) for path in (folder, tmp_path / "a.zip")))


def test_two_folders_are_compared(tmp_path: Path) -> None:
    a, b, c = (fill(tmp_path / name, [(28, 28)] * 40, seed) for name, seed in (("a", 1), ("b", 2), ("c", 3)))
    for file in c.iterdir():
        Image.fromarray(np.asarray(Image.open(file)) // 8).save(file)  # dark
    reference = Reference.of_folder(ImageFolder(a))

    def distance(folder: Path) -> float:
        steps = measure(ImageFolder(folder), reference, ["frechet-lenet-mnist"], n=None, device="cpu")
        (value,), _ = drain(steps)
        assert (value.n_fake, value.n_real, value.reference) == (40, 40, f"a {reference.digest[:8]}")
        return value.value

    assert distance(a) < 1e-3 < distance(b) < distance(c) / 2


def test_a_damaged_image_is_named(tmp_path: Path) -> None:
    folder = fill(tmp_path / "a", [(8, 8)] * 3)
    (folder / "01.png").write_bytes((folder / "01.png").read_bytes()[:60])
    with pytest.raises(DataError, match=r"^01.png in a cannot be measured; remove it and start again\. The image is damaged"):
        list(ImageFolder(folder))


def test_an_empty_folder_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="holds no images"):
        Reference.of_folder(ImageFolder(tmp_path))


def test_facades_are_measured_as_they_are(real_data: Path) -> None:
    folder = ImageFolder(real_data / "facades" / "test")
    assert folder.count == 100
    assert next(iter(folder)).shape[1:] == (3, 256, 512)


def test_folders_of_one_name_are_two_protocols(tmp_path: Path) -> None:
    first, second = (fill(tmp_path / name / "test", [(28, 28)] * 30, seed) for seed, name in enumerate(("a", "b")))
    a, b = (
        drain(
            measure(ImageFolder(first), Reference.of_folder(ImageFolder(folder)), ["frechet-lenet-mnist"], n=None, device="cpu")
        )
        for folder in (first, second)
    )
    with pytest.raises(ValueError, match=r"they differ in reference \(test \w{8} and test \w{8}\)"):
        _ = a[0][0] < b[0][0]


def test_fewer_than_all_are_chosen_at_random_and_read_in_order(tmp_path: Path) -> None:
    """The first by name would be those of one class."""
    folder = ImageFolder(fill(tmp_path / "a", [(8, 8)] * 40))
    assert folder.some(40, 0) is folder
    few, again, other = (folder.some(12, seed) for seed in (0, 0, 1))
    places = few._places
    assert places is not None and few.count == len(set(places)) == 12 and list(places) == sorted(places) and places[-1] > 20
    assert again._places == places != other._places
    whole = torch.cat(list(folder))
    assert torch.equal(torch.cat(list(few)), whole[list(places)])
    first, second = folder.halves()
    assert first.count == second.count == 20 and {*first._places, *second._places} == set(range(40))  # type: ignore[misc]
    assert len({folder.digest(), few.digest(), other.digest(), first.digest()}) == 4


def test_large_images_wait_in_bounded_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ganlab.metrics.features.image_folder._BYTES", 3 * 8 * 8 * 3)  # three pictures
    folder = ImageFolder(fill(tmp_path / "a", [(8, 8)] * 7 + [(40, 40)]))
    assert [len(batch) for batch in folder] == [3, 3, 1, 1]


def test_a_folder_without_the_classifier_asked_for_has_no_floor(tmp_path: Path) -> None:
    folder = ImageFolder(fill(tmp_path / "a", [(28, 28)] * 8))
    assert drain(folder_floors(folder, ["frechet-lenet"], device="cpu", partial=True))[0] == []


def test_a_folders_floor_is_one_half_against_the_other_and_measured_once(tmp_path: Path) -> None:
    folder = ImageFolder(fill(tmp_path / "a", [(28, 28)] * 60))
    names = ["frechet-lenet-mnist", "accuracy-lenet-mnist"]  # a folder has no labels: nothing to be right about
    (value,), events = drain(folder_floors(folder, names, device="cpu"))
    assert value.floor and (value.n_fake, value.n_real) == (30, 30) and value.reference.startswith("a, second half ")
    assert any(loading_text(message).startswith("Reading") for message in events)
    (again,), events = drain(folder_floors(folder, names, device="cpu"))
    assert again == value and not any(loading_text(message).startswith("Reading") for message in events)
    fill(tmp_path / "a", [(28, 28)], seed=9)
    (changed,), _ = drain(folder_floors(folder, names, device="cpu"))
    assert changed != value
