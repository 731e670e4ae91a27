"""The Latent panel: Gradio's widgets around the fast picture route. Python fills the widgets, playground.js draws."""

from __future__ import annotations

import html
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import gradio as gr

from ganlab.analysis.explore.latents import MAX_SEED, MAX_TEXT
from ganlab.app.playground.gradio_events import QUIET, by_name
from ganlab.app.playground.hub_menu import arrivals, menu
from ganlab.app.playground.latent.in_browser import in_this_browser
from ganlab.app.playground.latent.pasted import add_endpoint, draw_pasted, z_of_address
from ganlab.app.playground.model_info import DIRECTIONS, ModelInfo, described
from ganlab.app.playground.parse import whole
from ganlab.app.serving.hub_models import playable
from ganlab.core.names import message
from ganlab.models.entry import ModelEntry

REACH = 4.0  # standard deviations that a slider goes to either side
MOST_TRUNCATION = 1.5
_CHOSEN = 4 + DIRECTIONS  # widgets that depend on the model
COUNTS = (16, 36, 64, 100)
REFRESH_SECONDS = 4.0

_STAGE = """<figure id="stage"><canvas id="picture" role="img" aria-label="The picture that the generator draws now"></canvas>
<figcaption id="caption"></figcaption></figure>
<div class="links" id="shown"><a id="copy-z" class="latent" href="#">Copy this z</a><span id="score"></span></div>"""
_SHEET = '<img id="sheet" alt="More samples, drawn the same way from other z">'
_LINKS = '<div class="links"><a id="download" download>Download these samples</a><a id="link" href="">Copy link</a></div>'
_HINT = """The directions of z that change the output of the generator's first layer most, strongest first: its principal
components, as in GANSpace. Find out what each of them changes in the picture; 1 is one standard deviation. Truncation below 1
draws more typical and less varied pictures."""
_PASTE = "Copied from a picture here or in Explore: {…}"
_NOTHING = """<div class="nothing"><h2>No model to play with yet</h2>
<p>A model appears here with its first checkpoint, while it is still training.
<a href="../train" target="_top">Train one</a>; the shapes need no download.</p></div>"""


@dataclass(frozen=True)
class Widgets:
    """The panel's widgets; `z` holds the numbers of a pasted z and is empty while the seed's z is drawn."""

    model: gr.Dropdown
    seed: gr.Number
    label: gr.Radio
    truncation: gr.Slider
    count: gr.Radio
    every_label: gr.Checkbox
    z: gr.Textbox
    lock: gr.Checkbox
    sliders: list[gr.Slider]
    about: gr.HTML
    stage: gr.Column
    nothing: gr.HTML
    shown: gr.State

    @property
    def values(self) -> dict[str, gr.components.Component | list[gr.Slider]]:
        """What a picture depends on, by the names that playground.js reads."""
        names = ("model", "seed", "label", "truncation", "count", "every_label", "z", "lock")
        return {name: getattr(self, name) for name in names} | {"offsets": self.sliders}

    def in_browser(self, function: str, *outputs: str) -> dict[str, Any]:
        """Return the arguments of an event that `function` of playground.js answers; it sets the widgets named in `outputs`."""
        return by_name(f"window.ganlab.{function}", self.values, outputs) | QUIET


def latent_panel(demo: gr.Blocks) -> None:
    """Lay the panel out where it is called, and fill it when `demo` loads."""
    widgets = _layout(demo)
    _wire(demo, widgets, arrivals(widgets.model, "draws", _drawing))


def _layout(demo: gr.Blocks) -> Widgets:
    shown = gr.State([])
    nothing = gr.HTML(_NOTHING, visible=False)
    with gr.Column() as stage:
        with gr.Row(elem_classes="top"):
            model = gr.Dropdown([], label="Model", scale=2, min_width=280)
            about = gr.HTML(elem_classes="quiet")
        with gr.Row():
            with gr.Column(min_width=300, elem_id="drawn"):
                gr.HTML(_STAGE, elem_id="stage-block")
                with gr.Row(elem_classes="seed"):
                    seed = gr.Number(0, label="Seed", precision=0, minimum=0, maximum=MAX_SEED, min_width=100)
                    resample = gr.Button("Resample", variant="primary", min_width=100)
                    lock = gr.Checkbox(False, label="Lock", elem_id="lock", min_width=80, scale=0)
                label = gr.Radio([], label="Label", visible=False)
            with gr.Column(min_width=300):
                sliders, truncation, reset = _sliders()
            with gr.Column(min_width=300):
                gr.HTML(_SHEET)
                gr.HTML(_LINKS)
                count = gr.Radio(list(COUNTS), value=COUNTS[0], label="Samples")
                every_label = gr.Checkbox(False, label="One column per label", visible=False)
                z, pasted, go, note = _pasting()
                in_this_browser(model)
                add_endpoint(demo)
    widgets = Widgets(model, seed, label, truncation, count, every_label, z, lock, sliders, about, stage, nothing, shown)
    draw = widgets.in_browser("draw")
    resample.click(**widgets.in_browser("resample", "seed", "z"))
    lock.change(_locked, lock, [seed, resample], **QUIET).then(**draw)
    gr.on([go.click, pasted.submit], draw_pasted, [pasted, model], [z, label, truncation, *sliders, note], **QUIET).then(**draw)
    reset.click(**widgets.in_browser("reset", "truncation", "offsets"))
    return widgets


