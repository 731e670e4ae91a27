"""Uploaded pictures in one zip: names from outside stay names, limits are one sentence, and equal content is kept once."""

from __future__ import annotations

import os
import time
import zipfile
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ganlab.core.errors import DataError
from ganlab.core.names import shown
from ganlab.core.progress import finish
from ganlab.data import uploads
from ganlab.data.files.collect import image_files
from ganlab.data.inspection import inspect
from ganlab.data.uploads import keep, member_name
from tests.support.folders import picture, zipped

NAMES = st.text(st.characters(codec="utf-8", exclude_categories=[]), max_size=30) | st.text("./\\ a\0\u202e", max_size=12)


@settings(max_examples=50, deadline=None)
@given(NAMES)
def test_no_name_leads_out_of_the_zip(name: str) -> None:
    parts = PurePosixPath(member_name(name)).parts
    assert parts and ".." not in parts and not member_name(name).startswith("/") and shown(member_name(name)) == member_name(name)
    assert "\\" not in member_name(name).replace("\\x", "").replace("\\u", "").replace("\\U", "")


def test_files_of_any_names_are_all_there(tmp_path: Path) -> None:
    names = ["a.png", "a.png", "../../a.png", "b\\c.png", "/etc/b.png", "..", "\ud800.png"]
    path = keep([(name, picture((n, 9, 9))) for n, name in enumerate(names)], tmp_path / "waiting")
    assert [file.name for file in tmp_path.iterdir()] == ["waiting"]
    assert finish(inspect(path)).count == len(names)
    with image_files(path) as found:
        assert {"a.png", "a-2.png", "a-3.png", "b/c.png", "etc/b.png"} < {file.name for file in found.files}


def test_equal_content_is_kept_once_in_any_order(tmp_path: Path) -> None:
    one, two = ("a.png", picture(1)), ("b.png", picture(2))
    assert keep([one, two], tmp_path) == keep([two, one], tmp_path)
    assert keep([one], tmp_path) != keep([two], tmp_path) and len(list(tmp_path.iterdir())) == 3


def test_a_zip_is_kept_as_it_is(tmp_path: Path) -> None:
    data = zipped(tmp_path / "z.zip", {"cats/1.png": picture(1)}).read_bytes()
    assert keep([("holiday.zip", memoryview(data))], tmp_path / "w").read_bytes() == data
    with pytest.raises(DataError, match="A zip came together with other files"):
        keep([("holiday.zip", data), ("1.png", picture(1))], tmp_path / "w")


def test_limits_are_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DataError, match="Nothing was uploaded"):
        keep([], tmp_path)
    monkeypatch.setattr(uploads, "MOST_FILES", 1)
    with pytest.raises(DataError, match="2 files are too many to upload"):
        keep([("a", b"")] * 2, tmp_path)
    monkeypatch.setattr(uploads, "MOST_BYTES", 5)
    with pytest.raises(DataError, match="are too much to upload, of 5 bytes"):
        keep([("a", b"123456")], tmp_path)
    assert not list(tmp_path.iterdir())


def test_what_waited_for_a_day_is_removed(tmp_path: Path) -> None:
    old = keep([("a.png", picture(1))], tmp_path)
    os.utime(old.parent, (time.time() - 2 * 24 * 3600,) * 2)
    new = keep([("b.png", picture(2))], tmp_path)
    assert not old.exists() and zipfile.is_zipfile(new)
