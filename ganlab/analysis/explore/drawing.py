"""A hand-drawn picture made into what a model was trained on: its paper, its place and its size."""

from __future__ import annotations

import numpy as np
from PIL import Image

from ganlab.core.images import ImageError, square

_FAINT = 0.1  # of the darkest stroke: fainter is paper


def on_dark(pixels: np.ndarray) -> bool:
    """Whether grey pictures (N, H, W) or (H, W) uint8 lie on dark paper, by the median of their edges."""
    edges = [pixels[..., 0, :], pixels[..., -1, :], pixels[..., :, 0], pixels[..., :, -1]]
    return bool(np.median(np.concatenate([edge.ravel() for edge in edges])) < 128)


def as_digit(image: Image.Image, size: int = 28) -> Image.Image:
    """A digit on any paper -> "L", size x size, white on black and placed as in MNIST (LeCun et al. 1998).

    The strokes' bounding box is scaled to fit 20 of 28 pixels, its aspect kept, and its centre of mass put in the middle.
    ImageError where nothing is drawn.
    """
    ink = _ink(image)
    rows, columns = np.flatnonzero(ink.max(axis=1)), np.flatnonzero(ink.max(axis=0))
    if not len(rows):
        raise ImageError("Nothing is drawn yet: draw something first.")
    ink = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    scale = 20 / 28 * size / max(ink.shape)
    height, width = (max(1, round(side * scale)) for side in ink.shape)
    small = np.array(Image.fromarray(ink.astype(np.float32)).resize((width, height), Image.Resampling.BOX))
    small = (small / small.max() * 255).round().astype(np.uint8)  # thin strokes fade where they are scaled down
    canvas = Image.new("L", (size, size))
    canvas.paste(Image.fromarray(small), _corner(small, size))
    return canvas


def as_picture(image: Image.Image, size: int, channels: int, *, dark: bool | None = None) -> Image.Image:
    """The centre square, "L" or "RGB", size x size; a grey one with its tones turned round where its paper is not `dark`."""
    scaled = square(image.convert("L" if channels == 1 else "RGB"), size)
    if channels == 1 and dark is not None and on_dark(np.asarray(scaled)) != dark:
        return Image.fromarray(255 - np.asarray(scaled))
    return scaled


def _ink(image: Image.Image) -> np.ndarray:
    """How much of a stroke each pixel is: (H, W) in [0, 1], 0 for the paper, whichever of the two is the brighter."""
    grey = np.asarray(image.convert("L"))
    levels = (grey if on_dark(grey) else 255 - grey).astype(np.float64)
    levels -= np.median(np.concatenate([levels[0], levels[-1], levels[:, 0], levels[:, -1]]))
    if levels.max() < 16:  # nothing but the noise of the paper
        return np.zeros_like(levels)
    levels = np.clip(levels / levels.max(), 0, 1)
    return np.where(levels < _FAINT, 0, levels)


def _corner(digit: np.ndarray, size: int) -> tuple[int, int]:
    """Where the left upper corner of (H, W) belongs, so that its centre of mass is in the middle and nothing is cut off."""
    total = digit.sum(dtype=np.float64)
    corner = []
    for axis in (1, 0):
        places = np.arange(digit.shape[axis]) + 0.5
        centre = float((digit.sum(axis=1 - axis, dtype=np.float64) * places).sum() / total)
        # MNIST's middle is the pixel right of and below the middle: the mean over its images is 14.5 of 28.
        corner.append(min(max(round(size / 2 + 0.5 - centre), 0), size - digit.shape[axis]))
    return corner[0], corner[1]
