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
from ganlab.app.serving.variants import variant
from ganlab.core.images import png
from ganlab.core.threads import in_background
from ganlab.models.translation import Translation, heat, translate


def run_assuming(
    photo: Image.Image | None,
    model: str | None,
    assume: str,
    direction: str | None = None,
    size: float = 256,
    original_size: bool = False,
    closely: bool = True,
    progress: gr.Progress = gr.Progress(),  # noqa: B008 (how Gradio hands it over)
) -> list[Any]:
    """What `run` answers, under the assumptions that were chosen."""
    return run(photo, variant(model, assume) if model else model, direction, size, original_size, closely, progress)


def run(
    photo: Image.Image | None,
    model: str | None,
    direction: str | None = None,
    size: float = 256,
    original_size: bool = False,
    closely: bool = True,
    progress: gr.Progress = gr.Progress(),  # noqa: B008 (how Gradio hands it over)
) -> list[Any]:
    """A photo translated by a model of the menu: the pictures before and after, what it took, and the close look."""
    if photo is None:
        return [None, "Choose, drop, paste or take a photo first.", gr.update(visible=False), None, None, None]
    try:
        progress(0.1, desc="Loading the model")
        pipeline = PIPELINES.get(model or "")
        direction = direction if direction in pipeline.routes else None
        progress(0.3, desc="Translating")
        made = in_background(partial(translate, pipeline, photo, direction, size=int(size), closely=closely), on_every_core=True)
    except ValueError as error:
        raise refusal(error) from None
    return _shown(made, photo.size if original_size else made.picture.size)


def _shown(made: Translation, size: tuple[int, int]) -> list[Any]:
    def scaled(picture: Image.Image) -> Image.Image:
        return picture if picture.size == size else picture.resize(size, Image.Resampling.LANCZOS)

    width, height = made.picture.size
    words = f"{width} × {height} pixels in {made.seconds.total:.2f} s, {made.seconds.forward:.2f} s of it in the network"
    error = None if made.error is None else heat(made.error / max(made.error.max(), 1e-6))
    if made.error is not None:
        words += f" · mean error after translating back {100 * made.error.mean():.1f} % of the range"
    patches = None if made.patches is None else heat(made.patches, over=made.picture)
    if made.patches is not None:
        words += f" · D takes {100 * (made.patches > 0.5).mean():.0f} % of the picture for real"
    looks = [made.back, error, patches]
    return [
        (scaled(made.source), scaled(made.picture)),
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
    """A picture -> the path of its PNG; so are those in a pair or in an update."""
    if isinstance(value, Image.Image):
        return keep_bytes(png(value), "picture.png")
    if isinstance(value, tuple):
        return tuple(map(_filed, value))
    return value | {"value": _filed(value["value"])} if isinstance(value, dict) and "value" in value else value
