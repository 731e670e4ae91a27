"""Explore, arithmetic: A - B + C."""

from __future__ import annotations

from typing import Any

import gradio as gr
import torch
from PIL import Image
from torch import Tensor

from ganlab.analysis.explore.latents import Latent, class_of, combine, read
from ganlab.app.playground.explore.section import Chosen, Section, address, redraw
from ganlab.app.playground.gradio_events import SOON
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

_HELP = """Adds to C what A has and B lacks. Type seeds, or paste latents that you copied by a click on a picture. A result that
is farther from the average than all three is shortened to the longest of them."""
_CODE = 'picture, latent = client.predict({model}, "0", "1", "2", api_name="/explore_arithmetic")'


def section(chosen: Chosen) -> Section:
    """Lay the section out where it is called."""
    with gr.Row(elem_classes="asks"):
        boxes = {
            name: gr.Textbox(str(value), label=f"{name.upper()}: a seed or a latent", max_length=200_000, min_width=150)
            for value, name in enumerate("abc")
        }
    shown = gr.HTML(elem_classes="shown")
    gr.HTML(_HELP, elem_classes="quiet")
    example = from_python(_CODE, model="digits-quick")
    redraw(chosen, list(boxes.values()), showing_refusal(draw), shown, **SOON)
    outputs = [lambda: gr.Image(format="png"), lambda: gr.JSON()]
    endpoint(answer, [*[lambda: gr.Textbox()] * 4, lambda: gr.Textbox("")], outputs, "explore_arithmetic")
    return Section("sums", boxes, {"a": "0", "b": "1", "c": "2"}, {}, example, _CODE)


def _terms(pipeline: Pipeline, *texts: str) -> Tensor:
    """A, B, C and their sum: (4, z_dim)."""
    a, b, c = (read(pipeline, text) for text in texts)
    return torch.stack([a, b, c, combine(a, b, c)])


def draw(model: str | None, label: str | None, a: str, b: str, c: str) -> str:
    """All four as figures; ValueError, one sentence, for what is neither seed nor latent."""
    pipeline = pipeline_of(model)
    z, which = _terms(pipeline, a, b, c), class_of(pipeline, label)
    images = pipeline.generate(z, which)
    captions = score_captions(pipeline, images, which)
    figures = [
        figure(image, f"{name}  {caption}".strip(), Latent.of(str(model), latent, label))
        for name, image, caption, latent in zip(("A", "B", "C", "A − B + C"), images, captions, z, strict=True)
    ]
    signed = "".join(f'{picture}<span class="sign">{sign}</span>' for picture, sign in zip(figures, "−+=", strict=False))
    query = address("sums", model, label, a=a, b=b, c=c)
    return row([signed, figures[-1]], "sum") + links(query, images, 4, "arithmetic") + score_note(pipeline)


def answer(model: str, a: str, b: str, c: str, label: str) -> tuple[Image.Image, dict[str, Any]]:
    """/explore_arithmetic: A, B, C and A - B + C side by side, and the latent of the last."""
    pipeline = pipeline_of(model)
    z = _terms(pipeline, a, b, c)
    images = pipeline.generate(z, class_of(pipeline, label))
    return sheet(images, 4, scale=2), {"model": model, "z": list(Latent.of(model, z[3]).z), "label": label or None}
