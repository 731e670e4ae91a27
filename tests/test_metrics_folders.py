"""Folders of images compared as they lie on disk."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from loading import drain
from PIL import Image

from ganlab.data import DataError
from ganlab.metrics.folders import ImageFolder
from ganlab.metrics.measure import measure
from ganlab.metrics.reference import Reference


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
    reference = Reference.of_folder(a)

    def distance(folder: Path) -> float:
        steps = measure(ImageFolder(folder), reference, ["frechet-lenet-mnist"], n=None, device="cpu")
        (value,), _ = drain(steps)
        assert (value.n_fake, value.n_real, value.reference) == (40, 40, "a")
        return value.value

    assert distance(a) < 1e-3 < distance(b) < distance(c) / 2


def test_a_damaged_image_is_named(tmp_path: Path) -> None:
    folder = fill(tmp_path / "a", [(8, 8)] * 3)
    (folder / "01.png").write_bytes((folder / "01.png").read_bytes()[:60])
    with pytest.raises(DataError, match=r"^01.png in a cannot be measured; remove it and start again\. The image is damaged"):
        list(ImageFolder(folder))


def test_an_empty_folder_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="holds no images"):
        Reference.of_folder(tmp_path)


def test_facades_are_measured_as_they_are(real_data: Path) -> None:
    folder = ImageFolder(real_data / "facades" / "test")
    assert folder.count == 100
    assert next(iter(folder)).shape[1:] == (3, 256, 512)
