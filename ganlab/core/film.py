"""Pictures that move: GIF and WebP by Pillow, which holds all frames, and MP4 (H.264) by PyAV, an extra, frame by frame."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from importlib import import_module
from importlib.util import find_spec
from itertools import chain
from typing import IO, Any

import numpy as np
from PIL import Image

FORMATS = ("GIF", "WebP", "MP4")
MAX_PIXELS = 2**26  # of all frames of a GIF or WebP together
MAX_SIDE = 2048  # of an MP4: what every player takes


def formats() -> tuple[str, ...]:
    """What can be written here."""
    return FORMATS if find_spec("av") else FORMATS[:-1]


def check_format(format: str) -> None:
    """ValueError, one sentence, for a format that is none, or cannot be written here."""
    if format not in FORMATS:
        raise ValueError(f"An animation is written as {', '.join(formats())}, not as {format!r}.")
    if format not in formats():
        raise ValueError(
            f"{format} needs the package av: pip install 'ganlab-studio[video]', or choose {' or '.join(formats())}."
        )


def write(target: IO[bytes], frames: Iterable[Image.Image], format: str, *, frames_per_second: float = 20) -> None:
    """Write frames that are as large as the first as a file that plays them, for ever where the format can say so.

    GIF has 256 colours per frame, enough for grey, and hundredths of a second; WebP keeps every colour. An MP4 is written as the
    frames come; odd sides lose a pixel, and larger frames than 2,048 pixels are made smaller. ValueError as `check_format`, and
    for no frames at all.
    """
    check_format(format)
    waiting = iter(frames)
    first = next(waiting, None)
    if first is None:
        raise ValueError("There are no pictures for an animation.")
    if format == "MP4":
        _mp4(target, chain([first], waiting), Fraction(frames_per_second).limit_denominator(1000))
        return
    settings: dict[str, Any] = {"lossless": True, "quality": 20} if format == "WebP" else {"disposal": 1}
    duration = max(10, round(100 / frames_per_second) * 10)  # in milliseconds; GIF counts hundredths
    first.save(target, format, save_all=True, append_images=waiting, duration=duration, loop=0, **settings)


def _mp4(target: IO[bytes], frames: Iterator[Image.Image], rate: Fraction) -> None:
    av = import_module("av")
    with av.open(target, "w", format="mp4") as film:
        stream = None
        for image in frames:
            if stream is None:
                side = min(1.0, MAX_SIDE / max(image.size))
                width, height = (max(2, int(side * length) // 2 * 2) for length in image.size)  # H.264 halves the colours' sides
                stream = film.add_stream("libx264", rate=rate, options={"crf": "18"})
                stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
            fitted = _fitted(image.convert("RGB"), width, height)
            film.mux(stream.encode(av.VideoFrame.from_ndarray(np.asarray(fitted), format="rgb24")))
        if stream is not None:
            film.mux(stream.encode(None))


def _fitted(image: Image.Image, width: int, height: int) -> Image.Image:
    """Cut by a pixel, or made smaller."""
    if image.width - width in (0, 1) and image.height - height in (0, 1):
        return image.crop((0, 0, width, height))
    return image.resize((width, height), Image.Resampling.LANCZOS)
