"""What a translation answers: the pictures before and after, how long it took, and the close look."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial, wraps
from typing import Any

import gradio as gr
from PIL import Image

from ganlab.app.compat import keep_bytes
from ganlab.app.playground.failures import refusal
from ganlab.app.serving.pipelines import PIPELINES
from ganlab.core.images import encoded
from ganlab.core.text import duration
from ganlab.core.threads import in_background
from ganlab.models.pipeline import Pipeline
from ganlab.models.translation import Translation, forecast, heat, translate

_MOST_LOSSLESS = 2 * 10**6  # pixels


def run(
    photo: Image.Image | None,
    model: str | None,
    direction: str | None = None,
    size: float = 0,
    original_size: bool = True,
    closely: bool = True,
    progress: gr.Progress = gr.Progress(),  # noqa: B008 (how Gradio hands it over)
) -> list[Any]:
    """A photo translated by a model of the menu: the pictures before and after, what it took, and the close look.

    `size` 0 is the model's own. How long it will take is stated while it is at work, which the progress goes on from.
    """
    if photo is None:
        return [None, "Choose, drop, paste or take a photo first.", gr.update(visible=False), None, None, None]
    try:
        progress(0.02, desc="Loading the model")
        pipeline = PIPELINES.get(model or "")
        direction = direction if direction in pipeline.routes else None
        how: dict[str, Any] = {"size": int(size) or None, "original_size": original_size, "closely": closely}
        made = in_background(partial(_stated, pipeline, photo, direction, how, progress), on_every_core=True)
    except ValueError as error:
        raise refusal(error) from None
    return _shown(made, photo.size)


def _stated(
    pipeline: Pipeline, photo: Image.Image, direction: str | None, how: dict[str, Any], progress: gr.Progress
) -> Translation:
    """The translation, after what it will take was shown."""
    told = forecast(pipeline, photo.size, direction, **how)
    words = f"{pixels_in_words(told.size)}, {time_in_words(told.seconds)}"
    progress(0.05, desc=words)
    return translate(pipeline, photo, direction, **how, on_progress=lambda share: progress(0.3 + 0.6 * share, desc=words))


def pixels_in_words(size: tuple[int, int]) -> str:
    """ "4,000 × 3,000 pixels"."""
    return f"{size[0]:,} × {size[1]:,} pixels"


def time_in_words(seconds: float) -> str:
    """ "less than 1 s", "about 12 s"."""
    return "less than 1 s" if seconds < 0.9 else f"about {duration(max(1.0, seconds))}"


def _shown(made: Translation, given: tuple[int, int]) -> list[Any]:
    """Pictures and words, of a photo that had `given` pixels."""
    words = f"{pixels_in_words(made.picture.size)} in {made.seconds.total:.2f} s"
    if made.picture.size != made.drawn.size:
        words += f"; the network drew {made.drawn.width} × {made.drawn.height} of them in {made.seconds.forward:.2f} s"
    if made.picture.width < given[0] and made.picture.size != made.drawn.size:
        words += f" · made smaller from {pixels_in_words(given)} first"
    error = None if made.error is None else heat(made.error / max(made.error.max(), 1e-6))
    if made.error is not None:
        words += f" · mean error after translating back {100 * made.error.mean():.1f} % of the range"
    patches = None if made.patches is None else heat(made.patches, over=made.drawn)
    if made.patches is not None:
        words += f" · D takes {100 * (made.patches > 0.5).mean():.0f} % of the picture for real"
    if made.stranger:
        words += " · what D says is left out: it was not trained against this generator"
    looks = [made.back, error, patches]
    return [
        (made.source, made.picture),
        f"{words}.",
        gr.update(visible=any(look is not None for look in looks)),
        *[gr.update(value=look, visible=look is not None) for look in looks],
    ]


def in_files(answer: Callable[..., list[Any]]) -> Callable[..., list[Any]]:
    """`answer` with its pictures in files: Gradio would compress them where no other request is answered meanwhile."""

    @wraps(answer)
    def filed(*given: Any) -> list[Any]:
        return [_filed(value) for value in answer(*given)]

    return filed


def _filed(value: Any) -> Any:
    """A picture -> the path of its file; so are those in a pair, a list or an update."""
    if isinstance(value, Image.Image):
        return picture_file(value)
    if isinstance(value, tuple | list):
        return type(value)(map(_filed, value))
    return value | {"value": _filed(value["value"])} if isinstance(value, dict) and "value" in value else value


def picture_file(picture: Image.Image, name: str = "picture") -> str:
    """Where a picture was written: PNG, or where that would take seconds and tens of megabytes a JPEG of quality 95."""
    ending = ".png" if picture.width * picture.height <= _MOST_LOSSLESS else ".jpg"
    return keep_bytes(encoded(picture, ending), f"{name}{ending}")
