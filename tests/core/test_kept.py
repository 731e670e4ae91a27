"""What was read of a file is kept until the file changes."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ganlab.core import kept
from ganlab.core.kept import Kept


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
