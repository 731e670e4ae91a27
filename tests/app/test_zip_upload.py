"""Uploaded zips are kept under the name of their content; what a browser calls them is never used."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from ganlab.app.views.train.zip_upload import keep


def packed(name: str = "../../evil.png") -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(name, b"not really a picture")
    return buffer.getvalue()


def test_the_same_content_is_kept_once(own_directories: Path) -> None:
    first, again = keep(packed()), keep(packed())
    assert first == again
    assert first.read_bytes() == packed()
    assert first.is_relative_to(own_directories)
    assert list(first.parent.iterdir()) == [first]


def test_other_files_are_refused(own_directories: Path) -> None:
    with pytest.raises(ValueError, match="not a zip archive"):
        keep(b"\x89PNG\r\n")
    assert not list(own_directories.rglob("*.zip"))
