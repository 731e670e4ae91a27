"""The Explore panel: interpolation, loops, maps and arithmetic in latent space, nearest training images; one file per sub-tab."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import gradio as gr

from ganlab.app.playground.explore import arithmetic, interpolate, loop, map, nearest
from ganlab.app.playground.explore.section import Chosen, Section
from ganlab.app.playground.gradio_events import TURNING
from ganlab.app.playground.html import about, classes, drawing, home, in_python
from ganlab.app.playground.hub_menu import arrivals, menu

SECTIONS = {  # by the names that links carry
    "between": ("Between two", interpolate.section),
    "loop": ("Loop", loop.section),
    "map": ("Map", map.section),
    "sums": ("A − B + C", arithmetic.section),
    "close": ("Is it a copy?", nearest.section),
}


def explore_panel(tab: gr.Tab) -> None:
    """Lay the panel out where it is called; it is filled when its tab opens, which an address can ask for too."""
    turn, entered = gr.State(0), gr.State(False)
    with gr.Row(elem_classes="top"):
        model = gr.Dropdown([], label="Model", scale=2, min_width=280)
        info = gr.HTML(elem_classes="quiet")
    label = gr.Radio([], label="Label", visible=False)
    chosen, sections = Chosen(model, label, turn), []
    with gr.Tabs(elem_id="sections") as tabs:
        for name, (title, lay_out) in SECTIONS.items():
            with gr.Tab(title, id=name):
                sections.append(lay_out(chosen))
    widgets = [widget for section in sections for widget in section.widgets.values()]
    examples = [section.example for section in sections]
    outputs = [model, label, info, turn, entered, tabs, *widgets, *examples]

    def enter(name: str | None, turn: int, entered: bool, request: gr.Request) -> list[Any]:
        return [*_head(name, turn, entered, request.query_params), *_body(sections, name, entered, request)]

    tab.select(enter, [model, turn, entered], outputs, **TURNING)
    for event in arrivals(model, "draws", drawing):
        event.then(choose, [model, turn], [label, info, turn], **TURNING)
    label.input(lambda turn: turn + 1, turn, turn, **TURNING)


def _head(name: str | None, turn: int, entered: bool, query: Mapping[str, str]) -> list[Any]:
    """Model, label, about, turn and that the panel was entered; later visits renew the menu alone."""
    found = drawing()
    names = [model.name for model in found]
    choices = menu(found, "draws")
    if entered and name in names:
        return [gr.update(choices=choices, value=name), *[gr.skip() for _ in range(3)], True]
    wanted = query.get("model")
    name = wanted if wanted in names else next(iter(names), None)
    return [gr.update(choices=choices, value=name), *choose(name, turn, query.get("label")), True]


def _body(sections: list[Section], name: str | None, entered: bool, request: gr.Request) -> list[Any]:
    """The chosen sub-tab, every section's widgets, and the examples with this server's address."""
    if entered:
        return [gr.skip() for _ in range(1 + sum(len(section.widgets) + 1 for section in sections))]
    query = dict(request.query_params)
    wanted = query.get("section", "")
    values = [value for section in sections for value in section.restore(query)]
    names = [model.name for model in drawing()]
    shown = query["model"] if query.get("model") in names else next(reversed(names), "a-model")
    codes = [in_python(section.code, home(request), model=shown) for section in sections]
    return [gr.Tabs(selected=wanted if wanted in SECTIONS else "between"), *values, *codes]


def choose(name: str | None, turn: int, label: str | None = None) -> list[Any]:
    """What depends on the model: its labels by name, what it is, and that everything is drawn anew."""
    model = next((model for model in drawing() if model.name == name), None)
    if model is None:
        return [gr.update(choices=[], value=None, visible=False), "No model draws from z yet: train one first.", turn + 1]
    names = list(classes(model))
    radio = gr.update(choices=names, value=label if label in names else next(iter(names), None), visible=bool(names))
    return [radio, about(model), turn + 1]
