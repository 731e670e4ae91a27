"""10, 12 and 14 bits in files of 16: one factor for the whole set, whatever its parts, containers and domains."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from ganlab.core.types import Conditioning
from ganlab.data import cache, data_root
from ganlab.metrics.features.image_folder import ImageFolder
from tests.support.deep import png16, saved, tiff16
from tests.support.folders import Place, picture, placed
from tests.support.loading import loaded, remarks

WRITERS: dict[str, Callable[[np.ndarray], bytes]] = {"png": png16, "tif": tiff16, "grey": lambda made: saved(made[..., 0])}


def flat(level: int, bits: int, write: Callable[[np.ndarray], bytes]) -> bytes:
    """One level of `bits`, given in eighths of the highest."""
    return write(np.full((8, 8, 3), level * 2**bits // 8 - 1, dtype=np.uint16))


@pytest.fixture(params=["folder", "zip"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """Files by name -> a folder or a zip that holds them."""
    return placed(request.param, tmp_path)


@pytest.mark.parametrize("bits", [8, 10, 12, 14, 16])
@pytest.mark.parametrize("writer", WRITERS)
@pytest.mark.parametrize("ending", [".png", ".tiff", ".jpg", ""])
def test_a_set_is_scaled_by_one_factor(tmp_path: Path, writer: str, bits: int, ending: str) -> None:
    write = WRITERS[writer]
    files = {f"{part}/{level}{ending}": flat(level, bits, write) for part, level in (("train", 1), ("train", 2), ("test", 8))}
    data = loaded("folder", data_path=placed("folder", tmp_path)(files), image_size=8)
    assert data.images[:, 0, 0, 0].tolist() == [31, 63]
    found = remarks(data)
    if bits == 16:
        assert "bit_depth" not in found
    else:
        assert (found["bit_depth"].values, found["bit_depth"].count) == ((bits,), 3)


@pytest.mark.parametrize("conditioning", [Conditioning.PAIRED, Conditioning.UNPAIRED, Conditioning.LABEL])
def test_both_domains_and_all_classes_share_the_factor(place: Place, conditioning: Conditioning) -> None:
    files = {f"{side}/{i}.png": flat(level, 12, png16) for side, level in (("A", 1), ("B", 8)) for i in range(2)}
    data = loaded("folder", data_path=place(files), image_size=8, conditioning=conditioning)
    dark = data.images if data.sources is None else data.sources
    assert dark[0, 0, 0, 0] == 31
    assert data.images[-1, 0, 0, 0] == 255
    assert remarks(data)["bit_depth"].count == 4


def test_files_of_eight_bits_beside_deep_ones_stay_as_they_are(place: Place) -> None:
    data = loaded("folder", data_path=place({"0.png": picture(99), "1.png": flat(8, 10, png16)}), image_size=8)
    assert data.images[:, 0, 0, 0].tolist() == [99, 255]
    assert remarks(data)["bit_depth"].count == 1


def test_levels_without_a_fixed_scale_share_one(place: Place) -> None:
    files = {f"{i}.tif": saved(np.full((8, 8), level, dtype=np.float32)) for i, level in enumerate((0.25, 0.5, 1.0))}
    data = loaded("folder", data_path=place(files), image_size=8)
    assert data.images[:, 0, 0, 0].tolist() == [64, 128, 255]
    assert (remarks(data)["levels"].values, remarks(data)["levels"].count) == ((0, 1), 3)


def test_damaged_deep_files_are_counted_and_do_not_decide(place: Place) -> None:
    whole = flat(8, 12, png16)
    data = loaded("folder", data_path=place({"0.png": whole, "1.png": whole[:-30], "2.tif": b"II*\0junk"}), image_size=8)
    assert data.images[:, 0, 0, 0].tolist() == [255]
    assert (remarks(data)["bit_depth"].count, remarks(data)["damaged"].count) == (1, 2)


def test_what_is_remarked_is_kept_with_the_decoded_images(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    path = place({"0.png": flat(1, 12, png16), "1.png": flat(8, 12, png16)})
    first = loaded("folder", data_path=path, image_size=8)
    monkeypatch.setattr(cache.Spool, "__init__", None)  # nothing is decoded again
    second = loaded("folder", data_path=path, image_size=8)
    assert first.remarks == second.remarks
    assert torch.equal(first.images, second.images)
    assert list((data_root() / ".cache").iterdir())


def test_a_folder_that_is_measured_has_the_same_factor_in_every_part_of_it(place: Place) -> None:
    folder = ImageFolder(Path(place({f"{level}.png": flat(level, 12, png16) for level in (1, 2, 4, 8)} | {"x.heic": b"x"})))
    assert [int(level) for images in folder for level in images[:, 0, 0, 0]] == [31, 63, 127, 255]
    halves = [int(level) for half in folder.halves() for images in half for level in images[:, 0, 0, 0]]
    assert sorted(halves) == [31, 63, 127, 255]
    assert [remark.kind for remark in folder.remarks] == ["format", "bit_depth"]
