"""Pictures in and out: [-1, 1] tensors <-> uint8 <-> PIL, sheets, PNG bytes, and the safe decoding of unknown files."""

from __future__ import annotations

import io
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import ExifTags, Image
from PIL.ImageFile import ImageFile

from ganlab.core.decoding_cost import Costly, check, check_notes
from ganlab.core.deep_pixels import SIXTEEN, Levels, Scale, eight_bits, extremes, is_deep
from ganlab.core.image_formats import FORMATS
from ganlab.core.names import shown
from ganlab.core.text import byte_size

if TYPE_CHECKING:
    from pathlib import Path

    from torch import Tensor

# What is written by a file's ending: the format, how, and the most pixels that its sides may have (0: any).
WRITTEN: dict[str, tuple[str, dict[str, Any], int]] = {
    ".png": ("PNG", {"compress_level": 1}, 0),
    ".jpg": ("JPEG", {"quality": 95, "subsampling": 0}, 65_500),
    ".jpeg": ("JPEG", {"quality": 95, "subsampling": 0}, 65_500),
    ".webp": ("WEBP", {"lossless": True, "method": 0}, 16_383),
    ".gif": ("GIF", {}, 65_535),
    ".bmp": ("BMP", {}, 0),
    ".tif": ("TIFF", {}, 0),
    ".tiff": ("TIFF", {}, 0),
}
MAX_BYTES = 64 * 10**6  # of a file, before it is read
MAX_PIXELS = 2**26  # 64 megapixels: any camera's photo, and 200 MB decoded at most
MOST_SHEET_BYTES = 2**26  # of a sheet of samples, before it is read
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}  # by EXIF orientation
_ON_ITS_SIDE = (5, 6, 7, 8)  # of these
_NOTES = ("exif", "Raw profile type exif", "xmp", "XML:com.adobe.xmp")  # where a file's orientation may stand


class ImageError(ValueError):
    """A file that cannot be used as an image; the message gives the reason in one sentence, `kind` as a kind of remark.

    `limit` is the number that a file which is too large exceeds.
    """

    def __init__(self, message: str, kind: str = "damaged", limit: int = 0) -> None:
        super().__init__(shown(message))
        self.kind, self.limit = kind, limit


def to_uint8(images: Tensor) -> Tensor:
    """Floats in [-1, 1] -> uint8 0..255, rounded and clamped; NaN (a diverged generator) becomes black."""
    return images.detach().float().nan_to_num(nan=-1.0).add(1).mul_(127.5).round_().clamp_(0, 255).byte()


def to_pil(image: Tensor) -> Image.Image:
    """uint8 (C, H, W), grey or colour -> PIL "L" or "RGB"."""
    pixels = image.permute(1, 2, 0).cpu().numpy()
    return Image.fromarray(np.ascontiguousarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels))


