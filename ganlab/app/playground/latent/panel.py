"""The Latent panel: Gradio's widgets around the fast picture route. Python fills the widgets, playground.js draws."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import gradio as gr

from ganlab.app.playground.choice import Choice, Panel
from ganlab.app.playground.gradio_events import QUIET
from ganlab.app.playground.latent.compare import offered
from ganlab.app.playground.latent.layout import COUNTS, MOST_TRUNCATION, REACH, Widgets, lay_out
from ganlab.app.playground.latent.pasted import tile_of_address, z_of_address
from ganlab.app.playground.left_open import leaves_open
from ganlab.app.playground.model_info import DIRECTIONS, info_of
from ganlab.app.playground.parse import whole
from ganlab.app.serving.variants import parts

_ASKED = 4  # widgets that no model changes
_CHOSEN = 4 + DIRECTIONS  # and those that depend on it: label, one column per label, the sliders, what moves z, z


def latent_panel(demo: gr.Blocks, choice: Choice, panel: Panel) -> Widgets:
    """Lay the panel out where it is called; it is filled by `arrived` when `demo` loads, and when its model changes."""
    widgets = lay_out(demo, choice, panel.model)
    draw = widgets.in_browser("draw")
    widgets.seed.input(**widgets.in_browser("reseed", "z"))
    for widget in (widgets.label, widgets.count, widgets.every_label):
        widget.input(**draw)
    entering = [panel.model, widgets.filled]
    panel.model.change(entered, entering, outputs(widgets), **QUIET).then(**draw)
    return widgets


def outputs(widgets: Widgets) -> list[Any]:
    """What `arrived` and `entered` are for."""
    asked = [widgets.seed, widgets.truncation, widgets.count, widgets.lock]
    return [
        *asked,
        widgets.label,
        widgets.every_label,
        *widgets.sliders,
        widgets.shift,
        widgets.z,
        widgets.instead,
        widgets.filled,
    ]


def entered(name: str, filled: str, request: gr.Request) -> list[Any]:
    """The same, as the address says at first; then what another model changes, and what fits it too stays as it is."""
    if name == filled:
        return [gr.skip() for _ in range(_ASKED + _CHOSEN + 2)]
    if not filled:
        return arrived(name, dict(request.query_params))
    kept = [gr.skip() for _ in range(_ASKED)]
    chosen = [gr.skip() for _ in range(_CHOSEN)] if _alike(name, filled) else choose(name)
    return [*kept, *chosen, offered(name), name]


def _alike(name: str, before: str) -> bool:
    """Whether both are the same model, and what is assumed of it leaves z and the labels as they were."""
    if parts(name)[0] != parts(before)[0]:
        return False
    new, old = leaves_open(name), leaves_open(before)
    return not (new and old) or (old.z_dim, old.labels, old.conditional) == (new.z_dim, new.labels, new.conditional)


def choose(name: str | None, query: Mapping[str, str] | None = None) -> list[Any]:
    """Updates for the widgets that depend on the model: its labels, its directions, z."""
    info = info_of(name)
    query = query or {}
    offsets = [*_floats(query.get("offsets", "")), *[0.0] * DIRECTIONS]
    label = whole(query, "label", most=len(info.labels) - 1) if info.labels else 0
    sliders = [gr.update(value=offsets[index], visible=index < info.directions) for index in range(DIRECTIONS)]
    choices = [(text, index) for index, text in enumerate(info.labels)]
    radio = gr.update(choices=choices, value=label if choices else None, visible=bool(choices))
    every = gr.update(value=bool(choices) and query.get("every_label") == "1", visible=bool(choices))
    return [radio, every, *sliders, z_of_address(query, "shift"), z_of_address(query)]


def arrived(name: str | None, query: Mapping[str, str]) -> list[Any]:
    """The state that an address asks for."""
    query = {**query, **tile_of_address(name, query)}
    seed = whole(query, "seed")
    truncation = min(max(next(iter(_floats(query.get("truncation", ""))), 1.0), 0.0), MOST_TRUNCATION)
    count = next((count for count in COUNTS if str(count) == query.get("count")), COUNTS[0])
    return [seed, truncation, count, query.get("lock") == "1", *choose(name, query), offered(name), name or ""]


def _floats(text: str) -> list[float]:
    """The numbers of a comma list, cut to what a slider can show; nothing where one is none."""
    try:
        numbers = [float(part) for part in text.split(",")][:DIRECTIONS] if text else []
    except ValueError:
        return []
    return [min(max(number, -REACH), REACH) for number in numbers] if all(map(math.isfinite, numbers)) else []
