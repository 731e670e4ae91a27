"""Pictures in and out, and the decoding of files that nobody vouches for."""

import io
import json
import os
import struct
import subprocess
import sys
import time
import zlib
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from ganlab.core.image_formats import FORMATS, HEAD, format_of
from ganlab.core.images import (
    MAX_BYTES,
    ImageError,
    decode,
    is_grey,
    png,
    read,
    sheet,
    square,
    to_pil,
    to_uint8,
)
from tests.support import ROOT

RED = (200, 30, 40)


def saved(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def test_every_level_survives_the_way_to_floats_and_back() -> None:
    levels = torch.arange(256, dtype=torch.uint8)
    assert torch.equal(to_uint8(levels / 127.5 - 1), levels)


def test_what_is_out_of_range_is_clamped_and_nan_is_black() -> None:
    values = torch.tensor([-9.0, -1.0, 1.0, 9.0, float("nan"), float("inf")], requires_grad=True)
    assert to_uint8(values).tolist() == [0, 0, 255, 255, 0, 255]
    assert to_uint8(torch.tensor([0.999], dtype=torch.bfloat16)).dtype == torch.uint8


@pytest.mark.parametrize(("channels", "mode"), [(1, "L"), (3, "RGB")])
def test_to_pil_keeps_every_pixel(channels: int, mode: str) -> None:
    image = torch.randint(0, 256, (channels, 5, 7), dtype=torch.uint8)
    picture = to_pil(image)
    assert (picture.mode, picture.size) == (mode, (7, 5))
    assert np.array_equal(np.asarray(picture).reshape(5, 7, channels), image.permute(1, 2, 0).numpy())


@given(st.integers(1, 12), st.integers(1, 6), st.integers(0, 3), st.integers(1, 3), st.sampled_from([1, 3]))
def test_a_sheet_holds_every_image_in_its_place(count: int, columns: int, padding: int, scale: int, channels: int) -> None:
    images = torch.randint(0, 256, (count, channels, 4, 5), dtype=torch.uint8)
    grid = np.asarray(sheet(images, columns, padding, scale, background=7))
    columns, rows = min(columns, count), -(-count // min(columns, count))
    assert grid.shape[:2] == (rows * (4 * scale + padding) + padding, columns * (5 * scale + padding) + padding)
    covered = np.zeros(grid.shape[:2], dtype=bool)
    for i, image in enumerate(images):
        top = padding + i // columns * (4 * scale + padding)
        left = padding + i % columns * (5 * scale + padding)
        cell = grid[top : top + 4 * scale : scale, left : left + 5 * scale : scale].reshape(4, 5, channels)
        assert np.array_equal(cell, image.permute(1, 2, 0).numpy())
        covered[top : top + 4 * scale, left : left + 5 * scale] = True
    assert (grid[~covered] == 7).all()


def test_a_sheet_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="0 images"):
        sheet(torch.zeros(0, 1, 4, 4, dtype=torch.uint8), 4)


def test_png_bytes_open_as_the_same_picture() -> None:
    picture = to_pil(torch.randint(0, 256, (3, 9, 9), dtype=torch.uint8))
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(png(picture)))), np.asarray(picture))


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "BMP", "GIF", "TIFF"])
def test_every_format_opens_by_its_content(kind: str) -> None:
    data = saved(Image.new("RGB", (40, 30), RED), kind)
    image = decode(data)
    assert (image.mode, image.size) == ("RGB", (40, 30))
    assert np.abs(np.asarray(image, dtype=int) - RED).max() <= 6
    assert format_of(data[:HEAD]) in FORMATS


@pytest.mark.parametrize(
    "data", [b"", b"hello", b"%!PS-Adobe-3.0 EPSF-3.0\n", b"<svg/>", b"P6 1 1 255 abc", b"GIF89a", bytes(99)]
)
def test_other_content_is_refused_in_a_sentence(data: bytes) -> None:
    with pytest.raises(ImageError, match=r"\.$"):
        decode(data)


def test_transparency_is_laid_on_white() -> None:
    clear = Image.new("RGBA", (4, 4), (*RED, 0))
    palette = Image.new("P", (4, 4), 0)
    palette.putpalette([*RED, 0, 0, 0])
    for data in (saved(clear), saved(palette, transparency=0), saved(Image.new("LA", (4, 4), (0, 0))), saved(clear, "WEBP")):
        assert np.asarray(decode(data)).min() == 255
    assert decode(saved(Image.new("RGBA", (1, 1), (0, 0, 0, 128)))).getpixel((0, 0)) == (127, 127, 127)


