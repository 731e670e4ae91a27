"""What a file is: content decides before its ending, and what is no picture is left alone."""

import io
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from ganlab.core.image_formats import ARCHIVES, ENDINGS, FORMATS, HEAD, RAW, Recognised, format_of, recognise

HEADS = {
    "HEIC": struct.pack(">I4s4sI4s4s", 24, b"ftyp", b"heic", 0, b"mif1", b"heic"),
    "HEIF": struct.pack(">I4s4sI4s", 20, b"ftyp", b"mif1", 0, b"miaf"),
    "JPEG XL": b"\0\0\0\x0cJXL \r\n\x87\n",
    "JPEG 2000": b"\0\0\0\x0cjP  \r\n\x87\n",
    "PSD": b"8BPS\0\1",
    "SVG": b"<svg xmlns=",
    "camera raw": struct.pack(">I4s4sI4s", 20, b"ftyp", b"crx ", 0, b"isom"),
}


def picture(kind: str) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (8, 8), "red").save(buffer, kind)
    return buffer.getvalue()


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("name", ["a", "a.jpg", "a.PNG", "a.heic", "a.txt", "a.zip", "b.svg"])
def test_a_picture_that_is_decoded_is_one_whatever_its_name(name: str, kind: str) -> None:
    assert recognise(name, picture(kind)[:HEAD]) == Recognised(kind)


@pytest.mark.parametrize("kind", HEADS)
@pytest.mark.parametrize("name", ["a", "a.jpg", "a.PNG", "a.zip"])
def test_a_picture_that_is_not_decoded_is_called_by_its_content(name: str, kind: str) -> None:
    assert recognise(name, HEADS[kind].ljust(HEAD, b"\0")) == Recognised(kind, "format")


@given(
    st.sampled_from([ending for ending, kind in ENDINGS.items() if kind not in FORMATS]), st.binary(max_size=HEAD), st.booleans()
)
def test_other_endings_are_called_by_their_format(ending: str, head: bytes, upper: bool) -> None:
    found = recognise(f"a{ending.upper() if upper else ending}", head)
    assert found is not None
    assert found == Recognised(format_of(head)) or (found.unused in ("format", "pointer") and found.format)


@pytest.mark.parametrize("ending", RAW)
@pytest.mark.parametrize("head", [b"II*\0", b"MM\0*", b"FUJIFILMCCD-RAW", b"II*\0\x10\0\0\0CR\2\0", b""])
def test_camera_raw_is_not_taken_for_the_small_preview_in_it(ending: str, head: bytes) -> None:
    assert recognise(f"IMG{ending.upper()}", head) == Recognised("camera raw", "format")


@pytest.mark.parametrize("ending", ARCHIVES)
def test_archives_may_hold_pictures(ending: str) -> None:
    assert recognise(f"x{ending}", b"") == Recognised(ending, "archive")


@pytest.mark.parametrize("name", ["a.txt", "labels.csv", "data.json", "model.pt", "a", "Thumbs.db", "index.html"])
@pytest.mark.parametrize("head", [b"", b"hello", bytes(HEAD), b"BMW is a maker of cars, not a bitmap", b"a,b\n1,2\n"])
def test_the_rest_is_no_picture(name: str, head: bytes) -> None:
    assert recognise(name, head) is None


def test_a_pointer_of_git_lfs_and_a_file_that_cannot_be_read() -> None:
    assert recognise("a.png", b"version https://git-lfs.github.com/spec/v1"[:HEAD]) == Recognised("PNG", "pointer")
    assert recognise("a.png", None) == Recognised("PNG", "unreadable")
    assert recognise("a.txt", None) is None


@given(st.text(max_size=20), st.binary(max_size=HEAD) | st.none())
def test_nothing_makes_it_stumble(name: str, head: bytes | None) -> None:
    found = recognise(name, head)
    assert found is None or found.unused or found.format in FORMATS
