"""Draw from z: a z of one's own, pasted as JSON, in place of the seed's; and the panel's endpoint."""

from __future__ import annotations

import html
import io
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import gradio as gr
from PIL import Image

from ganlab.analysis.explore.latents import FARTHEST, Latent, class_of, read
from ganlab.analysis.explore.tiles import tile
from ganlab.app.api.pictures import MAX_Z, Order, draw, picture_facts
from ganlab.app.playground.failures import warn
from ganlab.app.playground.html import endpoint, from_python, pipeline_of
from ganlab.app.playground.model_info import DIRECTIONS, named
from ganlab.app.playground.parse import whole
from ganlab.models.pipeline import Pipeline
from ganlab.runtime.checkpoint import read_info

_EXAMPLE = """picture, found = client.predict({model}, "7", {label}, "2,-1", 1, api_name="/latent_picture")
print(found["score"], found["latent"])  # the latent can be given in place of the seed, "7" """
_SIDE = 256  # pixels, about, of what the endpoint answers


def z_of_address(query: Mapping[str, str], name: str = "z") -> str:
    """The z that an address holds by that name, as it is; empty where it holds none."""
    parts = query.get(name, "").split(",")
    try:
        fits = len(parts) <= MAX_Z and all(abs(float(part)) <= FARTHEST for part in parts)
    except ValueError:
        return ""
    return ",".join(parts) if fits else ""


def tile_of_address(name: str | None, query: Mapping[str, str]) -> dict[str, str]:
    """What an address says that names a picture on the sheets of a run, `tile` counted from 0: its z and its label."""
    model = named(name) if name and query.get("tile") else None
    if model is None:
        return {}
    try:
        z, label = tile(read_info(model.folder), whole(query, "tile", -1))
    except ValueError as error:
        warn(error)
        return {}
    numbers = ",".join(map(str, Latent.of(model.name, z).z))
    return {"z": numbers} | ({} if label is None else {"label": str(label)})


def draw_pasted(text: str | None, name: str | None) -> list[Any]:
    """What was pasted -> the numbers of z, the label, truncation and sliders as they leave it alone, and what to say of it.

    A seed is drawn from the distribution of z that is assumed.
    """
    try:
        pipeline = pipeline_of(name)
        z = read(pipeline, text or "")
        label = _label(pipeline, text or "")
    except ValueError as error:
        return [*[gr.skip() for _ in range(3 + DIRECTIONS)], f'<p class="wrong">{html.escape(str(error))}</p>']
    pasted_z = ",".join(map(str, Latent.of(pipeline.name, z).z))
    note = '<p class="quiet">This z is drawn now. Change the seed to leave it.</p>'
    return [pasted_z, gr.skip() if label is None else label, 1, *[0.0] * DIRECTIONS, note]


def _label(pipeline: Pipeline, text: str) -> int | None:
    """That of the latent, where the model knows it."""
    name = Latent.parse(text).label if text.strip().startswith("{") else None
    return pipeline.labels.index(name) if pipeline.conditional and name in pipeline.labels else None


def add_endpoint(demo: gr.Blocks) -> None:
    """The panel's endpoint and its example, where this is called."""
    from_python(_EXAMPLE, demo, model="digits-cgan", label="3")
    texts = [lambda: gr.Textbox(), lambda: gr.Textbox("0"), lambda: gr.Textbox(""), lambda: gr.Textbox("")]
    endpoint(answer, [*texts, lambda: gr.Number(1)], [lambda: gr.Image(format="png"), lambda: gr.JSON()], "latent_picture")


def answer(model: str, z: str, label: str, offsets: str, truncation: float) -> tuple[Image.Image, dict[str, Any]]:
    """/latent_picture: z (a seed or a latent as JSON), truncated, then moved by `offsets` along the directions; its score."""
    pipeline = pipeline_of(model)
    asked = Order.parse({"model": model, "offsets": offsets or "", "truncation": str(truncation)})
    chosen = class_of(pipeline, label or None)
    order = replace(asked, z=tuple(read(pipeline, z).tolist()), label=chosen)
    scale = max(1, _SIDE // pipeline.spec.image_size)
    return Image.open(io.BytesIO(draw(replace(order, scale=scale), pipeline))), picture_facts(order, pipeline)
