"""Pictures whose decoding costs far more than their pixels are refused by their bytes; others never are."""

from __future__ import annotations

import io
import time
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from ganlab.core import decoding_cost
from ganlab.core.decoding_cost import Costly, check
from ganlab.core.images import ImageError, decode, has_frames, is_grey, levels
from tests.support import hostile_pictures as hostile

# As small as each can be and still be refused: the cost is linear in it, or worse.
SMALL: dict[str, Callable[[], bytes]] = {
    "scans of a progressive JPEG": lambda: hostile.many_scans(6000, 300),
    "scans of a small JPEG": lambda: hostile.many_scans(64, 1100),
    "scans of a baseline JPEG": lambda: hostile.sequential_scans(6000, 300),
    "padding of a JPEG": lambda: hostile.filled_jpeg(100_000),
    "EXIF of a JPEG in pieces": lambda: hostile.exif_in_pieces(5000),
    "segments of a JPEG": lambda: hostile.many_segments(5000),
    "EXIF of a JPEG": lambda: hostile.greedy_exif_jpeg(20_000, 100_000),
    "index of several pictures": hostile.greedy_index_jpeg,
    "EXIF of a PNG": lambda: hostile.greedy_exif_png(20_000, 100_000),
    "EXIF of a PNG, one step down": lambda: hostile.png_with(hostile.chunk(b"eXIf", hostile.greedy_below(20_000, 100_000))),
    "prefixes of EXIF": lambda: hostile.png_with(hostile.chunk(b"eXIf", b"Exif\0\0" * 20_000)),
    "EXIF of a WebP": lambda: hostile.greedy_exif_webp(20_000, 100_000),
    "a TIFF": lambda: hostile.greedy_directory(20_000, 100_000),
    "a TIFF, big-endian": lambda: hostile.greedy_directory(20_000, 100_000, ">"),
    "profiles of a PNG": lambda: hostile.many_profiles(300),
    "texts of a PNG": lambda: hostile.many_texts(300),
    "chunks of a PNG": lambda: hostile.many_chunks(70_000),
    "comment of a GIF": lambda: hostile.long_comment(5000),
    "blocks of a GIF": lambda: hostile.many_blocks(1_100_000),
    "bytes between the blocks of a GIF": hostile.padded_gif,
    "strips of a TIFF": lambda: hostile.many_strips(70_000),
    "strips that are the same": lambda: hostile.greedy_strips(),
    "tiles larger than their picture": lambda: hostile.large_tiles(),
    "runs of a BMP": lambda: hostile.run_length_bmp(2_200_000),
}


@pytest.mark.parametrize("kind", SMALL)
def test_what_costs_far_more_than_its_pixels_is_refused_before_it_is_decoded(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    data = SMALL[kind]()
    monkeypatch.setattr(Image, "open", lambda *_, **__: pytest.fail("a decoder saw it"))
    for look in (decode, has_frames, levels, is_grey):
        began = time.process_time()
        with pytest.raises(ImageError, match="takes far too long; save it anew") as refusal:
            look(data)
        assert refusal.value.kind == "too_costly"
        assert time.process_time() - began < 1


def test_inflated_notes_are_not_looked_at_where_they_unfold() -> None:
    block = hostile.greedy_directory(20_000, 100_000).hex()
    began = time.process_time()
    assert decode(hostile.png_with(hostile.raw_profile(block))).size == (8, 8)
    assert time.process_time() - began < 1


NOISE = Image.fromarray(np.random.default_rng(0).integers(0, 256, (140, 180, 3), dtype=np.uint8))
EXIF = Image.Exif()
EXIF[0x0112] = 6
EXIF.get_ifd(0x8769)[0x9286] = b"a comment" * 1000


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("JPEG", {"progressive": True, "exif": EXIF, "quality": 95, "comment": b"c" * 2000}),
        ("JPEG", {"restart_marker_blocks": 1, "icc_profile": bytes(2**20)}),
        ("PNG", {"exif": EXIF, "icc_profile": bytes(2**18)}),
        ("PNG", {"save_all": True, "append_images": [NOISE] * 3}),
        ("GIF", {"save_all": True, "append_images": [NOISE.rotate(90)] * 3, "comment": b"c" * 100_000}),
        ("TIFF", {"compression": "tiff_lzw", "save_all": True, "append_images": [NOISE]}),
        ("TIFF", {"compression": "jpeg"}),
        ("TIFF", {"big_tiff": True}),
        ("WEBP", {"exif": EXIF, "save_all": True, "append_images": [NOISE]}),
        ("AVIF", {"exif": EXIF, "speed": 10}),
        ("BMP", {}),
        ("MPO", {"save_all": True, "append_images": [NOISE] * 3}),
    ],
)
def test_what_programs_write_is_never_refused(kind: str, options: dict[str, object]) -> None:
    buffer = io.BytesIO()
    NOISE.save(buffer, kind, **options)
    assert decode(buffer.getvalue()).size in (NOISE.size, NOISE.size[::-1])
    assert (decode(buffer.getvalue()).size == NOISE.size) == ("exif" not in options)


def test_bounds_leave_room_for_large_photos(monkeypatch: pytest.MonkeyPatch) -> None:
    """A twentieth of each bound is enough for any of those."""
    for bound in ("MOST_PASSES", "MOST_SCANS", "MOST_PIECES", "MOST_CHUNKS", "MOST_BLOCKS", "MOST_TILED"):
        monkeypatch.setattr(decoding_cost, bound, getattr(decoding_cost, bound) // 20)
    for kind, options in (("JPEG", {"progressive": True}), ("PNG", {}), ("GIF", {}), ("TIFF", {}), ("WEBP", {})):
        buffer = io.BytesIO()
        NOISE.save(buffer, kind, **options)
        check(buffer.getvalue())


START = {name: make()[:2000] for name, make in SMALL.items() if "blocks" not in name and "runs" not in name}


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(sorted(START.values())),
    st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), max_size=6),
    st.integers(0, 2000),
)
def test_any_bytes_pass_or_are_costly(data: bytes, changes: list[tuple[int, int]], length: int) -> None:
    changed = bytearray(data[:length])
    for at, value in changes:
        if at < len(changed):
            changed[at] = value
    try:
        check(bytes(changed))
    except Costly:
        return
