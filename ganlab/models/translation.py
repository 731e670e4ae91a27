"""One photo translated, with what can be known of the result: the way back, where it fails, the scores of D."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn.functional import interpolate

from ganlab.core.types import Conditioning
from ganlab.models.framing import Frame
from ganlab.models.pipeline import Pipeline

# Dark blue over green to yellow, evenly brighter all the way: five points of matplotlib's viridis.
_HEAT = np.array([[68, 1, 84], [59, 82, 139], [33, 145, 140], [94, 201, 98], [253, 231, 37]], dtype=np.float64)


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
class Translation:
    """A translated picture and its companions, all of one size.

    `back` is the picture led back to where it came from, `error` how far that is from `source` per pixel (H, W) in [0, 1];
    both None for models that know one direction only. `patches` (H, W) in [0, 1] is the score of the discriminator for each
    patch, 1 being real; None where none is at hand.
    """

    source: Image.Image
    picture: Image.Image
    seconds: Seconds
    back: Image.Image | None = None
    error: np.ndarray | None = None
    patches: np.ndarray | None = None


@torch.inference_mode()
def translate(
    pipeline: Pipeline, image: Image.Image, direction: str | None = None, *, size: int | None = None, closely: bool = False
) -> Translation:
    """Translate `image`; `closely` also goes back and asks the discriminator. ValueError as for `Pipeline.translate`."""
    started = time.perf_counter()
    direction = direction or next(iter(pipeline.routes), None)
    network = pipeline.route(direction)
    frame = Frame.around(image.size, size or pipeline.size, network.multiple)  # type: ignore[arg-type]
    source = frame.enter(image, pipeline.spec.channels).to(pipeline.device)
    entered = time.perf_counter()
    made = network(source)
    left = time.perf_counter()
    picture, before = frame.leave(made), frame.leave(source)
    seconds = Seconds(entered - started, left - entered, time.perf_counter() - left)
    if not closely:
        return Translation(before, picture, seconds)
    assert direction is not None
    back, error = _back(pipeline, frame, source, made, direction)
    return Translation(before, picture, seconds, back, error, _patches(pipeline, frame, source, made, direction))


def _back(
    pipeline: Pipeline, frame: Frame, source: Tensor, made: Tensor, direction: str
) -> tuple[Image.Image | None, np.ndarray | None]:
    other = "BtoA" if direction == "AtoB" else "AtoB"
    if other not in pipeline.routes:
        return None, None
    back = pipeline.routes[other](made)
    error = frame.cut((back - source).abs().mean(dim=1)[0]) / 2  # colours reach from -1 to 1
    return frame.leave(back), error.float().cpu().numpy()


def _patches(pipeline: Pipeline, frame: Frame, source: Tensor, made: Tensor, direction: str) -> np.ndarray | None:
    """D's score of each patch, spread over the picture; neighbouring patches overlap, so the map is smooth."""
    discriminator = pipeline.discriminators.get("D") or pipeline.discriminators.get(f"D_{direction[-1]}")
    if discriminator is None or pipeline.score is None:
        return None
    paired = pipeline.spec.conditioning is Conditioning.PAIRED
    scores = pipeline.score(discriminator(made, source) if paired else discriminator(made))
    spread = interpolate(scores.float().clamp(0, 1), size=frame.padded[::-1], mode="bilinear", align_corners=False)
    return frame.cut(spread[0, 0]).cpu().numpy()


def heat(values: np.ndarray, over: Image.Image | None = None) -> Image.Image:
    """(H, W) in [0, 1] -> dark blue for 0 to yellow for 1; `over` a picture of that size it is laid on, half transparent."""
    places = np.linspace(0, 1, len(_HEAT))
    colours = np.stack([np.interp(values, places, _HEAT[:, channel]) for channel in range(3)], axis=-1)
    picture = Image.fromarray(colours.round().astype(np.uint8))
    return picture if over is None else Image.blend(over.convert("L").convert("RGB"), picture, 0.6)
