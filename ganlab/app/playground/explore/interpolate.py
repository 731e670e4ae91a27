"""Explore, between two: the pictures on the way from one z to another."""

from __future__ import annotations

import random
from typing import Any

import gradio as gr
from PIL import Image
from torch import Tensor

from ganlab.analysis.explore.latents import Latent, class_of, read
from ganlab.analysis.explore.paths import strip
from ganlab.app.playground.explore.section import Chosen, Section, address, redraw
from ganlab.app.playground.gradio_events import QUIET, SOON
from ganlab.app.playground.html import (
    endpoint,
    figure,
    from_python,
    links,
    pipeline_of,
    row,
    score_captions,
    score_note,
    showing_refusal,
)
from ganlab.core.images import sheet
from ganlab.models.pipeline import Pipeline

MOST = 16
PATHS = [("Along the sphere (slerp)", "slerp"), ("Straight (lerp)", "lerp")]
_HELP = """The pictures on the way from one z to the other. A click on a picture copies its latent: paste it wherever a seed
is asked for."""
_CODE = 'picture, latents = client.predict({model}, "0", "1", "slerp", 9, api_name="/explore_strip")'


def section(chosen: Chosen) -> Section:
    """Lay the section out where it is called."""
    with gr.Row(elem_classes="asks"):
        start = gr.Textbox("0", label="From: a seed or a latent", max_length=200_000, min_width=150)
        end = gr.Textbox("1", label="To: a seed or a latent", max_length=200_000, min_width=150)
        path = gr.Radio(PATHS, value="slerp", label="Path", min_width=380)
        count = gr.Slider(3, MOST, 9, step=1, label="Pictures", buttons=[], min_width=180)
        resample = gr.Button("Resample both", variant="primary", min_width=140, scale=0)
    shown = gr.HTML(elem_classes="shown")
    gr.HTML(_HELP, elem_classes="quiet")
    example = from_python(_CODE, model="digits-quick")
    widgets = {"from": start, "to": end, "path": path, "count": count}
    redraw(chosen, list(widgets.values()), showing_refusal(draw), shown, **SOON)
    resample.click(_seeds, None, [start, end], **QUIET)
    texts, outputs = [lambda: gr.Textbox()] * 4, [lambda: gr.Image(format="png"), lambda: gr.JSON()]
    inputs = [*texts, lambda: gr.Number(9, precision=0), lambda: gr.Textbox("")]
    endpoint(answer, inputs, outputs, "explore_strip")
    defaults = {"from": "0", "to": "1", "path": "slerp", "count": 9}
    return Section("between", widgets, defaults, {"path": ("slerp", "lerp"), "count": (3, MOST)}, example, _CODE)


def _seeds() -> list[str]:
    return [str(random.randrange(10**6)) for _ in range(2)]


def on_the_way(pipeline: Pipeline, start: str, end: str, path: str, count: float) -> Tensor:
    """z (count, z_dim); ValueError for ends that are none and too many or too few pictures."""
    if not 2 <= count <= MOST:
        raise ValueError(f"A strip has 2 to {MOST} pictures, not {count:g}.")
    return strip(read(pipeline, start), read(pipeline, end), int(count), path)


def draw(model: str | None, label: str | None, start: str, end: str, path: str, count: float) -> str:
    """The strip as figures; ValueError, one sentence, for what cannot be drawn."""
    pipeline = pipeline_of(model)
    z = on_the_way(pipeline, start, end, path, count)
    which = class_of(pipeline, label)
    images = pipeline.generate(z, which)
    captions = score_captions(pipeline, images, which)
    figures = [
        figure(image, caption, Latent.of(str(model), latent, label), alt=f"Picture {number} of {len(z)}")
        for number, (image, caption, latent) in enumerate(zip(images, captions, z, strict=True), start=1)
    ]
    query = address("between", model, label, **{"from": start, "to": end, "path": path, "count": int(count)})
    return row(figures, "along") + links(query, images, len(images), "strip") + score_note(pipeline)


def answer(model: str, start: str, end: str, path: str, count: float, label: str) -> tuple[Image.Image, list[Any]]:
    """/explore_strip: the strip as one picture, and its latents."""
    pipeline = pipeline_of(model)
    z = on_the_way(pipeline, start, end, path, count)
    images = pipeline.generate(z, class_of(pipeline, label))
    latents = [{"model": model, "z": list(Latent.of(model, one).z), "label": label or None} for one in z]
    return sheet(images, len(images), scale=2), latents
