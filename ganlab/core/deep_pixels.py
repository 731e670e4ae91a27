"""Levels of more than 8 bits: what a file holds, and how they become 8 bits, by one scale for a whole set of files."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image
from PIL.ImageFile import ImageFile

Open = Callable[[], ImageFile]  # an image of which no pixel is decoded yet, anew with each call
_FREE = ("I", "F")  # modes whose levels have no fixed scale
_DEPTHS = (8, 10, 12, 14, 16)  # that cameras and scanners have


@dataclass(frozen=True)
class Levels:
    """The lowest and the highest level in a file, without its transparency; `free` where they have no fixed scale."""

    low: float
    high: float
    free: bool


@dataclass(frozen=True)
class Scale:
    """How deep levels become 8 bits: those of 16-bit files hold `bits`; free ones lead from `black` to `white`.

    With `black` equal to `white` each picture of free levels has its own extremes, which is for pictures that come alone.
    """

    bits: int = 16
    black: float = 0.0
    white: float = 0.0

    @classmethod
    def of(cls, found: Iterable[Levels]) -> Scale:
        """Return the one scale for a set of files that hold these levels."""
        found = list(found)
        free = [one for one in found if one.free]
        bits = _depth(max((one.high for one in found if not one.free), default=65535))
        if not free:
            return cls(bits)
        low, high = min(one.low for one in free), max(one.high for one in free)
        if low < 0 or high > 65535:
            return cls(bits, low, high)
        return cls(bits, 0.0, 1.0 if high <= 1 else float(2 ** _depth(high) - 1))


SIXTEEN = Scale()
_SWAPPED = {"B": "L", "L": "B", "N": "B" if sys.byteorder == "little" else "L"}  # orders of two bytes


def is_deep(image: ImageFile) -> bool:
    """Whether an image that was opened, but not loaded, holds levels of more than 8 bits."""
    return image.mode in _FREE or image.mode.startswith("I;16") or _is_cut(image)


def extremes(open_image: Open) -> Levels:
    """Return the levels of a deep image."""
    image = open_image()
    values = _values(image, open_image, lambda same: same)
    if values.ndim == 3 and image.mode.endswith("A"):
        values = values[..., :-1]
    values = values[np.isfinite(values)] if values.dtype.kind == "f" else values
    low, high = (float(values.min()), float(values.max())) if values.size else (0.0, 0.0)
    return Levels(low, high, image.mode in _FREE)


def eight_bits(open_image: Open, turned: Callable[[Image.Image], Image.Image], scale: Scale) -> Image.Image:
    """Return a deep image, `turned` upright, with 8 bits for each level."""
    image = open_image()
    if scale.bits == 16 and _is_cut(image):
        image.load()
        return turned(image)  # of colour Pillow keeps the higher 8 of 16 bits
    values = _values(image, open_image, turned)
    if image.mode in _FREE:
        return Image.fromarray(_stretched(values.astype(np.float32), scale))
    levels = np.minimum(values >> (scale.bits - 8), 255).astype(np.uint8)
    if levels.ndim == 3 and image.mode.endswith("A") and values[..., -1].max() >= 2**scale.bits:
        levels[..., -1] = values[..., -1] >> 8  # transparency of 16 bits beside levels of fewer
    return Image.fromarray(levels, None if levels.ndim == 2 else image.mode)


def _values(image: ImageFile, open_image: Open, turned: Callable[[Image.Image], Image.Image]) -> np.ndarray:
    """All levels, (H, W) or (H, W, C). Pillow keeps one byte of two of a colour, so the other comes of a second look."""
    if not _is_cut(image):
        image.load()
        values = np.asarray(turned(image))
        return values.astype(np.uint16) if image.mode.startswith("I;16") else values
    other = open_image()
    other.tile = [tile._replace(args=_with_raw(tile.args, _SWAPPED[_raw(tile.args)[-1]])) for tile in other.tile]
    image.load()
    high = np.asarray(turned(image)).astype(np.uint16) << 8
    try:
        other.load()
    except ValueError:  # an order of bytes that Pillow does not have in this mode: the higher one will have to do
        return high | 255
    both: np.ndarray = high | np.asarray(turned(other))
    return both


def _is_cut(image: ImageFile) -> bool:
    """Whether the file has 16 bits for each level of a colour, of which Pillow keeps the higher 8."""
    raw = [_raw(tile.args) for tile in image.tile]
    return bool(raw) and not image.mode.startswith("I") and all(mode[-4:-1] == ";16" for mode in raw)


def _raw(args: object) -> str:
    """How a tile's pixels lie in the file: the argument of its decoder, or the first of several."""
    first = args[0] if isinstance(args, tuple) and args else args
    return first if isinstance(first, str) else ""


def _with_raw(args: tuple[Any, ...] | str | None, order: str) -> tuple[Any, ...] | str:
    """The arguments of a tile's decoder, for bytes in the other order."""
    raw = _raw(args)[:-1] + order
    return (raw, *args[1:]) if isinstance(args, tuple) else raw


def _stretched(values: np.ndarray, scale: Scale) -> np.ndarray:
    """Free levels, changed in place -> uint8 with black at 0 and white at 255; what is not finite is 0."""
    np.nan_to_num(values, copy=False, posinf=0, neginf=0)
    alone = scale.black == scale.white
    low, high = (values.min(), values.max()) if alone else (scale.black, scale.white)
    values -= low
    values *= 255 / (high - low) if high > low else 0
    levels: np.ndarray = np.rint(np.clip(values, 0, 255)).astype(np.uint8)
    return levels


def _depth(high: float) -> int:
    """The least depth that holds this level."""
    return next(bits for bits in _DEPTHS if high < 2**bits)
