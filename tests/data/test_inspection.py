"""A look at pictures before training: counts, classes, pairs, what is broken and what repeats, in folders, zips and tables."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from ganlab.core.errors import DataError
from ganlab.core.progress import finish
from ganlab.data.inspection import Inspection, inspect
from tests.support.hub_tables import hub


def looked_at(path: Path, seconds: float = 10.0) -> Inspection:
    return finish(inspect(path, seconds))


def picture(path: Path, size: tuple[int, int] = (40, 30), colour: str = "red", mode: str = "RGB") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, colour).convert(mode).save(path)
    return path


@pytest.fixture
def mixed(tmp_path: Path) -> Path:
    """Three good pictures of odd sizes, one of them twice, one broken, one that is none."""
    picture(tmp_path / "a.png")
    picture(tmp_path / "b.jpg", (200, 120), "blue")
    picture(tmp_path / "c.webp", (64, 64), "green")
    shutil.copy(tmp_path / "a.png", tmp_path / "again.png")
    (tmp_path / "broken.jpg").write_bytes((tmp_path / "b.jpg").read_bytes()[:400])
    (tmp_path / "note.txt").write_text("no picture")
    (tmp_path / "drawing.svg").write_text("<svg/>")
    return tmp_path


def test_what_can_and_what_cannot_be_used_is_counted(mixed: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    found = looked_at(mixed)
    assert (found.count, found.tested, found.unusable, found.duplicates) == (4, 0, 1, 1)
    assert found.sides == (30, 30, 120) and found.channels == 3 and found.decoded == 4
    ((name, reason),) = found.broken
    assert name == "broken.jpg" and "damaged or incomplete" in reason
    assert [(remark.kind, remark.detail) for remark in found.remarks] == [("format", "SVG")]
    packed = shutil.make_archive(str(tmp_path_factory.mktemp("zip") / "mixed"), "zip", mixed)
    assert looked_at(Path(packed)).to_dict() == found.to_dict() | {"name": "mixed.zip"}


def test_classes_are_counted_and_a_test_part_set_aside(tmp_path: Path) -> None:
    for part, label, count in [("train", "cat", 3), ("train", "dog", 2), ("test", "cat", 1), ("test", "dog", 1)]:
        for number in range(count):
            picture(tmp_path / part / label / f"{number}.png", colour=f"#{number}{count}0000", mode="L")
    found = looked_at(tmp_path)
    assert found.classes == {"cat": 3, "dog": 2} and (found.count, found.tested, found.channels) == (5, 2, 1)


def test_pairs_and_domains_are_told_from_classes(tmp_path: Path) -> None:
    for domain, names in [("trainA", "abc"), ("trainB", "abx")]:
        for name in names:
            picture(tmp_path / domain / f"{name}.png")
    found = looked_at(tmp_path)
    assert found.pairs == 2 and found.domains == {"A": 3, "B": 3}


def test_files_of_two_pictures_side_by_side_are_counted(tmp_path: Path) -> None:
    picture(tmp_path / "1.png", (80, 40))
    picture(tmp_path / "2.png", (80, 41), "blue")
    assert looked_at(tmp_path).side_by_side == 2


def test_without_time_only_the_first_bytes_are_read(mixed: Path) -> None:
    found = looked_at(mixed, seconds=-1)
    assert found.decoded == 0 and found.count + found.unusable == 5  # what is broken further on shows in training


def test_where_nothing_can_be_used_one_sentence_names_the_first(tmp_path: Path) -> None:
    whole = picture(tmp_path / "whole.jpg", (200, 120)).read_bytes()
    (tmp_path / "whole.jpg").write_bytes(whole[:300])
    with pytest.raises(DataError, match=r"No picture in .* can be used \(1 are broken; whole.jpg: "):
        looked_at(tmp_path)
    (tmp_path / "whole.jpg").unlink()
    with pytest.raises(DataError, match="holds no images"):
        looked_at(tmp_path)


def test_a_table_without_a_row_is_one_sentence(tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    path = hub(tmp_path / "none.parquet", image=[b"x"])
    parquet.write_table(parquet.read_table(path).slice(0, 0), path)
    with pytest.raises(DataError, match=r"none\.parquet holds no images"):
        looked_at(path)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 60), st.integers(1, 60)), min_size=1, max_size=4), st.binary(max_size=60))
def test_no_bytes_of_a_file_break_it(sizes: list[tuple[int, int]], junk: bytes) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        for number, size in enumerate(sizes):
            picture(Path(folder) / f"{number}.png", size)
        (Path(folder) / "junk.png").write_bytes(b"\x89PNG\r\n\x1a\n" + junk)
        found = looked_at(Path(folder))
        assert found.count == len(sizes) and found.unusable <= 1


@pytest.mark.parametrize(
    ("place", "count", "tested", "classes"),
    [("fashion-900.zip", 900, 0, 10), ("celeba-sample", 32, 0, 0), ("facades", 400, 100, 0)],
)
def test_real_sets_are_what_their_readme_says(real_data_folder: Path, place: str, count: int, tested: int, classes: int) -> None:
    found = looked_at(real_data_folder / place, seconds=1)
    assert (found.count, found.tested, len(found.classes)) == (count, tested, classes)
