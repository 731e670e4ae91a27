"""The Explore panel: interpolation, loops, maps and arithmetic in latent space, nearest training images; one file per sub-tab."""

from __future__ import annotations

from typing import Any

import gradio as gr

from ganlab.app.playground.choice import Panel
from ganlab.app.playground.explore import arithmetic, interpolate, loop, map, nearest
from ganlab.app.playground.explore.section import Chosen, Section
from ganlab.app.playground.gradio_events import TURNING
from ganlab.app.playground.html import home, in_python
from ganlab.app.playground.model_info import info_of

SECTIONS = {  # by the names that links carry
    "between": ("Between two", interpolate.section),
    "loop": ("Loop", loop.section),
    "map": ("Map", map.section),
    "sums": ("A − B + C", arithmetic.section),
    "close": ("Is it a copy?", nearest.section),
}


def explore_panel(panel: Panel) -> None:
    """Lay the panel out where it is called; it is filled when it gets a model."""
    turn, filled = gr.State(0), gr.State("")
    label = gr.Radio([], label="Label", visible=False)
    chosen, sections = Chosen(panel.model, label, turn), []
    with gr.Tabs(elem_id="sections") as tabs:
        for name, (title, lay_out) in SECTIONS.items():
            with gr.Tab(title, id=name):
                sections.append(lay_out(chosen))
    widgets = [widget for section in sections for widget in section.widgets.values()]
    examples = [section.example for section in sections]
    outputs = [label, turn, filled, tabs, *widgets, *examples]

    def enter(name: str, label: str | None, turn: int, filled: str, request: gr.Request) -> list[Any]:
        query = dict(request.query_params)
        return [*choose(name, turn, label if filled else query.get("label")), name, *_body(sections, name, filled, request)]

    panel.model.change(enter, [panel.model, label, turn, filled], outputs, **TURNING)
    label.input(lambda turn: turn + 1, turn, turn, **TURNING)


def _body(sections: list[Section], name: str, filled: str, request: gr.Request) -> list[Any]:
    """The chosen sub-tab, every section's widgets, and the examples with this server's address; later they stay as they are."""
    if filled:
        return [gr.skip() for _ in range(1 + sum(len(section.widgets) + 1 for section in sections))]
    query = dict(request.query_params)
    wanted = query.get("section", "")
    values = [value for section in sections for value in section.restore(query)]
    codes = [in_python(section.code, home(request), model=name) for section in sections]
    return [gr.Tabs(selected=wanted if wanted in SECTIONS else "between"), *values, *codes]


def choose(name: str, turn: int, label: str | None = None) -> list[Any]:
    """What depends on the model: its labels by name, as before where the model has it, and that everything is drawn anew."""
    names = list(info_of(name).labels)
    return [gr.update(choices=names, value=label if label in names else next(iter(names), None), visible=bool(names)), turn + 1]
