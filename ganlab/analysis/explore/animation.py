"""Drawn images as an animation."""

from __future__ import annotations

import io

from PIL import Image
from torch import Tensor

from ganlab.core import film
from ganlab.core.images import to_pil


def animate(images: Tensor, format: str = "GIF", *, frames_per_second: float = 20, scale: int = 1) -> bytes:
    """uint8 (N, C, H, W) -> a file that plays them for ever, each enlarged by whole pixels; formats as `film.write`.

    ValueError for another format, for a single picture and for too many.
    """
    film.check_format(format)
    if len(images) < 2 or images.numel() * scale**2 > film.MAX_PIXELS:
        raise ValueError(f"An animation of {len(images)} pictures at this size is too small or too large; change the frames.")
    side = (images.shape[-1] * scale, images.shape[-2] * scale)
    buffer = io.BytesIO()
    frames = (to_pil(image).resize(side, Image.Resampling.NEAREST) for image in images)
    film.write(buffer, frames, format, frames_per_second=frames_per_second)
    return buffer.getvalue()
