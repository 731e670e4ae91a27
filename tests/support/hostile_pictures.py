"""Small pictures that cost much to decode: what an attacker would send, of every format, and how each does it.

Each is a function of a size, so that a benchmark and a test can ask for as much as they have time for.
"""

from __future__ import annotations

import io
import re
import struct
import zlib
from collections.abc import Callable

from PIL import Image


def _jpeg(side: int, mode: str = "L", **options: object) -> bytes:
    buffer = io.BytesIO()
    Image.new(mode, (side, side), 128).save(buffer, "JPEG", quality=50, **options)
    return buffer.getvalue()


def _segment(marker: int, body: bytes) -> bytes:
    return bytes([0xFF, marker]) + struct.pack(">H", len(body) + 2) + body


def many_scans(side: int = 8000, scans: int = 3500) -> bytes:
    """A progressive JPEG that goes over all of its blocks again in each scan, with 75 bytes for it. 263 kB took a minute."""
    data = _jpeg(side, progressive=True)
    # Blocks without coefficients, as runs of 32,767 of them: a table with one symbol, 0xE0, whose code is "0".
    table = _segment(0xC4, bytes([0x10, 1, *bytes(15), 0xE0]))
    blocks = (-(-side // 8)) ** 2
    bits = "".join("0" + "1" * 14 for _ in range(blocks // 32767 + 1))
    bits += "1" * (-len(bits) % 8)
    run = int(bits, 2).to_bytes(len(bits) // 8, "big").replace(b"\xff", b"\xff\0")
    first = _segment(0xDA, bytes([1, 1, 0x00, 1, 63, 0x01])) + run
    again = _segment(0xDA, bytes([1, 1, 0x00, 1, 63, 0x10])) + run
    start = next(re.finditer(rb"\xff\xda", data)).start()
    rest = data[start:]
    second = rest.find(b"\xff\xda", 2)
    tables = rest.find(b"\xff\xc4", 2)
    dc = rest[: min(place for place in (second, tables, len(rest) - 2) if place > 0)]
    return data[:start] + dc + table + first + again * (scans - 2) + b"\xff\xd9"


def sequential_scans(side: int = 8000, scans: int = 3500) -> bytes:
    """A baseline JPEG of three colours whose scans, of one colour each, come again and again without any data."""
    data = _jpeg(side, "RGB")
    start = data.index(b"\xff\xda")
    scan = b"".join(_segment(0xDA, bytes([1, colour, 0x00, 0, 63, 0])) for colour in (1, 2, 3))
    return data[:start] + scan * (scans // 3) + b"\xff\xd9"


def _before_scan(data: bytes, more: bytes) -> bytes:
    start = data.index(b"\xff\xda")
    return data[:start] + more + data[start:]


def filled_jpeg(count: int = 30_000_000) -> bytes:
    """Bytes between two segments, each of which Pillow looks at by itself."""
    return _before_scan(_jpeg(8), b"\xff" * count)


def many_segments(count: int = 3_000_000) -> bytes:
    """A JPEG of notes without content."""
    return _before_scan(_jpeg(8), _segment(0xEF, b"") * count)


def exif_in_pieces(count: int = 200_000) -> bytes:
    """A JPEG whose EXIF block comes in pieces, to which Pillow appends one at a time."""
    return _before_scan(_jpeg(8), _segment(0xE1, b"Exif\0\0" + bytes(40)) * count)


def greedy_directory(entries: int = 60_000, bytes_each: int = 250_000, order: str = "<") -> bytes:
    """A TIFF directory each of whose entries claims the same bytes as its own: together far more than the file."""
    rows = b"".join(struct.pack(f"{order}HHLL", 1000 + number, 7, bytes_each, 8) for number in range(entries))
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(f"{order}L", 8 + bytes_each) + bytes(bytes_each)
    return head + struct.pack(f"{order}H", entries) + rows + bytes(4)


def greedy_below(entries: int = 60_000, bytes_each: int = 250_000) -> bytes:
    """The same in the directory below the first one, which has nothing but the orientation."""
    whole = greedy_directory(entries, bytes_each)
    first = struct.pack("<H", 2) + struct.pack("<HHLL", 0x0112, 3, 1, 6) + struct.pack("<HHLL", 0x8769, 4, 1, 8 + bytes_each)
    return whole[:4] + struct.pack("<L", len(whole)) + whole[8:] + first + bytes(4)


def chunk(kind: bytes, body: bytes) -> bytes:
    """A chunk of a PNG."""
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png_with(*chunks: bytes, side: int = 8) -> bytes:
    """A good PNG with these chunks before its pixels."""
    buffer = io.BytesIO()
    Image.new("RGB", (side, side)).save(buffer, "PNG")
    data = buffer.getvalue()
    return data[:33] + b"".join(chunks) + data[33:]


def greedy_exif_png(entries: int = 60_000, bytes_each: int = 250_000) -> bytes:
    """A PNG whose EXIF block is such a directory."""
    return png_with(chunk(b"eXIf", greedy_directory(entries, bytes_each)))


def greedy_exif_jpeg(entries: int = 60_000, bytes_each: int = 250_000) -> bytes:
    """A JPEG whose EXIF block, in pieces, is such a directory."""
    block = greedy_directory(entries, bytes_each)
    pieces = [block[at : at + 65_000] for at in range(0, len(block), 65_000)]
    return _before_scan(_jpeg(8), b"".join(_segment(0xE1, b"Exif\0\0" + piece) for piece in pieces))


def greedy_index_jpeg() -> bytes:
    """A JPEG whose index of several pictures is such a directory: 5,000 entries of 60 kB each."""
    block = greedy_directory(5000, 5000)
    return _before_scan(_jpeg(8), _segment(0xE2, b"MPF\0" + block))


def greedy_exif_webp(entries: int = 60_000, bytes_each: int = 250_000) -> bytes:
    """A WebP whose EXIF block is such a directory."""
    buffer = io.BytesIO()
    Image.new("RGB", (8, 8)).save(buffer, "WEBP", exif=greedy_directory(entries, bytes_each))
    return buffer.getvalue()


def raw_profile(hexadecimal: str) -> bytes:
    """A chunk of a PNG with an EXIF block as ImageMagick writes it: in hexadecimal, compressed."""
    return chunk(b"zTXt", b"Raw profile type exif\0\0" + zlib.compress(f"\nexif\n1\n{hexadecimal}".encode()))


def many_profiles(count: int = 20_000) -> bytes:
    """A PNG with colour profiles of nearly a megabyte, each in a kilobyte."""
    return png_with(chunk(b"iCCP", b"a\0\0" + zlib.compress(bytes(1_000_000), 9)) * count)


def many_texts(count: int = 20_000) -> bytes:
    """The same of texts."""
    return png_with(chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(1_000_000), 9)) * count)


def many_chunks(count: int = 2_000_000) -> bytes:
    """A PNG of chunks without content."""
    return png_with(chunk(b"prVt", b"") * count)


def long_comment(count: int = 150_000) -> bytes:
    """A GIF whose comment comes in pieces, to which Pillow appends one at a time."""
    buffer = io.BytesIO()
    Image.new("P", (8, 8)).save(buffer, "GIF")
    data = buffer.getvalue()
    start = data.index(b",", 13)
    return data[:start] + b"!\xfe" + (b"\xff" + b"c" * 255) * count + b"\0" + data[start:]


def many_blocks(count: int = 10_000_000) -> bytes:
    """A GIF whose pixels come in blocks of one byte, and more of them than it has pixels."""
    buffer = io.BytesIO()
    Image.new("P", (8, 8)).save(buffer, "GIF")
    data = buffer.getvalue()
    return data[:-2] + b"\1\0" * count + b"\0;"


def many_strips(count: int = 2_000_000, compression: int = 1) -> bytes:
    """A TIFF each row of which is a strip of its own."""
    offsets = 8
    at = offsets + 4 * count
    tags = [
        (256, 4, 1, 1),
        (257, 4, 1, count),
        (258, 3, 1, 8),
        (259, 3, 1, compression),
        (262, 3, 1, 1),
        (273, 4, count, offsets),
        (277, 3, 1, 1),
        (278, 4, 1, 1),
        (279, 4, count, offsets),
    ]
    directory = struct.pack("<H", len(tags)) + b"".join(struct.pack("<HHLL", *tag) for tag in tags) + struct.pack("<L", 0)
    return b"II*\0" + struct.pack("<L", at) + struct.pack("<L", 8) * count + directory


def _tiff(*tags: tuple[int, int, int, int], data: bytes = b"") -> bytes:
    """A TIFF of 8 grey bits with these tags, behind `data` at 8."""
    common = [(258, 3, 1, 8), (259, 3, 1, 8), (262, 3, 1, 1), (277, 3, 1, 1)]
    rows = sorted([*common, *tags])
    directory = struct.pack("<H", len(rows)) + b"".join(struct.pack("<HHLL", *row) for row in rows) + bytes(4)
    return b"II*\0" + struct.pack("<L", 8 + len(data)) + data + directory


def greedy_strips(count: int = 2000, bytes_each: int = 100_000) -> bytes:
    """A TIFF each of whose strips claims the whole file."""
    data = struct.pack("<L", 8) * count + struct.pack("<L", bytes_each) * count + bytes(bytes_each)
    sizes = (273, 4, count, 8), (279, 4, count, 8 + 4 * count)
    return _tiff((256, 4, 1, 64), (257, 4, 1, count), (278, 4, 1, 1), *sizes, data=data)


def large_tiles(side: int = 2**15) -> bytes:
    """A TIFF of one pixel in a tile of a gigabyte."""
    tile = zlib.compress(bytes(2**20))
    return _tiff(
        (256, 4, 1, 1), (257, 4, 1, 1), (322, 4, 1, side), (323, 4, 1, side), (324, 4, 1, 8), (325, 4, 1, len(tile)), data=tile
    )


def padded_gif(count: int = 100_000) -> bytes:
    """A GIF with bytes before its picture that belong to nothing."""
    buffer = io.BytesIO()
    Image.new("P", (8, 8)).save(buffer, "GIF")
    data = buffer.getvalue()
    start = data.index(b",", 13)
    return data[:start] + bytes(count) + data[start:]


def run_length_bmp(count: int = 10_000_000) -> bytes:
    """A BMP of runs without pixels, which Pillow unpacks in Python."""
    width, height = 8192, 8192
    info = struct.pack("<IiiHHIIiiII", 40, width, height, 1, 8, 1, 2 * count, 0, 0, 256, 0)
    palette = bytes(1024)
    offset = 14 + len(info) + len(palette)
    return b"BM" + struct.pack("<IHHI", offset + 2 * count, 0, 0, offset) + info + palette + b"\1\1" * count


HOSTILE: dict[str, Callable[[], bytes]] = {
    function.__name__: function
    for function in (
        many_scans,
        sequential_scans,
        filled_jpeg,
        exif_in_pieces,
        greedy_exif_png,
        greedy_exif_jpeg,
        greedy_directory,
        many_segments,
        greedy_strips,
        large_tiles,
        greedy_exif_webp,
        many_profiles,
        many_texts,
        many_chunks,
        long_comment,
        many_blocks,
        many_strips,
        run_length_bmp,
    )
}
