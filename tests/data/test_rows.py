"""Parquet files follow the rules of folders: classes, parts, pairs, depth, and what is not used."""

from pathlib import Path

import numpy as np
import pytest

from ganlab.core.errors import DataError
from ganlab.core.types import Conditioning
from ganlab.data.dataset import Dataset
from ganlab.data.sets.folder import check_place
from tests.core.test_image_formats import HEADS
from tests.support.deep import png16
from tests.support.folders import picture
from tests.support.hub_tables import hub
from tests.support.loading import loaded, remarks

NONE, LABEL, PAIRED, UNPAIRED = Conditioning.NONE, Conditioning.LABEL, Conditioning.PAIRED, Conditioning.UNPAIRED
GREYS = [picture(i) for i in range(8)]


def own(path: Path, conditioning: Conditioning, **wanted: int | str) -> Dataset:
    return loaded("folder", data_path=str(path), conditioning=conditioning, image_size=8, **wanted)


def levels(images: object) -> list[int]:
    return images[:, 0, 4, 4].tolist()  # type: ignore[index]


@pytest.mark.parametrize("conditioning", [NONE, LABEL])
@pytest.mark.parametrize("limit", [0, 2])
def test_a_column_of_classes_labels_the_pictures(tmp_path: Path, conditioning: Conditioning, limit: int) -> None:
    path = hub(tmp_path / "train.parquet", classes={"label": ["cat", "dog"]}, image=GREYS, label=[0, 1] * 4)
    data = own(path, conditioning, limit=limit)
    assert levels(data.images) == list(range(limit or 8))
    assert data.label_names == ("cat", "dog")
    assert data.labels is not None
    assert data.labels.tolist() == ([0, 1] * 4)[: limit or 8]
    assert data.images.shape[1] == 1


@pytest.mark.parametrize("values", [["b", "a"] * 4, [5, 3] * 4])
@pytest.mark.parametrize("name", ["label", "Class", "target"])
def test_a_column_of_a_usual_name_will_do(tmp_path: Path, name: str, values: list[str | int]) -> None:
    data = own(hub(tmp_path / "x.parquet", image=GREYS, **{name: values}), LABEL)
    assert data.label_names == tuple(sorted(str(value) for value in values[:2]))


def test_of_several_columns_of_classes_the_first_is_taken_and_named(tmp_path: Path) -> None:
    classes = {"fine": ["a", "b"], "coarse": ["x", "y"]}
    data = own(hub(tmp_path / "x.parquet", classes=classes, img=GREYS, fine=[0, 1] * 4, coarse=[0, 0, 1, 1] * 2), LABEL)
    assert data.label_names == ("a", "b")
    assert remarks(data)["label_column"].names == ("fine", "coarse")


def test_parts_and_rows_without_a_class(tmp_path: Path) -> None:
    names = {"label": ["cat", "dog"]}
    hub(tmp_path / "d" / "train-00000.parquet", classes=names, image=GREYS, label=[0, 1, 0, 1, -1, None, 0, 1])
    hub(tmp_path / "d" / "test-00000.parquet", classes=names, image=GREYS[:3], label=[-1] * 3)
    data = own(tmp_path / "d", LABEL)
    assert levels(data.images) == [0, 1, 2, 3, 6, 7]
    assert (remarks(data)["outside"].count, remarks(data)["test_part"].count) == (2, 3)
    alone = own(tmp_path / "d", NONE, split="test")
    assert (levels(alone.images), alone.labels) == ([0, 1, 2], None)


def test_tables_behind_links_are_found(tmp_path: Path) -> None:
    hub(tmp_path / "elsewhere" / "train.parquet", image=GREYS)
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "data").symlink_to(tmp_path / "elsewhere")
    assert len(own(tmp_path / "d", NONE).images) == 8


@pytest.mark.parametrize("columns", [("imageA", "imageB"), ("photo", "sketch")])
def test_rows_make_pairs_and_columns_domains(tmp_path: Path, columns: tuple[str, str]) -> None:
    colours = [picture((i, i, i)) for i in range(6)]
    path = hub(tmp_path / "t.parquet", **{columns[0]: colours[:3], columns[1]: colours[3:]})
    for conditioning in (PAIRED, UNPAIRED):
        data = own(path, conditioning)
        assert data.sources is not None
        assert (levels(data.sources), levels(data.images)) == ([0, 1, 2], [3, 4, 5])
        assert data.domains == (() if columns[0] == "imageA" else columns)
    with pytest.raises(DataError, match="has several columns of pictures"):
        own(path, NONE)


def test_what_cannot_be_used_is_counted(tmp_path: Path) -> None:
    deep = png16(np.full((8, 8), 4095, dtype=np.uint16))
    path = hub(tmp_path / "t.parquet", image=[deep, HEADS["HEIC"], b"junk", None, HEADS["SVG"]])
    found = remarks(own(path, NONE))
    assert {kind: remark.count for kind, remark in found.items()} == {"format": 1, "damaged": 2, "bit_depth": 1}
    assert found["damaged"].names == ("t.parquet/image/row 2", "t.parquet/image/row 3")
    assert found["damaged"].total == 5


@pytest.mark.parametrize("cells", [[HEADS["HEIC"]] * 2, [b"x", b"y"]])
def test_a_table_of_nothing_usable_is_one_sentence(tmp_path: Path, cells: list[bytes]) -> None:
    with pytest.raises(
        DataError, match=r"holds no usable image; not used: 2 HEIC\.|None of the 2 files in t\.parquet is a usable"
    ):
        own(hub(tmp_path / "t.parquet", image=cells), NONE)


def test_a_table_passes_the_check_before_a_run(tmp_path: Path) -> None:
    check_place(str(hub(tmp_path / "d" / "train.parquet", image=GREYS)))
    check_place(str(tmp_path / "d"))
    with pytest.raises(DataError, match="does not exist"):
        check_place(str(tmp_path / "nowhere.parquet"))


def test_what_is_missing_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="has no labels: fetch a set that has a column called label"):
        own(hub(tmp_path / "a.parquet", image=GREYS), LABEL)
    with pytest.raises(DataError, match="has no column of pictures"):
        own(hub(tmp_path / "b.parquet", text=["x"]), NONE)
    several = [[{"bytes": picture(0), "path": ""}] * 2]
    with pytest.raises(DataError, match="has no column of pictures"):
        own(hub(tmp_path / "c.parquet", images=several), NONE)
    with pytest.raises(DataError, match="has no file for the test part"):
        own(hub(tmp_path / "train.parquet", image=GREYS), NONE, split="test")
