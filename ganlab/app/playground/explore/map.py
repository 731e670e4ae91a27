"""Explore, a map: a plane through latent space as a sheet of pictures, and any point of it."""

from __future__ import annotations

from typing import Any

import gradio as gr
from PIL import Image

from ganlab.analysis.explore.latents import Latent, class_of, read
from ganlab.analysis.explore.planes import Plane, cell
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

MOST_DIRECTIONS, MOST_SIDE = 10, 13
DIRECTIONS, SEEDS = "Two directions", "Three seeds"
_PIXELS = 2**22  # of a map
_HELP = """Click on the map, or move the sliders to go anywhere between its pictures. Two directions: the seed is in the middle,
direction 1 is the strongest, and the reach is in standard deviations. Three seeds: they are in the lower left, lower right and
upper left corners."""
_CODE = 'picture = client.predict({model}, "Two directions", "0", "1", "2", 1, 2, 3, 9, api_name="/explore_map")'


def section(chosen: Chosen) -> Section:
    """Lay the section out where it is called."""
    with gr.Row(elem_classes="asks"):
        kind = gr.Radio([DIRECTIONS, SEEDS], value=DIRECTIONS, label="Map of", min_width=300)
        a = gr.Textbox("0", label="Seed or latent", max_length=200_000, min_width=130)
        b = gr.Textbox("1", label="Lower right", max_length=200_000, min_width=130, visible=False)
        c = gr.Textbox("2", label="Upper left", max_length=200_000, min_width=130, visible=False)
        first = gr.Slider(1, MOST_DIRECTIONS, 1, step=1, label="To the right", buttons=[], min_width=160)
        second = gr.Slider(1, MOST_DIRECTIONS, 2, step=1, label="Upwards", buttons=[], min_width=160)
        reach = gr.Slider(0.5, 6, 3, step=0.5, label="Reach", buttons=[], min_width=160)
        side = gr.Slider(3, MOST_SIDE, 9, step=2, label="Per side", buttons=[], min_width=160)
    with gr.Row():
        with gr.Column(min_width=300, elem_classes="map-column"):
            sheet_shown = gr.Image(
                label="Map", format="png", interactive=False, buttons=["download"], elem_id="map", elem_classes="crisp"
            )
        with gr.Column(min_width=260):
            shown = gr.HTML(elem_classes="shown")
            x = gr.Slider(-1, 1, 0, step=0.01, label="Left to right", buttons=[])
            y = gr.Slider(-1, 1, 0, step=0.01, label="Down to up", buttons=[])
    gr.HTML(_HELP, elem_classes="quiet")
    example = from_python(_CODE, model="digits-quick")
    plane = {"kind": kind, "a": a, "b": b, "c": c, "first": first, "second": second, "reach": reach, "side": side}
    widgets = {**plane, "x": x, "y": y}
    asked = [chosen.model, chosen.label, *widgets.values()]
    gr.on([kind.change], _ask, kind, [a, b, c, first, second, reach], **QUIET)
    redraw(chosen, list(plane.values()), _map_or_nothing, sheet_shown, **SOON)
    redraw(chosen, list(widgets.values()), showing_refusal(draw), shown, trigger_mode="always_last", **QUIET)
    sheet_shown.select(_clicked, [side, sheet_shown], [x, y], **QUIET).then(showing_refusal(draw), asked, shown, **QUIET)
    texts = [lambda: gr.Textbox()] * 5
    numbers = [lambda: gr.Number(1)] * 2 + [lambda: gr.Number(3), lambda: gr.Number(9)]
    endpoint(answer, [*texts, *numbers, lambda: gr.Textbox("")], [lambda: gr.Image(format="png")], "explore_map")
    defaults = {"kind": DIRECTIONS, "a": "0", "b": "1", "c": "2", "first": 1, "second": 2, "reach": 3.0, "side": 9}
    allowed: dict[str, Any] = {"kind": (DIRECTIONS, SEEDS), "first": (1, MOST_DIRECTIONS), "second": (1, MOST_DIRECTIONS)}
    allowed |= {"reach": (0.5, 6.0), "side": (3, MOST_SIDE), "x": (-1.0, 1.0), "y": (-1.0, 1.0)}
    return Section("map", widgets, {**defaults, "x": 0.0, "y": 0.0}, allowed, example, _CODE)


def _ask(kind: str) -> list[Any]:
    """Only what the kind of map needs."""
    seeds = kind == SEEDS
    label = "Lower left: a seed or a latent" if seeds else "Seed or latent"
    return [gr.update(label=label), *[gr.update(visible=seeds)] * 2, *[gr.update(visible=not seeds)] * 3]


def plane_of(pipeline: Pipeline, kind: str, a: str, b: str, c: str, first: float, second: float, reach: float) -> Plane:
    """The plane that the widgets describe; ValueError, one sentence, for none."""
    if kind == SEEDS:
        return Plane.through(*(read(pipeline, text) for text in (a, b, c)))
    if kind != DIRECTIONS:
        raise ValueError(f"A map shows {DIRECTIONS!r} or {SEEDS!r}, not {kind[:40]!r}.")
    if not 0 < reach <= 10:
        raise ValueError("The reach of a map is above 0 and at most 10 standard deviations.")
    return Plane.along(read(pipeline, a), pipeline.directions, int(first) - 1, int(second) - 1, reach)


def answer(
    model: str | None, kind: str, a: str, b: str, c: str, first: float, second: float, reach: float, side: float, label: str
) -> Image.Image:
    """/explore_map: the map as one picture."""
    pipeline, side = pipeline_of(model), int(side)
    if not 2 <= side <= MOST_SIDE or (side * pipeline.spec.image_size) ** 2 > _PIXELS:
        raise ValueError(f"A map of {side} × {side} pictures is too small or too large; choose another number per side.")
    z = plane_of(pipeline, kind, a, b, c, first, second, reach).grid(side)
    images = pipeline.generate(z, class_of(pipeline, label))
    return sheet(images, side, padding=0, scale=max(1, round(700 / (side * pipeline.spec.image_size))))


def _map_or_nothing(
    model: str | None,
    label: str | None,
    kind: str,
    a: str,
    b: str,
    c: str,
    first: float,
    second: float,
    reach: float,
    side: float,
) -> Image.Image | None:
    """Return None for what cannot be drawn: `draw` shows the reason beside the map."""
    try:
        return answer(model, kind, a, b, c, first, second, reach, side, label or "")
    except ValueError:
        return None


def _clicked(side: float, picture: Any, event: gr.SelectData) -> list[float]:
    """The middle of the picture under the pointer."""
    height, width = picture.shape[:2]
    return [round(at, 4) for at in cell(event.index, (width, height), int(side))]


def draw(model: str | None, label: str | None, *values: Any) -> str:
    """The picture at x and y, the last two of `values`; before them come the plane's and the side."""
    *plane, side, x, y = values
    pipeline = pipeline_of(model)
    z = plane_of(pipeline, *plane).at(x, y)
    which = class_of(pipeline, label)
    images = pipeline.generate(z[None], which)
    caption = f"{x:+.2f} to the right, {y:+.2f} up" + "".join(
        f" · {score}" for score in score_captions(pipeline, images, which) if score
    )
    names = ("kind", "a", "b", "c", "first", "second", "reach", "side", "x", "y")
    query = address("map", model, label, **dict(zip(names, (*plane, int(side), x, y), strict=True)))
    shown = row([figure(images[0], caption, Latent.of(str(model), z, label), alt="The picture at the chosen point")], "one")
    return shown + links(query, images, name="point") + score_note(pipeline)
