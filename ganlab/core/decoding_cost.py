"""What it costs to decode an image file, bounded by its bytes alone, before a decoder sees them.

A decoder's work is not bounded by the number of pixels: a progressive JPEG goes over all of them once for each scan, a TIFF
directory may claim the same megabytes a thousand times, and some lists are appended to piece by piece. All bounds here are
far above what cameras and programs write; each has its hostile file in tests/support/hostile_pictures.py.
"""

from __future__ import annotations

import re

import numpy as np

MOST_PASSES = 2**32  # pixels that the scans of a JPEG go over: 64 scans of 64 megapixels, a second's work
MOST_SCANS = 1000
MOST_PIECES = 4096  # segments of a JPEG before its pixels, blocks of notes in a GIF, compressed notes in a PNG
MOST_CHUNKS = 2**16  # of a PNG, strips or tiles of a TIFF
MOST_BLOCKS = 2**20  # of a GIF's first picture
MOST_PADDING = 2**16  # bytes that belong to nothing
MOST_TILED = 2**27  # pixels, with what tiles reach beyond the picture
RUN_LENGTHS = 2**22, 2**24  # bytes and pixels of a BMP in runs, which Pillow unpacks in Python
_NOTES_INFLATED = 256  # compressed notes of a PNG, of a megabyte each at most
_EXIF = b"Exif\0\0"
_MARKER = re.compile(rb"\xff[^\0\xff]", re.DOTALL)
_TIFF = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_SIZES = np.array([0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4, 0, 0, 8, 8, 8] + [0] * 13, np.uint64)  # bytes of a TIFF's types
_STRIPS, _STRIP_BYTES, _TILE_BYTES, _TILES = 273, 279, 325, 324
_SUBDIRECTORIES = (0x8769, 0x8825, 0xA005)


class Costly(Exception):
    """More work than a picture can need."""


def check(data: bytes) -> None:
    """Raise Costly where decoding the image file `data`, or reading its notes, may cost far more than its pixels do.

    Anything else is left to the decoder.
    """
    if data[:2] == b"\xff\xd8":
        _check_jpeg(data)
    elif data[:4] == b"\x89PNG":
        _check_png(data)
    elif data[:3] == b"GIF":
        _check_gif(data)
    elif data[:2] in (b"II", b"MM"):
        check_notes(data)
        _check_tiff(data)
    elif data[:2] == b"BM":
        _check_bmp(data)
    elif data[8:12] == b"WEBP":
        _check_webp(data)
    elif data[4:8] == b"ftyp":  # its notes may lie anywhere
        for magic in _TIFF:
            at = -1
            for _ in range(MOST_PIECES):
                if (at := data.find(magic, at + 1)) < 0:
                    break
                check_notes(data, at)


def _bound(number: float, most: float) -> None:
    if number > most:
        raise Costly


def _check_jpeg(data: bytes) -> None:
    """Walk the segments as libjpeg does. Pillow looks at those before the first scan in Python, and joins pieces of EXIF."""
    at, segments, padding, scans, pixels = 2, 0, 0, 0, 0
    exif = b""
    while found := _MARKER.search(data, at):
        if not scans:
            padding += found.start() - at
            _bound(padding, MOST_PADDING)
        marker, at = data[found.start() + 1], found.end()
        if marker == 0xD9 and scans:
            return
        if marker < 0xC0 or 0xD0 <= marker <= 0xD9:  # without a length
            continue
        segments += 1
        _bound(segments, MOST_PIECES)
        size = max(2, int.from_bytes(data[at : at + 2], "big"))
        body = data[at + 2 : at + size]
        at += size
        if marker == 0xDA:
            if not scans:
                check_notes(exif)
                most = 1 + data.count(b"\xff\xda", at)
                if most <= MOST_SCANS and most * pixels <= MOST_PASSES:  # of nearly all, at once
                    return
            scans += 1
            _bound(scans, MOST_SCANS)
            _bound(scans * pixels, MOST_PASSES)
        elif 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            pixels = max(pixels, (int.from_bytes(body[1:3], "big") + 31) * (int.from_bytes(body[3:5], "big") + 31))
        elif marker == 0xE1 and body.startswith(_EXIF):
            exif += body[6:]
            _bound(len(exif), 2**20)
        elif marker == 0xE2 and body.startswith(b"MPF\0"):
            check_notes(body[4:])


def _check_png(data: bytes) -> None:
    """Count the chunks, which Pillow reads in Python, and the notes that it inflates."""
    at, chunks, notes = 8, 0, 0
    while at + 8 <= len(data):
        chunks += 1
        _bound(chunks, MOST_CHUNKS)
        kind, size = data[at + 4 : at + 8], int.from_bytes(data[at : at + 4], "big")
        if kind in (b"iCCP", b"zTXt", b"iTXt"):
            notes += 1
            _bound(notes, _NOTES_INFLATED)
        elif kind == b"eXIf":
            check_notes(data[at + 8 : at + 8 + size])
        at += 12 + size


def _check_webp(data: bytes) -> None:
    at = 12
    for _ in range(MOST_PIECES):
        if at >= len(data):
            return
        size = int.from_bytes(data[at + 4 : at + 8], "little")
        if data[at : at + 4] == b"EXIF":
            check_notes(data[at + 8 : at + 8 + size])
        at += 8 + size + size % 2


