"""Any photo into what an image-to-image network takes, and its answer back: scaled, padded, cropped, never distorted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from ganlab.core.images import to_pil, to_uint8

if TYPE_CHECKING:
    from torch import Tensor

MIN_SIZE, MAX_SIZE = 32, 1024  # pixels, the side of the square whose area is worked on
_LONGEST = 4  # at most so many times the working size along the longer side


@dataclass(frozen=True)
class Frame:
    """Where a picture lies in what the network sees; (width, height) in pixels."""

    original: tuple[int, int]
    working: tuple[int, int]
    padded: tuple[int, int]

    @classmethod
    def around(cls, original: tuple[int, int], size: int, multiple: int = 1) -> Frame:
        """For a picture that keeps its aspect and takes about the area of `size` x `size`, its sides padded to `multiple`.

        The padded sides are the nearest multiples, and the picture is scaled to fit into them: a network that wants
        multiples of 256 is not given twice the work for a pixel too many. ValueError when `size` is out of range.
        """
        if not MIN_SIZE <= size <= MAX_SIZE:
            raise ValueError(f"size = {size} is out of range: {MIN_SIZE} to {MAX_SIZE} pixels.")
        scale = min(size / (original[0] * original[1]) ** 0.5, _LONGEST * size / max(original))
        width, height = (max(multiple, round(side * scale / multiple) * multiple) for side in original)
        scale = min(width / original[0], height / original[1])
        working = min(width, max(1, round(original[0] * scale))), min(height, max(1, round(original[1] * scale)))
        return cls(original, working, (width, height))

    @property
    def _corner(self) -> tuple[int, int]:
        return (self.padded[0] - self.working[0]) // 2, (self.padded[1] - self.working[1]) // 2

    def enter(self, image: Image.Image, channels: int) -> Tensor:
        """PIL picture of the original size -> (1, C, H, W) in [-1, 1], mirrored at its edges where it is padded."""
        import torch  # noqa: PLC0415  (slow to import)

        mode = "L" if channels == 1 else "RGB"
        image = image if image.mode == mode else image.convert(mode)  # which else would copy a large photo
        if image.size != self.working:
            image = image.resize(self.working, Image.Resampling.LANCZOS, reducing_gap=3.0)
        pixels = np.asarray(image).reshape(self.working[1], self.working[0], channels)
        left, top = self._corner
        right, bottom = self.padded[0] - self.working[0] - left, self.padded[1] - self.working[1] - top
        pixels = np.pad(pixels, ((top, bottom), (left, right), (0, 0)), mode="symmetric")
        return torch.from_numpy(pixels).permute(2, 0, 1)[None].float().div(127.5).sub(1)

    def cut(self, map_: Tensor) -> Tensor:
        """(..., H, W) of the padded size -> the same without what was padded."""
        left, top = self._corner
        return map_[..., top : top + self.working[1], left : left + self.working[0]]

    def leave(self, image: Tensor, *, original_size: bool = False) -> Image.Image:
        """(1, C, H, W) in [-1, 1] -> PIL picture of the working size, or scaled back to the original one."""
        picture = to_pil(self.cut(to_uint8(image))[0])
        if original_size and picture.size != self.original:
            picture = picture.resize(self.original, Image.Resampling.LANCZOS)
        return picture
