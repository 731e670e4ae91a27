"""General features that need no network and no weights: the layout, the colours and the edges of any images.

They say less than a trained network's about what is in a picture, and a distance between them is no FID; but they exist for every
folder, on every machine, and see colour, blur, noise and missing variety.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from ganlab.metrics.features.extractor import Features

_SIDE, _LAYOUT = 64, 8  # of the image that is looked at, and of its thumbnail
_SCALES = (64, 32, 16)
_QUADRANTS = 2
_FAINTEST = 0.01  # of an edge, in a range of 1: below, differences are no contrast


class PixelExtractor:
    """images -> a thumbnail of 8 x 8 in colour (192 numbers), and the log contrast of neighbouring pixels (72).

    The contrast is that across and down, at three scales, in each quadrant and colour.
    """

    name, sha, resize = "pixels", "1", f"bilinear {_SIDE}"  # `sha`: the version of these features, which have no weights
    dims, batch_size = 3 * (_LAYOUT**2 + len(_SCALES) * 2 * _QUADRANTS**2), 500

    def __init__(self, device: str = "cpu") -> None:
        self.device = device

    @torch.inference_mode()
    def __call__(self, images: Tensor) -> Features:
        """uint8 (B, C, H, W) of any size -> features (B, 264), and no logits (B, 0)."""
        pixels = images.to(self.device).float().div_(255).expand(-1, 3, -1, -1)
        if pixels.shape[-2:] != (_SIDE, _SIDE):
            pixels = functional.interpolate(pixels, (_SIDE, _SIDE), mode="bilinear", antialias=True)
        parts = [functional.adaptive_avg_pool2d(pixels, _LAYOUT).flatten(1)]  # (B, 192)
        for scale in _SCALES:
            seen = functional.adaptive_avg_pool2d(pixels, scale)
            for edges in (seen.diff(dim=3), seen.diff(dim=2)):  # (B, 3, scale, scale - 1), (B, 3, scale - 1, scale)
                contrast = functional.adaptive_avg_pool2d(edges.abs(), _QUADRANTS)
                parts.append(contrast.add(_FAINTEST).log().flatten(1))  # (B, 12)
        rows = torch.cat(parts, 1)
        return Features(rows, rows.new_empty(len(rows), 0))
