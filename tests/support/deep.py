"""Image files of 16 bits for each level, which Pillow writes in grey alone."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
from PIL import Image

_KINDS = {1: 0, 3: 2, 2: 4, 4: 6}  # channels -> PNG's kind of colour


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png16(levels: np.ndarray) -> bytes:
    """uint16 levels (H, W) or (H, W, C) as a PNG."""
    height, width, channels = levels.reshape(*levels.shape[:2], -1).shape
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in levels)
    header = struct.pack(">IIBBBBB", width, height, 16, _KINDS[channels], 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", zlib.compress(rows)) + _chunk(b"IEND", b"")


def tiff16(levels: np.ndarray, order: str = "<") -> bytes:
    """uint16 levels (H, W, 3) as a plain TIFF in one strip, of little ("<") or big (">") endian."""
    height, width, channels = levels.shape
    pixels = levels.astype(f"{order}u2").tobytes()
    offset = 8 + len(pixels)
    fields = [
        *((256, 4, 1, width), (257, 4, 1, height), (258, 3, channels, 0), (259, 3, 1, 1), (262, 3, 1, 2), (273, 4, 1, 8)),
        *((277, 3, 1, channels), (278, 4, 1, height), (279, 4, 1, len(pixels))),
    ]
    bits_at = offset + 2 + 12 * len(fields) + 4
    made = (
        struct.pack(f"{order}2sHI", b"II" if order == "<" else b"MM", 42, offset) + pixels + struct.pack(f"{order}H", len(fields))
    )
    for tag, kind, count, value in fields:
        value = bits_at if tag == 258 else value
        short = kind == 3 and count == 1
        made += struct.pack(f"{order}HHI", tag, kind, count) + struct.pack(
            f"{order}HH" if short else f"{order}I", *([value, 0] if short else [value])
        )
    return made + struct.pack(f"{order}I", 0) + struct.pack(f"{order}{channels}H", *[16] * channels)


def saved(levels: np.ndarray, kind: str = "TIFF", **options: object) -> bytes:
    """Levels of any kind that Pillow writes: uint16, int32 or float32 (H, W)."""
    buffer = io.BytesIO()
    Image.fromarray(levels).save(buffer, kind, **options)
    return buffer.getvalue()