def _check_gif(data: bytes) -> None:
    """Count the blocks up to the second picture, at which Pillow looks to know whether there is one."""
    at, notes, padding, pictures = 13 + _colours(data[10:11]), 0, 0, 0
    while at < len(data) and data[at] != 0x3B:
        kind, at = data[at], at + 1
        if kind == 0x21:
            blocks, at = _blocks(data, at + 1, MOST_PIECES)
            notes += blocks
            _bound(notes, MOST_PIECES)
        elif kind == 0x2C:
            pictures += 1
            if pictures == 2:
                return
            _, at = _blocks(data, at + 10 + _colours(data[at + 8 : at + 9]), MOST_BLOCKS)
        else:
            padding += 1
            _bound(padding, MOST_PADDING)


def _colours(flags: bytes) -> int:
    """The bytes of the palette that these flags announce."""
    return 3 << ((flags[0] & 7) + 1) if flags and flags[0] & 0x80 else 0


def _blocks(data: bytes, at: int, most: int) -> tuple[int, int]:
    """How many blocks there are, and where they end."""
    blocks = 0
    while at < len(data) and data[at]:
        blocks += 1
        _bound(blocks, most)
        at += data[at] + 1
    return blocks, at + 1


def _check_bmp(data: bytes) -> None:
    if data[30:34] in (b"\1\0\0\0", b"\2\0\0\0"):
        _bound(len(data), RUN_LENGTHS[0])
        sides = [abs(int.from_bytes(data[at : at + 4], "little", signed=True)) for at in (18, 22)]
        _bound(sides[0] * sides[1], RUN_LENGTHS[1])


def check_notes(data: bytes, start: int = 0) -> None:
    """Raise Costly for an EXIF block, or a TIFF, whose entries claim the same bytes: each one's value is copied."""
    while data.startswith(_EXIF, start):
        start += len(_EXIF)
        _bound(start, MOST_PADDING)  # Pillow cuts them off one by one
    if data[start : start + 4] in _TIFF:
        for entries, block in _directories(data, start):
            sizes = _SIZES[np.minimum(entries["type"], 31)] * entries["count"].astype(np.uint64)
            held = entries["value"].astype(np.uint64) + sizes <= len(block)
            _bound(sizes[held].astype(float).sum(), len(block) + 2**20)


def _directories(data: bytes, start: int) -> list[tuple[np.ndarray, memoryview]]:
    """The first directory of the TIFF that begins at `start`, and those it leads to: (entries, bytes of the TIFF)."""
    block = memoryview(data)[start:]
    little, large = data[start] == ord("I"), 43 in data[start + 2 : start + 4]
    wide, width, length = ("u8", 8, 20) if large else ("u4", 2, 12)
    kind = np.dtype([("tag", "u2"), ("type", "u2"), ("count", wide), ("value", wide)]).newbyteorder("<" if little else ">")
    seen: set[int] = set()
    left = [_whole(block[8:16] if large else block[4:8], little)]
    found: list[tuple[np.ndarray, memoryview]] = []
    while left and len(found) < 8:
        at = left.pop()
        if at in seen or at + width > len(block):
            continue
        seen.add(at)
        rows = min(_whole(block[at : at + width], little), (len(block) - at - width) // length)
        _bound(rows, 2**17)
        entries = np.frombuffer(block, kind, rows, at + width) if rows else np.empty(0, kind)
        found.append((entries, block))
        left += [int(entry["value"]) for entry in entries[np.isin(entries["tag"], _SUBDIRECTORIES)][:8]]
    return found


def _whole(number: memoryview, little: bool) -> int:
    return int.from_bytes(number, "little" if little else "big")


def _check_tiff(data: bytes) -> None:
    """Bound the strips or tiles, the bytes that they claim together, and their pixels."""
    for entries, block in _directories(data, 0)[:1]:
        known = {int(entry["tag"]): entry for entry in entries[:MOST_PIECES]}
        for tag in (_STRIPS, _TILES, _STRIP_BYTES, _TILE_BYTES):
            if tag in known:
                _bound(int(known[tag]["count"]), MOST_CHUNKS)
        for tag in (_STRIP_BYTES, _TILE_BYTES):
            if tag in known:
                _bound(_numbers(known[tag], block).astype(float).sum(), 2 * len(data) + 2**20)
        width, height, across, down = (
            int(_numbers(known[tag], block)[:1].sum()) if tag in known else 0 for tag in (256, 257, 322, 323)
        )
        if across and down:
            _bound(-(-width // across) * across * -(-height // down) * down, MOST_TILED)


def _numbers(entry: np.void, block: memoryview) -> np.ndarray:
    """The whole numbers that an entry holds; none where it holds others or reaches beyond the file."""
    order = entry.dtype["value"].byteorder
    kind = {3: "u2", 4: "u4", 16: "u8"}.get(int(entry["type"]))
    count = int(entry["count"])
    if kind is None:
        return np.empty(0)
    size = count * np.dtype(kind).itemsize
    inline = entry.tobytes()[-entry.dtype["value"].itemsize :]
    held = inline[:size] if size <= len(inline) else block[int(entry["value"]) : int(entry["value"]) + size]
    return np.frombuffer(held, np.dtype(kind).newbyteorder(order)) if len(held) == size else np.empty(0)
