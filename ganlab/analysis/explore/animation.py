"""Pictures that move: animated GIF and WebP, written by Pillow. MP4 would need an encoder that nothing here brings."""

from __future__ import annotations

import io

from PIL import Image
from torch import Tensor

from ganlab.core.images import to_pil

FORMATS = ("GIF", "WebP")
MAX_PIXELS = 2**26  # of all frames together


def animate(images: Tensor, format: str = "GIF", *, frames_per_second: float = 20, scale: int = 1) -> bytes:
    """uint8 (N, C, H, W) -> a file that plays them for ever, each enlarged by whole pixels.

    GIF has 256 colours per frame, enough for grey, and hundredths of a second; WebP keeps every colour. ValueError for another
    format, for a single picture and for too many.
    """
    if format not in FORMATS:
        raise ValueError(f"An animation is written as {' or '.join(FORMATS)}, not as {format!r}.")
    if len(images) < 2 or images.numel() * scale**2 > MAX_PIXELS:
        raise ValueError(f"An animation of {len(images)} pictures at this size is too small or too large; change the frames.")
    side = (images.shape[-1] * scale, images.shape[-2] * scale)
    frames = [to_pil(image).resize(side, Image.Resampling.NEAREST) for image in images]
    buffer = io.BytesIO()
    settings = {"lossless": True, "quality": 20} if format == "WebP" else {"disposal": 1}
    duration = max(10, round(100 / frames_per_second) * 10)  # in milliseconds; GIF counts hundredths
    frames[0].save(buffer, format, save_all=True, append_images=frames[1:], duration=duration, loop=0, **settings)
    return buffer.getvalue()
