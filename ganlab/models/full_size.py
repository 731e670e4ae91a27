"""A translated photo at its own size: what the network changed is laid on the photo, whose own details stay.

The network sees the photo at the size it was trained at, a tenth of a camera's. What it drew there minus what it saw is split
in two by a guided filter (He, Sun & Tang 2013): the part that follows the photo's brightness, which is new light and colour,
is computed anew from the photo's own pixels at full size (He & Sun 2015, as joint bilateral upsampling, Kopf et al. 2007); the
rest, which is new drawing such as stripes, is enlarged and added where it is strong, up to the photo's own edges. Where it is
weak it is the network's noise.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d

from ganlab.core.images import upright
from ganlab.models.framing import Frame

MOST_PIXELS = 24 * 2**20  # of a translated photo; a larger one is made smaller before. 100 MB, and as much for the result
KEPT = 0.25  # share of the photo's fine structure from which on a network counts as changing it, not as drawing anew

_ROWS = 64  # of a strip
_FINE = 6  # pixels at working size: structure up to about twice as wide is fine
_LIGHT = 0.01  # variance of brightness, of a range of 1, from which on an edge of the photo bounds new light
_EDGE = 1e-4  # the same, for where new drawing ends
_WEAK = (0.02, 0.035)  # strength of drawing, of a range of 1, that may pass for noise; within, its lower quartile
_GREY = np.array([0.299, 0.587, 0.114], dtype=np.float32)


Progress = Callable[[float], None]


@dataclass(frozen=True)
class Seconds:
    """Where the time went: decoding aside, before, in and after the network."""

    before: float
    forward: float
    after: float

    @property
    def total(self) -> float:
        """All of it."""
        return self.before + self.forward + self.after


@dataclass(frozen=True)
class Drawn:
    """What a network made of a photo: `photo` and `picture` of one size, and what it saw and drew, (1, C, h, w) in [-1, 1]."""

    photo: Image.Image
    picture: Image.Image
    frame: Frame
    before: Tensor
    after: Tensor
    seconds: Seconds


def ignored(share: float) -> None:
    """Take no note of how much of the work is done."""


def draw(
    network: nn.Module,
    photo: Image.Image,
    size: int,
    channels: int,
    device: str,
    *,
    own_size: bool = True,
    on_progress: Progress = ignored,
) -> Drawn:
    """Let `network` work on about the area of `size` x `size`, and lay what it changed on the photo at its own size.

    Without `own_size` the picture is what the network drew, as small as that is. `on_progress` is given shares from 0 to 1 of
    the work after the network. The caller sees to inference mode.
    """
    started = time.perf_counter()
    photo = bounded(upright(photo))
    photo = photo.convert("L") if channels == 1 else photo
    frame = Frame.around(photo.size, size, network.multiple)  # type: ignore[arg-type]
    before = frame.enter(photo, channels).to(device)
    entered = time.perf_counter()
    after = network(before)
    left = time.perf_counter()
    if own_size:
        picture = lay_over(photo, frame.cut(before)[0], frame.cut(after)[0], on_progress)
    else:
        photo, picture = frame.leave(before), frame.leave(after)
    seconds = Seconds(entered - started, left - entered, time.perf_counter() - left)
    return Drawn(photo, picture, frame, before, after, seconds)


def bounded(photo: Image.Image) -> Image.Image:
    """The photo itself, or made smaller to MOST_PIXELS."""
    size = bounded_size(photo.size)
    return photo if size == photo.size else photo.resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0)


def bounded_size(size: tuple[int, int]) -> tuple[int, int]:
    """Width and height of a photo that has this size, once it has at most MOST_PIXELS."""
    scale = min(1.0, (MOST_PIXELS / (size[0] * size[1])) ** 0.5)
    return max(1, int(size[0] * scale)), max(1, int(size[1] * scale))


def lay_over(photo: Image.Image, before: Tensor, after: Tensor, on_progress: Progress = ignored) -> Image.Image:
    """Return `photo` ("L" or "RGB") with what changed from `before` to `after`, both (C, h, w) in [-1, 1] at working size.

    Equal ones give the photo bit for bit. A network that draws a new picture instead of changing the photo, told by its fine
    structure (`keeps`), leaves none of the photo's details: its picture is enlarged as it is.
    """
    before, after = (images.detach().float().cpu().nan_to_num(nan=-1.0).clamp(-1, 1) / 2 for images in (before, after))
    change = after - before
    height, width = change.shape[1:]
    if photo.width <= width and photo.height <= height:
        layers = _Layers(photo.size, [], list(change), None)
    elif keeps(before, after):
        layers = _split(photo.size, before, change)
    else:
        pixels = (after + 0.5).mul(255).round().byte().permute(1, 2, 0).numpy()
        drawn = Image.fromarray(pixels[..., 0] if photo.mode == "L" else pixels)
        on_progress(1.0)
        return drawn.resize(photo.size, Image.Resampling.LANCZOS)
    made = Image.new(photo.mode, photo.size)
    for top in range(0, photo.height, _ROWS):
        bottom = min(top + _ROWS, photo.height)
        pixels = np.asarray(photo.crop((0, top, photo.width, bottom)))
        strip = layers.over(pixels.reshape(bottom - top, photo.width, -1), top, bottom)
        made.paste(Image.fromarray(strip[..., 0] if photo.mode == "L" else strip), (0, top))
        on_progress(bottom / photo.height)
    return made


def keeps(before: Tensor, after: Tensor) -> bool:
    """Whether fine structure (C, h, w) survives: as a regression finds it, at least the share KEPT of it.

    CycleGAN's zebras keep 0.5 to 1.1 of the photo's, house fronts drawn from plans -0.05. New stripes beside it do not count.
    """
    fine = [(images - _mean(images, _FINE)).flatten().double() for images in (before, after)]
    return float((fine[0] * fine[1]).sum()) >= KEPT * float(fine[0].square().sum())


class _Layers:
    """Maps at working size from which the change of any strip of the photo follows."""

    def __init__(self, size: tuple[int, int], light: list[Tensor], drawing: list[Tensor], where: tuple[Tensor, Tensor] | None):
        self._size = size
        self._light, self._drawing, self._where = (
            [Image.fromarray(np.ascontiguousarray(map_.numpy(), dtype=np.float32)) for map_ in maps or ()]
            for maps in (light, drawing, where)
        )

    def over(self, pixels: np.ndarray, top: int, bottom: int) -> np.ndarray:
        """Rows `top` to `bottom` of the photo, uint8 (rows, W, C) -> the same with their change."""

        def enlarged(map_: Image.Image, how: Image.Resampling = Image.Resampling.BILINEAR) -> np.ndarray:
            scale = map_.height / self._size[1]
            box = (0, top * scale, map_.width, min(map_.height, bottom * scale))  # Pillow looks beyond it: no seams
            return np.asarray(map_.resize((self._size[0], bottom - top), how, box=box))

        channels = pixels.shape[-1]
        if self._light:
            grey = pixels @ (_GREY / 255) if channels == 3 else pixels[..., 0] * np.float32(1 / 255)
            where = np.clip(enlarged(self._where[0]) * grey + enlarged(self._where[1]), 0, 1)
        made = np.empty_like(pixels)
        for channel in range(channels):
            change = enlarged(self._drawing[channel], Image.Resampling.BICUBIC).copy()
            if self._light:
                change *= where
                change += enlarged(self._light[channel]) * grey
                change += enlarged(self._light[channels + channel])
            change *= 255
            change += pixels[..., channel]
            made[..., channel] = np.rint(change, out=change).clip(0, 255)
        return made


def _split(size: tuple[int, int], before: Tensor, change: Tensor) -> _Layers:
    """New light and new drawing (C, h, w), and where the drawing is meant."""
    grey = (before if len(before) == 1 else (before * torch.from_numpy(_GREY)[:, None, None]).sum(0, keepdim=True)) + 0.5
    slope, offset = _guided(grey, change, _FINE, _LIGHT)
    drawing = change - (slope * grey + offset)
    strength = _mean(drawing.square().mean(0, keepdim=True), 4).sqrt()
    least = float(strength.quantile(0.25).clamp(*_WEAK))
    share = ((strength - least) / least).clamp(0, 1)
    share = share.square() * (3 - 2 * share)
    where = _guided(grey, share, 4, _EDGE)
    return _Layers(size, [*slope, *offset], list(drawing), (where[0][0], where[1][0]))


def _guided(guide: Tensor, values: Tensor, radius: int, least: float) -> tuple[Tensor, Tensor]:
    """Slope and offset (C, h, w) of the guided filter: `values` about each pixel as slope * guide (1, h, w) + offset."""
    mean, means = _mean(guide, radius), _mean(values, radius)
    variance = (_mean(guide.square(), radius) - mean.square()).clamp_min(0)
    slope = (_mean(guide * values, radius) - mean * means) / (variance + least)
    return _mean(slope, radius), _mean(means - slope * mean, radius)


def _mean(values: Tensor, radius: int) -> Tensor:
    """The mean of each pixel's square of 2 * radius + 1, of the pixels that there are: (C, h, w)."""
    return avg_pool2d(values[None], 2 * radius + 1, 1, radius, count_include_pad=False)[0]
