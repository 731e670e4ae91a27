"""What was read of a file is kept until the file changes, a long list for a second."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import pytest

from ganlab.core import kept
from ganlab.core.kept import Kept, Lately


@pytest.fixture
def reads() -> list[Path]:
    return []


@pytest.fixture
def text(reads: list[Path]) -> Kept[str]:
    def read(path: Path) -> str:
        reads.append(path)
        return path.read_text()

    return Kept(read, most=2)


def test_a_file_is_read_once_until_it_changes(
    text: Kept[str], reads: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept, "_SETTLED", -1)
    path = tmp_path / "a"
    path.write_text("one")
    assert [text(path), text(path)] == ["one", "one"] and len(reads) == 1
    path.write_text("two")
    os.utime(path, ns=(1, 1))
    assert [text(path), text(path)] == ["two", "two"] and len(reads) == 2
    path.unlink()
    with pytest.raises(FileNotFoundError):
        text(path)


def test_a_file_that_was_just_written_is_always_read(text: Kept[str], reads: list[Path], tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_text("one")
    assert text(path) == text(path) == "one" and len(reads) == 2


def test_only_so_many_are_kept(text: Kept[str], reads: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "_SETTLED", -1)
    paths = [tmp_path / name for name in "abc"]
    for path in paths:
        path.write_text(path.name)
    for path in (*paths, paths[1], paths[0]):
        assert text(path) == path.name
    assert [path.name for path in reads] == ["a", "b", "c", "a"]


def test_a_long_list_is_made_once_a_second_and_a_short_one_always(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[list[Path]] = []

    def compute(folder: Path) -> list[Path]:
        made.append(sorted(folder.iterdir()))
        return made[-1]

    now = [0.0]
    monkeypatch.setattr("ganlab.core.kept.time", SimpleNamespace(monotonic=lambda: now[0]))
    lately = Lately(compute, many=3)
    for number in range(3):
        assert len(lately(tmp_path)) == number and len(made) == 2 * number + 1
        lately(tmp_path)
        assert len(made) == 2 * number + 2, "it is short"
        (tmp_path / f"{number}").touch()
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(lately, [tmp_path] * 8))
    assert len(made) == 7 and all(one is made[-1] for one in found)
    now[0] = 0.9
    assert lately(tmp_path) is made[-1] and len(made) == 7
    now[0] = 1.0
    lately(tmp_path)
    assert len(made) == 8
    (tmp_path / "new").touch()
    assert len(lately(tmp_path)) == 4, "at once"