def sheet(images: Tensor, columns: int, padding: int = 2, scale: int = 1, background: int = 255) -> Image.Image:
    """uint8 (N, C, H, W) -> one picture in rows of `columns`, `padding` pixels of grey level `background` around each.

    `scale` enlarges the images, not the padding, by whole pixels: small ones stay crisp.
    """
    count, channels, height, width = images.shape
    if not count or columns < 1:
        raise ValueError(f"A sheet needs images and columns; it got {count} images in {columns} columns.")
    columns = min(columns, count)
    rows = -(-count // columns)
    cell = (height * scale + padding, width * scale + padding)
    cells = np.full((rows * columns, *cell, channels), background, dtype=np.uint8)
    pixels = images.permute(0, 2, 3, 1).cpu().numpy()
    cells[:count, padding:, padding:] = pixels.repeat(scale, axis=1).repeat(scale, axis=2)
    grid = cells.reshape(rows, columns, *cell, channels).swapaxes(1, 2).reshape(rows * cell[0], columns * cell[1], channels)
    grid = np.pad(grid, ((0, padding), (0, padding), (0, 0)), constant_values=background)
    return Image.fromarray(grid[..., 0] if channels == 1 else grid)


def png(image: Image.Image, compress_level: int = 1) -> bytes:
    """The picture as PNG bytes; level 1 is meant for pictures that are looked at once, 9 for ones that are kept."""
    buffer = io.BytesIO()
    image.save(buffer, "PNG", compress_level=compress_level)
    return buffer.getvalue()


def encoded(image: Image.Image, ending: str) -> bytes:
    """The picture as the bytes of a file with this ending, one of WRITTEN; ValueError where the format is too small for it."""
    kind, how, side = WRITTEN[ending.lower()]
    if side and max(image.size) > side:
        raise ValueError(
            f"A {ending} file has at most {side:,} pixels on a side, not {max(image.size):,}: write a .png or a folder."
        )
    buffer = io.BytesIO()
    image.save(buffer, kind, **how)
    return buffer.getvalue()


def decode(
    data: bytes,
    *,
    at_least: int = 0,
    max_pixels: int = MAX_PIXELS,
    scale: Scale = SIXTEEN,
    formats: tuple[str, ...] = FORMATS,
) -> Image.Image:
    """Decode the bytes of an image file to an upright PIL image in mode "RGB"; raise ImageError with the reason otherwise.

    The format is recognised by content and the size is checked before a pixel is decoded. Animations give their first frame,
    transparency is laid on white, deep levels become 8 bits as `scale` says. With `at_least`, a JPEG may come smaller than it
    is, its sides at least that many pixels: ten times faster for a big photo.
    """
    with _refusals(max_pixels, formats):
        image = _opened(data, max_pixels, formats)
        if 0 < 2 * at_least <= min(image.size):
            image.draft(None, (at_least, at_least))
        if is_deep(image):
            return _flatten(eight_bits(lambda: _opened(data, max_pixels, formats), _upright, scale))
        image.load()
        return _flatten(_upright(image))


def levels(data: bytes) -> Levels | None:
    """Return the levels in an image file of more than 8 bits; None for any other. ImageError when it cannot be decoded."""
    with _refusals(MAX_PIXELS):
        return extremes(lambda: _opened(data, MAX_PIXELS)) if is_deep(_opened(data, MAX_PIXELS)) else None


def size_of(data: bytes) -> tuple[int, int]:
    """Width and height of an image file as it is seen, turned as its EXIF says; no pixel is decoded. ImageError for none."""
    with _refusals(MAX_PIXELS):
        image = _opened(data, MAX_PIXELS)
        return (image.height, image.width) if _orientation(image) in _ON_ITS_SIDE else image.size


def has_frames(data: bytes) -> bool:
    """Whether an image file holds several pictures, an animation or pages, of which `decode` gives the first."""
    with _refusals(MAX_PIXELS):
        return bool(getattr(_opened(data, MAX_PIXELS), "is_animated", False))


def _opened(data: bytes, max_pixels: int, formats: tuple[str, ...] = FORMATS) -> ImageFile:
    """The image of these bytes, no pixel of which is decoded yet; Costly before anything is."""
    check(data)
    image = Image.open(io.BytesIO(data), formats=formats)
    if image.width * image.height > max_pixels:
        raise Image.DecompressionBombError
    return image


def read(path: Path) -> Image.Image:
    """Decode the image file at `path`; its size is checked before its content is read. Raise ImageError with the reason."""
    try:
        if not path.is_file():
            raise ImageError(f"{path.name} is not a file.")
        if path.stat().st_size > MAX_BYTES:
            message = f"The file has more than {byte_size(MAX_BYTES)}; make the image smaller."
            raise ImageError(message, "too_many_bytes", MAX_BYTES)
        data = path.read_bytes()
    except OSError as error:
        raise ImageError(f"The file cannot be read ({error.strerror}).", "unreadable") from error
    return decode(data)


def square(image: Image.Image, size: int) -> Image.Image:
    """The centre square of `image`, resized to `size` x `size` with antialias (Lanczos)."""
    side = min(image.size)
    left, top = (image.width - side) // 2, (image.height - side) // 2
    if image.width != image.height:
        image = image.crop((left, top, left + side, top + side))
    return image if side == size else image.resize((size, size), Image.Resampling.LANCZOS, reducing_gap=3.0)


def is_grey(data: bytes) -> bool:
    """Whether an image file is stored without colour, by its header; ImageError when it has none that is known."""
    with _refusals(MAX_PIXELS):
        return _opened(data, sys.maxsize).mode in ("1", "L", "LA", "I", "I;16", "I;16B", "F")


@contextmanager
def _refusals(max_pixels: int, formats: tuple[str, ...] = FORMATS) -> Iterator[None]:
    """Turn whatever Pillow raises on hostile or damaged bytes into an ImageError."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what is refused or mended here
            yield
    except Image.UnidentifiedImageError:
        raise ImageError(f"This is not an image in one of the formats {', '.join(formats)}; save it as one of them.") from None
    except Image.DecompressionBombError:
        message = f"The image has more than {max_pixels // 2**20} megapixels; make it smaller."
        raise ImageError(message, "too_many_pixels", max_pixels) from None
    except Costly:
        raise ImageError("The image is built so that decoding it takes far too long; save it anew.", "too_costly") from None
    except MemoryError:
        raise ImageError("The image takes more memory to decode than there is; make it smaller.", "too_costly") from None
    except Exception as error:  # nearly any kind, from struct.error to RuntimeError
        raise ImageError(f"The image is damaged or incomplete ({str(error) or type(error).__name__}).") from error


def upright(image: Image.Image) -> Image.Image:
    """Any picture that Pillow has opened or made -> "RGB" as `read` gives it: turned by its EXIF note, transparency on white."""
    return _flatten(_upright(image))


def _upright(image: Image.Image) -> Image.Image:
    """Return the image turned by its EXIF orientation; as stored where the EXIF block itself is damaged."""
    turn = _TURNS.get(_orientation(image))
    if turn is None:
        return image
    turned = image.transpose(turn)
    for note in _NOTES:  # else it would be turned again by whatever reads it next
        turned.info.pop(note, None)
    return turned


def _orientation(image: Image.Image) -> int:
    """The EXIF orientation, 1 where the EXIF block itself is damaged or missing."""
    with suppress(Exception):  # the pixels are good, only the note about them is not
        if profile := image.info.get("Raw profile type exif"):  # inflated, so that it has not been looked at
            check_notes(bytes.fromhex("".join(profile.split("\n")[3:])))
        return int(image.getexif().get(ExifTags.Base.Orientation, 1))
    return 1


def _flatten(image: Image.Image) -> Image.Image:
    """Any mode of 8 bits -> "RGB", transparency on white."""
    if image.mode in ("RGBA", "LA", "PA", "RGBa") or "transparency" in image.info:
        layered = image if image.mode == "RGBA" else image.convert("RGBA")
        flat = Image.new("RGB", layered.size, "white")
        flat.paste(layered, mask=layered)
        return flat
    return image if image.mode == "RGB" else image.convert("RGB")