def test_sixteen_bits_become_eight() -> None:
    ramp = Image.fromarray(np.array([[0, 32768, 65535]], dtype=np.uint16))
    for data in (saved(ramp), saved(ramp, "TIFF")):
        assert [pixel[0] for pixel in np.asarray(decode(data))[0]] == [0, 128, 255]
    floats = Image.fromarray(np.array([[-2.0, 0.0, 2.0]], dtype=np.float32))
    assert [pixel[1] for pixel in np.asarray(decode(saved(floats, "TIFF")))[0]] == [0, 128, 255]


def test_palettes_cmyk_grey_and_bits_become_rgb() -> None:
    cmyk = decode(saved(Image.new("CMYK", (8, 8), (0, 255, 255, 0)), "JPEG"))
    assert np.abs(np.asarray(cmyk, dtype=int)[0, 0] - (255, 0, 0)).max() <= 3
    assert decode(saved(Image.new("1", (2, 2), 1))).getpixel((0, 0)) == (255, 255, 255)
    assert decode(saved(Image.new("L", (2, 2), 9))).getpixel((1, 1)) == (9, 9, 9)
    assert decode(saved(Image.new("RGB", (2, 2), RED).quantize(2))).getpixel((1, 1)) == RED


def test_grey_files_are_known_by_their_header() -> None:
    assert is_grey(saved(Image.new("L", (2, 2)), "JPEG"))
    assert is_grey(saved(Image.new("I;16", (2, 2))))
    assert not is_grey(saved(Image.new("RGB", (2, 2))))
    with pytest.raises(ImageError):
        is_grey(b"nothing")


def test_a_photo_is_turned_upright() -> None:
    image = Image.new("RGB", (6, 4), "white")
    image.putpixel((0, 0), (0, 0, 0))
    exif = Image.Exif()
    exif[0x0112] = 6  # turn by 90 degrees clockwise
    turned = decode(saved(image, exif=exif))
    assert turned.size == (4, 6)
    assert turned.getpixel((3, 0)) == (0, 0, 0)


def test_damaged_notes_about_a_good_photo_do_no_harm() -> None:
    data = saved(Image.new("RGB", (16, 16), RED), "JPEG", exif=b"Exif\0\0MM\0*\0\0\0\x08\xff\xff" + b"\x01\x12" * 9)
    assert decode(data).size == (16, 16)


def test_only_the_first_frame_of_an_animation() -> None:
    frames = [Image.new("RGB", (4, 4), colour) for colour in ("red", "lime", "blue")]
    assert decode(saved(frames[0], "GIF", save_all=True, append_images=frames[1:])).getpixel((0, 0)) == (255, 0, 0)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "TIFF", "BMP", "WEBP"])