def _pasting() -> tuple[gr.Textbox, gr.Textbox, gr.Button, gr.HTML]:
    """Where a z is pasted: its numbers (never shown), the box, its button, and a line about it."""
    z = gr.Textbox("", visible="hidden", elem_id="pasted-z", show_label=False)
    with gr.Accordion("Draw a copied z", open=False):
        pasted = gr.Textbox(label="A z as JSON, or a seed", placeholder=_PASTE, max_length=MAX_TEXT, lines=1, max_lines=3)
        go, note = gr.Button("Draw it"), gr.HTML()
    return z, pasted, go, note


def _locked(locked: bool) -> list[Any]:
    """Seed and Resample: a stray click must not lose a picture that was found."""
    return [gr.update(interactive=not locked) for _ in range(2)]


def _sliders() -> tuple[list[gr.Slider], gr.Slider, gr.Button]:
    """The directions, the most influential first, and how far from the average z to stay."""
    with gr.Group(elem_classes="sliders"):
        names = [f"Direction {number}" for number in range(1, DIRECTIONS + 1)]
        sliders = [
            gr.Slider(-REACH, REACH, 0, step=0.05, label=name, buttons=[], elem_id=f"direction-{index}")
            for index, name in enumerate(names)
        ]
        truncation = gr.Slider(0, MOST_TRUNCATION, 1, step=0.05, label="Truncation", buttons=[], elem_id="truncation")
    gr.HTML(_HINT, elem_classes="quiet")
    return sliders, truncation, gr.Button("Reset sliders")


def _wire(demo: gr.Blocks, widgets: Widgets, arrived: list[Any]) -> None:
    chosen = [widgets.label, widgets.every_label, *widgets.sliders, widgets.about, widgets.z]
    asked = [widgets.seed, widgets.truncation, widgets.count, widgets.lock]
    menu = [widgets.model, widgets.stage, widgets.nothing, widgets.shown]
    draw = widgets.in_browser("draw")
    widgets.seed.input(**widgets.in_browser("reseed", "z"))
    for widget in (widgets.label, widgets.count, widgets.every_label):
        widget.input(**draw)
    for event in arrived:
        event.then(choose, widgets.model, chosen, **QUIET).then(**draw)
    demo.load(restore, None, [*menu, *asked, *chosen], **QUIET).then(**draw)
    gr.Timer(REFRESH_SECONDS).tick(refresh, [widgets.model, widgets.shown], [*menu, *chosen], **QUIET).then(**draw)


def choose(name: str | None, query: Mapping[str, str] | None = None) -> list[Any]:
    """Updates for the widgets that depend on the model: its labels, its directions, what it is."""
    info = _info(name)
    query = query or {}
    offsets = [*_floats(query.get("offsets", "")), *[0.0] * DIRECTIONS]
    label = whole(query, "label", most=len(info.labels) - 1) if info.labels else 0
    sliders = [gr.update(value=offsets[index], visible=index < info.directions) for index in range(DIRECTIONS)]
    choices = [(text, index) for index, text in enumerate(info.labels)]
    radio = gr.update(choices=choices, value=label if choices else None, visible=bool(choices))
    every = gr.update(value=bool(choices) and query.get("every_label") == "1", visible=bool(choices))
    return [radio, every, *sliders, info.about, z_of_address(query)]


def restore(request: gr.Request) -> list[Any]:
    """The state that the URL asks for, else the newest model as it is."""
    query = dict(request.query_params)
    found = _drawing()
    names = [model.name for model in found]
    name = query.get("model") if query.get("model") in names else next(iter(names), None)
    seed = whole(query, "seed")
    truncation = min(max(next(iter(_floats(query.get("truncation", ""))), 1.0), 0.0), MOST_TRUNCATION)
    count = next((count for count in COUNTS if str(count) == query.get("count")), COUNTS[0])
    return [*_menu(found, name), seed, truncation, count, query.get("lock") == "1", *choose(name, query)]


def refresh(name: str | None, shown: list[str]) -> list[Any]:
    """The menu when runs came or went; nothing at all otherwise, so that no open menu closes."""
    found = _drawing()
    if [model.name for model in found] == shown:
        return [gr.skip() for _ in range(4 + _CHOSEN)]
    names = [model.name for model in found]
    if name in names:
        return [*_menu(found, name), *[gr.skip() for _ in range(_CHOSEN)]]
    name = next(iter(names), None)
    return [*_menu(found, name), *choose(name)]


def _menu(found: list[ModelEntry], name: str | None) -> list[Any]:
    dropdown = gr.update(choices=menu(found, "draws"), value=name)
    return [dropdown, gr.update(visible=bool(found)), gr.update(visible=not found), [model.name for model in found]]


def _drawing() -> list[ModelEntry]:
    """The models that draw from z."""
    return [model for model in playable() if not model.translates]


def _info(name: str | None) -> ModelInfo:
    model = next((model for model in _drawing() if model.name == name), None)
    try:
        return replace(ModelInfo.of(model), about=described(model)) if model else ModelInfo("", (), 0)
    except ValueError as error:
        return ModelInfo(html.escape(message(error)), (), 0)


def _floats(text: str) -> list[float]:
    """The numbers of a comma list, cut to what a slider can show; nothing where one is none."""
    try:
        numbers = [float(part) for part in text.split(",")][:DIRECTIONS] if text else []
    except ValueError:
        return []
    return [min(max(number, -REACH), REACH) for number in numbers] if all(map(math.isfinite, numbers)) else []
