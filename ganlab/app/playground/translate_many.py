"""Several photos at once, and two models side by side on the same ones: below the panel's single photo."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.components import Component
from PIL import Image

from ganlab.app.playground.failures import refusal
from ganlab.app.playground.gradio_events import QUIET
from ganlab.app.playground.hub_menu import menu
from ganlab.app.playground.translated import picture_file, time_in_words
from ganlab.app.security import quotas
from ganlab.app.serving.hub_models import playable
from ganlab.app.serving.pipelines import PIPELINES
from ganlab.core.images import ImageError
from ganlab.core.isolated import read
from ganlab.core.names import shown
from ganlab.core.text import counted
from ganlab.core.threads import in_background
from ganlab.models.pipeline import Pipeline
from ganlab.models.translation import forecast, translate

_PREVIEW = 1024  # pixels, the longer side of what the table shows
_NONE = ("no second model", "")


@dataclass
class _Table:
    """What is there so far: cells of the table, files to download, and what could not be used."""

    cells: list[tuple[str, str]] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)


def many_photos(demo: gr.Blocks, model: Component, direction: Component, size: Component) -> None:
    """Lay the section out where it is called. `model`, `direction` and `size` are those of the panel."""
    with gr.Accordion("Several photos, or two models side by side", open=False, elem_classes="several"):
        with gr.Row():
            photos = gr.File(label="Photos", file_count="multiple", file_types=["image"], height=140, min_width=280)
            with gr.Column(min_width=280):
                beside = gr.Dropdown([_NONE], value="", label="Second model", info="works on the same photos, beside the first")
                button = gr.Button("Translate all", variant="primary")
        status = gr.HTML(f"Up to {quotas.most('photos', 'seat')} photos at a time.", elem_classes="quiet")
        table = gr.Gallery(label="Photos and what became of them", columns=2, object_fit="contain", height="auto", visible=False)
        files = gr.File(label="At the photos' own size", file_count="multiple", interactive=False, visible=False)
    demo.load(_second, None, beside, **QUIET)
    beside.focus(_second, None, beside, **QUIET)
    button.click(
        run_many,
        [photos, model, beside, direction, size],
        [table, files, status],
        concurrency_id="translate",
        show_progress_on=status,
        api_visibility="private",
    )


def _second() -> Any:
    """The models that may stand beside the chosen one, as they are now."""
    found = [model for model in playable() if model.translates]
    return gr.update(choices=[_NONE, *menu(found, "translates")[: len(found)]])  # then come those that are not here


def run_many(
    photos: Sequence[str] | None,
    model: str | None,
    beside: str | None,
    direction: str | None = None,
    size: float = 0,
    progress: gr.Progress = gr.Progress(),  # noqa: B008 (how Gradio hands it over)
) -> list[Any]:
    """Every photo and what one or two models make of it: cells of the table, files at the photos' own size, words."""
    if not photos:
        return [gr.skip(), gr.skip(), "Choose or drop photos first."]
    if len(photos) > (most := quotas.most("photos", "seat")):
        raise refusal(f"These are {counted(len(photos), 'photo')}: choose up to {most} at a time.")
    try:
        progress(0.02, desc="Loading the models")
        pipelines = [PIPELINES.get(name) for name in dict.fromkeys([model or "", beside or model or ""])]
        began = time.perf_counter()
        done = in_background(partial(_all, photos, pipelines, direction, int(size) or None, progress), on_every_core=True)
    except ValueError as error:
        raise refusal(error) from None
    words = f"{counted(len(photos) - len(done.skipped), 'photo')} in {time.perf_counter() - began:.1f} s"
    there = bool(done.files)
    return [
        gr.update(value=done.cells, columns=1 + len(pipelines), visible=there),
        gr.update(value=done.files, visible=there),
        ". ".join([words, *done.skipped]) + ".",
    ]


def _all(
    photos: Sequence[str], pipelines: list[Pipeline], direction: str | None, size: int | None, progress: gr.Progress
) -> _Table:
    """Translate one photo after the other, so that one alone is in memory at its own size."""
    table = _Table()
    ways = [direction if direction in pipeline.routes else next(iter(pipeline.routes)) for pipeline in pipelines]
    areas = [size if len(pipelines) == 1 else None for _ in pipelines]  # of two, each at the size that it was trained at
    each = list(zip(pipelines, ways, areas, strict=True))
    for number, file in enumerate(photos):
        name = shown(Path(file).stem)
        try:
            photo = read(Path(file))
        except ImageError as error:
            table.skipped.append(f"{name} is left out: {str(error).rstrip('.')}")
            continue
        stated = sum(forecast(pipeline, photo.size, way, size=area).seconds for pipeline, way, area in each)
        words = f"Photo {number + 1} of {len(photos)}, {time_in_words(stated * (len(photos) - number))} left"
        for turn, (pipeline, way, area) in enumerate(each):
            progress((number + turn / len(each)) / len(photos), desc=words)
            made = translate(pipeline, photo, way, size=area)
            if not turn:
                table.cells.append((_preview(made.source), name))
            table.cells.append((_preview(made.picture), f"{shown(pipeline.name)}: {pipeline.route_title(way)}"))
            table.files.append(picture_file(made.picture, f"{name}-{pipeline.name}"))
    return table


def _preview(picture: Image.Image) -> str:
    """The picture's file, small enough for a table."""
    small = picture.copy() if max(picture.size) <= _PREVIEW else picture.reduce(max(1, max(picture.size) // _PREVIEW))
    small.thumbnail((_PREVIEW, _PREVIEW))
    return picture_file(small)
