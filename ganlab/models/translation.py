"""One photo translated, with what can be known of the result: the way back, where it fails, the scores of D."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn
from torch.nn.functional import interpolate

from ganlab.core.types import Conditioning
from ganlab.models.framing import Frame
from ganlab.models.full_size import Drawn, Progress, Seconds, bounded_size, ignored
from ganlab.models.pipeline import Pipeline

# Dark blue over green to yellow, evenly brighter all the way: five points of matplotlib's viridis.
_HEAT = np.array([[68, 1, 84], [59, 82, 139], [33, 145, 140], [94, 201, 98], [253, 231, 37]], dtype=np.float64)


_PROBE = 64  # pixels, the side of the square that the network's pace is first measured on
_LAYING = 1e-7  # seconds for each pixel of the photo, until it was measured
_ENOUGH = 10**6  # pixels of a photo from which on its seconds tell those of another


@dataclass(frozen=True)
class Translation:
    """A translated picture beside its photo, of one size, and its companions, all of the size that the network worked on.

    `drawn` is what the network itself drew. `back` is that led back to where it came from, `error` how far it then is from
    the photo per pixel (h, w) in [0, 1]; both None for models that know one direction only. `patches` (h, w) in [0, 1] is the
    score of the discriminator for each patch, 1 being real; None where none is at hand that was trained against this
    generator. `stranger` says that there is one, but trained beside another generator or beside one that did not learn.
    """

    source: Image.Image
    picture: Image.Image
    drawn: Image.Image
    seconds: Seconds
    back: Image.Image | None = None
    error: np.ndarray | None = None
    patches: np.ndarray | None = None
    stranger: bool = False


@dataclass(frozen=True)
class Forecast:
    """What a translation will be: `size` (width, height) of the result, `working` that of the network's, and its `seconds`."""

    size: tuple[int, int]
    working: tuple[int, int]
    seconds: float


@torch.inference_mode()
def translate(
    pipeline: Pipeline,
    image: Image.Image,
    direction: str | None = None,
    *,
    size: int | None = None,
    closely: bool = False,
    original_size: bool = True,
    on_progress: Progress = ignored,
) -> Translation:
    """Translate `image`; `closely` also goes back and asks the discriminator. ValueError as for `Pipeline.translate`."""
    direction = direction or next(iter(pipeline.routes), None)
    made = pipeline.draw_over(image, direction, size=size, original_size=original_size, on_progress=on_progress)
    _learn_pace(pipeline, made, direction, original_size)
    drawn = made.frame.leave(made.after)
    if not closely:
        return Translation(made.photo, made.picture, drawn, made.seconds)
    assert direction is not None
    frame, source, after = made.frame, made.before, made.after
    back, error = _back(pipeline, frame, source, after, direction)
    rival = pipeline.rival(direction)
    patches = None if rival is None else _patches(pipeline, rival, frame, source, after)
    stranger = rival is None and bool(pipeline.discriminators)
    return Translation(made.photo, made.picture, drawn, made.seconds, back, error, patches, stranger)


@torch.inference_mode()
def forecast(
    pipeline: Pipeline,
    photo: tuple[int, int],
    direction: str | None = None,
    *,
    size: int | None = None,
    closely: bool = False,
    original_size: bool = True,
) -> Forecast:
    """How a photo of (width, height) pixels will come out, and when; the pace is that of the last, else of a small probe."""
    network = pipeline.route(direction)
    direction = direction or next(iter(pipeline.routes))
    multiple: int = network.multiple  # type: ignore[assignment]
    whole = bounded_size(photo)
    frame = Frame.around(whole, size or pipeline.size, multiple)
    if direction not in pipeline.pace:
        side = -(-_PROBE // multiple) * multiple
        noise = torch.rand(1, pipeline.spec.channels, side, side, device=pipeline.device)
        started = time.perf_counter()
        network(noise)
        pipeline.pace[direction] = (time.perf_counter() - started) / side**2
    forward = pipeline.pace[direction] * frame.padded[0] * frame.padded[1]
    after = pipeline.pace.get("", _LAYING) * whole[0] * whole[1] if original_size else 0.0
    return Forecast(whole if original_size else frame.working, frame.working, forward * (2 if closely else 1) + after)


def _learn_pace(pipeline: Pipeline, made: Drawn, direction: str | None, original_size: bool) -> None:
    """Note how long the network takes for a pixel that it sees, and what follows for one of the photo."""
    pipeline.pace[direction or ""] = made.seconds.forward / (made.frame.padded[0] * made.frame.padded[1])
    pixels = made.photo.width * made.photo.height
    if original_size and pixels >= _ENOUGH:
        pipeline.pace[""] = (made.seconds.before + made.seconds.after) / pixels


def _back(
    pipeline: Pipeline, frame: Frame, source: Tensor, made: Tensor, direction: str
) -> tuple[Image.Image | None, np.ndarray | None]:
    other = "BtoA" if direction == "AtoB" else "AtoB"
    if other not in pipeline.routes:
        return None, None
    back = pipeline.routes[other](made)
    error = frame.cut((back - source).abs().mean(dim=1)[0]) / 2  # colours reach from -1 to 1
    return frame.leave(back), error.float().cpu().numpy()


def _patches(pipeline: Pipeline, rival: nn.Module, frame: Frame, source: Tensor, made: Tensor) -> np.ndarray | None:
    """D's score of each patch, spread over the picture; neighbouring patches overlap, so the map is smooth."""
    if pipeline.score is None:
        return None
    paired = pipeline.spec.conditioning is Conditioning.PAIRED
    scores = pipeline.score(rival(made, source) if paired else rival(made))
    spread = interpolate(scores.float().clamp(0, 1), size=frame.padded[::-1], mode="bilinear", align_corners=False)
    return frame.cut(spread[0, 0]).cpu().numpy()


def heat(values: np.ndarray, over: Image.Image | None = None) -> Image.Image:
    """(H, W) in [0, 1] -> dark blue for 0 to yellow for 1; `over` a picture of that size it is laid on, half transparent."""
    places = np.linspace(0, 1, len(_HEAT))
    colours = np.stack([np.interp(values, places, _HEAT[:, channel]) for channel in range(3)], axis=-1)
    picture = Image.fromarray(colours.round().astype(np.uint8))
    return picture if over is None else Image.blend(over.convert("L").convert("RGB"), picture, 0.6)
