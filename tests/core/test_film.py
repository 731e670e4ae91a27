"""Animations: every frame is there, MP4 as the frames come."""

from __future__ import annotations

import io
from collections.abc import Iterator

import numpy as np
import pytest
from PIL import Image

from ganlab.core import film

needs_av = pytest.mark.skipif("MP4" not in film.formats(), reason="av is not installed: it is an extra")


def frames(count: int, size: tuple[int, int] = (32, 24)) -> Iterator[Image.Image]:
    return (Image.new("L", size, 10 * index) for index in range(count))


def played(data: bytes) -> list[np.ndarray]:
    import av

    with av.open(io.BytesIO(data)) as made:
        return [frame.to_ndarray(format="rgb24") for frame in made.decode(video=0)]


@needs_av
@pytest.mark.parametrize(
    ("size", "made"), [((32, 24), (32, 24)), ((33, 25), (32, 24)), ((4096, 16), (2048, 8)), ((1, 1), (2, 2))]
)
def test_an_mp4_plays_all_its_frames(size: tuple[int, int], made: tuple[int, int]) -> None:
    target = io.BytesIO()
    film.write(target, frames(12, size), "MP4", frames_per_second=12.5)
    shown = played(target.getvalue())
    assert len(shown) == 12 and shown[0].shape == (made[1], made[0], 3)
    assert [int(frame.mean()) for frame in shown] == pytest.approx([10 * index for index in range(12)], abs=3)


@needs_av
def test_an_mp4_takes_each_frame_when_it_needs_it() -> None:
    alive: list[int] = []

    def watched() -> Iterator[Image.Image]:
        for index in range(200):
            alive.append(index)
            yield Image.new("RGB", (64, 64), (index, 0, 0))

    target = io.BytesIO()
    film.write(target, watched(), "MP4")
    assert len(alive) == 200 and len(played(target.getvalue())) == 200


def test_what_cannot_be_written_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match="There are no pictures"):
        film.write(io.BytesIO(), frames(0), "GIF")
    monkeypatch.setattr(film, "find_spec", lambda name: None)
    assert film.formats() == ("GIF", "WebP")
    with pytest.raises(ValueError, match=r"pip install 'ganlab-studio\[video\]', or choose GIF or WebP."):
        film.write(io.BytesIO(), frames(2), "MP4")
