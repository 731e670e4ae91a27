"""Pictures in and out: [-1, 1] tensors <-> uint8 <-> PIL, sheets, PNG bytes, and the safe decoding of unknown files."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageOps

from ganlab.core.names import shown
from ganlab.core.text import byte_size

if TYPE_CHECKING:
    from pathlib import Path

    from torch import Tensor

FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "GIF", "TIFF")
MAX_BYTES = 64 * 10**6  # of a file, before it is read
MAX_PIXELS = 2**26  # 64 megapixels: any camera's photo, and 200 MB decoded at most


class ImageError(ValueError):
    """A file that cannot be used as an image; the message gives the reason in one sentence."""

    def __init__(self, message: str) -> None:
        super().__init__(shown(message))


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


def decode(data: bytes, *, at_least: int = 0, max_pixels: int = MAX_PIXELS) -> Image.Image:
    """Decode the bytes of an image file to an upright PIL image in mode "RGB"; raise ImageError with the reason otherwise.

    The format is recognised by content and the size is checked before a pixel is decoded. Animations give their first frame,
    transparency is laid on white, 16 bits become 8. With `at_least`, a JPEG may come smaller than it is, its sides at least
    that many pixels: ten times faster for a big photo.
    """
    with _refusals(max_pixels):
        image = Image.open(io.BytesIO(data), formats=FORMATS)
        if image.width * image.height > max_pixels:
            raise Image.DecompressionBombError
        if 0 < 2 * at_least <= min(image.size):
            image.draft(None, (at_least, at_least))
        image.load()
        return _flatten(_upright(image))


def read(path: Path) -> Image.Image:
    """Decode the image file at `path`; its size is checked before its content is read. Raise ImageError with the reason."""
    try:
        if not path.is_file():
            raise ImageError(f"{path.name} is not a file.")
        if path.stat().st_size > MAX_BYTES:
            raise ImageError(f"The file has more than {byte_size(MAX_BYTES)}; make the image smaller.")
        data = path.read_bytes()
    except OSError as error:
        raise ImageError(f"The file cannot be read ({error.strerror}).") from error
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
        return Image.open(io.BytesIO(data), formats=FORMATS).mode in ("1", "L", "LA", "I", "I;16", "I;16B", "F")


def looks_like_image(head: bytes) -> bool:
    """Whether the first 16 bytes of a file are those of a format that `decode` reads."""
    return head.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n", b"BM", b"GIF8", b"II*\0", b"MM\0*")) or (
        head[:4] == b"RIFF" and head[8:12] == b"WEBP"
    )


@contextmanager
def _refusals(max_pixels: int) -> Iterator[None]:
    """Turn whatever Pillow raises on hostile or damaged bytes into an ImageError."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what is refused or mended here
            yield
    except Image.UnidentifiedImageError:
        raise ImageError(f"This is not an image in one of the formats {', '.join(FORMATS)}; save it as one of them.") from None
    except Image.DecompressionBombError:
        raise ImageError(f"The image has more than {max_pixels // 2**20} megapixels; make it smaller.") from None
    except Exception as error:  # nearly any kind, from struct.error to RuntimeError
        raise ImageError(f"The image is damaged or incomplete ({str(error) or type(error).__name__}).") from error


def _upright(image: Image.Image) -> Image.Image:
    """Return the image turned by its EXIF orientation; as stored where the EXIF block itself is damaged."""
    with suppress(Exception):  # the pixels are good, only the note about them is not
        ImageOps.exif_transpose(image, in_place=True)
    return image


def _flatten(image: Image.Image) -> Image.Image:
    """Any mode -> "RGB": transparency on white, deep greys scaled to 8 bits."""
    if image.mode.startswith("I;16"):
        image = Image.fromarray((np.asarray(image).astype(np.uint16) >> 8).astype(np.uint8))
    elif image.mode in ("I", "F"):
        image = _stretched(np.array(image, dtype=np.float32))
    if image.mode in ("RGBA", "LA", "PA", "RGBa") or "transparency" in image.info:
        layered = image if image.mode == "RGBA" else image.convert("RGBA")
        flat = Image.new("RGB", layered.size, "white")
        flat.paste(layered, mask=layered)
        return flat
    return image if image.mode == "RGB" else image.convert("RGB")


def _stretched(values: np.ndarray) -> Image.Image:
    """Levels without a fixed scale, changed in place -> "L", black the lowest and white the highest."""
    np.nan_to_num(values, copy=False, posinf=0, neginf=0)
    low, high = values.min(), values.max()
    values -= low
    values *= 255 / (high - low) if high > low else 0
    return Image.fromarray(np.rint(values, out=values).astype(np.uint8))