def test_half_a_file_is_refused(kind: str) -> None:
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8))
    data = saved(noise, kind)
    with pytest.raises(ImageError, match=r"\.$"):
        decode(data[: len(data) // 2])


def bomb(width: int, height: int) -> bytes:
    """A PNG that claims a size and holds next to nothing."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(bytes(100))) + chunk(b"IEND", b"")


@pytest.mark.parametrize("side", [9000, 12_000, 60_000])
def test_a_bomb_is_refused_by_its_claimed_size(side: int) -> None:
    start = time.perf_counter()
    with pytest.raises(ImageError, match="more than 64 megapixels"):
        decode(bomb(side, side))
    assert time.perf_counter() - start < 0.5
    with pytest.raises(ImageError, match="more than 1 megapixels"):
        decode(bomb(1100, 1100), max_pixels=2**20)


@given(st.binary(max_size=200))
def test_any_bytes_decode_or_are_refused(data: bytes) -> None:
    try:
        assert decode(data).mode == "RGB"
    except ImageError as error:
        assert str(error).endswith(".")


@given(st.sampled_from(["PNG", "JPEG", "GIF", "TIFF", "BMP", "WEBP"]), st.data())
def test_any_damage_decodes_or_is_refused(kind: str, data: st.DataObject) -> None:
    good = bytearray(saved(Image.linear_gradient("L").resize((24, 20)).convert("RGB"), kind))
    for _ in range(data.draw(st.integers(1, 8))):
        good[data.draw(st.integers(0, len(good) - 1))] = data.draw(st.integers(0, 255))
    try:
        assert decode(bytes(good)).mode == "RGB"
    except ImageError as error:
        assert str(error).endswith(".")


def test_a_square_is_cut_from_the_centre() -> None:
    image = Image.new("RGB", (30, 10), "black")
    image.paste("white", (10, 0, 20, 10))
    assert np.asarray(square(image, 5)).min() == 255
    assert np.asarray(square(image.transpose(Image.Transpose.ROTATE_90), 20)).min() == 255
    assert square(image.crop((0, 0, 8, 8)), 8).size == (8, 8)


def test_a_jpeg_comes_smaller_but_the_same() -> None:
    photo = Image.linear_gradient("L").resize((1024, 768)).convert("RGB")
    data = saved(photo, "JPEG", quality=95)
    small = decode(data, at_least=128)
    assert min(small.size) >= 128
    assert small.width < 1024
    assert np.abs(np.asarray(square(small, 64), dtype=int) - np.asarray(square(decode(data), 64), dtype=int)).max() <= 4


def test_thousands_of_damaged_photos_harm_nothing(tmp_path: Path, real_data_folder: Path) -> None:
    """1,500 in a process of its own, so that what a file costs in memory can be seen from outside; the script takes more."""
    command = [sys.executable, "-m", "tests.support.fuzz_photos", str(real_data_folder / "photos"), "1500", "0"]
    environment = os.environ | {"TMPDIR": str(tmp_path)}
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, env=environment, check=True)
    result = json.loads(done.stdout)
    assert result["crashes"] == [] and result["telling"] == []
    assert result["decoded"] > 300 and result["refused"] > 300, "the damage must leave some usable and some not"
    assert result["slowest"] < 5 and result["megabytes"] < 1000
    assert list(tmp_path.iterdir()) == [], "a file was left behind"


# Each file is read by a fork of its own, whose memory and time the system then tells; PyTorch is imported once.
READ_EACH = """
import os, resource, sys
from pathlib import Path
from ganlab.core.images import read

before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for path in sys.argv[1:]:
    child = os.fork()
    if not child:
        read(Path(path))
        os._exit(0)
    _, status, used = os.wait4(child, 0)
    print(Path(path).name, status, (used.ru_maxrss - before) // 1024, used.ru_utime + used.ru_stime)
"""


def test_the_largest_picture_of_every_kind_stays_below_a_gigabyte(tmp_path: Path) -> None:
    for mode, kind in [("RGBA", "PNG"), ("F", "TIFF"), ("CMYK", "JPEG")]:
        options = {"TIFF": {"compression": "tiff_deflate"}, "PNG": {"compress_level": 1}}.get(kind, {})
        Image.new(mode, (8192, 8192)).save(tmp_path / mode, kind, **options)
    command = [sys.executable, "-c", READ_EACH, *map(str, sorted(tmp_path.iterdir()))]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    rows = [line.split() for line in done.stdout.splitlines()]
    assert [name for name, *_ in rows] == ["CMYK", "F", "RGBA"]
    for name, status, megabytes, seconds in rows:
        assert status == "0" and float(megabytes) < 1000 and float(seconds) < 20, name


def test_a_file_is_looked_at_before_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    large = tmp_path / "large.png"
    with large.open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    monkeypatch.setattr(Path, "read_bytes", lambda self: pytest.fail("read in spite of its size"))
    with pytest.raises(ImageError, match=r"The file has more than 64 MB; make the image smaller\."):
        read(large)
    with pytest.raises(ImageError, match="is not a file"):
        read(tmp_path)


@pytest.mark.parametrize("head", [b"\0\0\0\x1cftypheic\0\0\0\0mif1heic", b"\0\0\0\x0cJXL \r\n\x87\n", b"<svg xmlns='http"])
def test_formats_that_are_not_read_are_refused_by_name_of_those_that_are(head: bytes) -> None:
    with pytest.raises(ImageError, match=r"not an image in one of the formats JPEG, PNG, .+; save it as one of them\."):
        decode(head + bytes(200))
