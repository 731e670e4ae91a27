"""The playground: Gradio's widgets around the fast picture route. Python fills the widgets, playground.js draws."""

from __future__ import annotations

import html
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr

from ganlab import checkpoint
from ganlab.models import Model, models
from ganlab.ui.wording import model_label, what

DIRECTIONS = 10
REACH = 4.0  # standard deviations that a slider goes to either side
MOST_TRUNCATION = 1.5
COUNTS = (16, 36, 64, 100)
REFRESH_SECONDS = 4.0
_STATIC = Path(__file__).parent.parent / "web" / "static"
_DRAW = "(...values) => window.ganlab.draw(...values)"
_QUIET: dict[str, Any] = {"queue": False, "show_progress": "hidden", "api_visibility": "private"}

_STAGE = """<figure id="stage"><canvas id="picture" role="img" aria-label="The picture that the generator draws now"></canvas>
<figcaption id="caption"></figcaption></figure>"""
_SHEET = '<img id="sheet" alt="More samples, drawn the same way from other z">'
_LINKS = '<div class="links"><a id="download" download>Download these samples</a><a id="link" href="">Copy link</a></div>'
_HINT = """Each direction moves z where this generator reacts to it, the strongest first; 1 is one standard deviation.
Truncation below 1 draws more typical and less varied pictures."""
_NOTHING = """<div class="nothing"><h2>No model to play with yet</h2>
<p>A model appears here with its first checkpoint, while it is still training.
<a href="../train" target="_top">Train one</a>; the shapes need no download.</p></div>"""


@dataclass(frozen=True)
class Facts:
    """What the widgets must know of a model; read from its config.json alone, so that no weights are loaded for a menu."""

    about: str
    labels: tuple[str, ...]
    directions: int

    @classmethod
    def of(cls, model: Model) -> Facts:
        """ValueError when the checkpoint is damaged."""
        info = checkpoint.read_info(model.folder)
        size, channels = info.spec["image_size"], info.spec["channels"]
        title, kind = html.escape(what("", info.config)), "colour" if channels == 3 else "grey"
        about = f"{title}, {size} × {size} {kind}, z of {info.config['z_dim']} numbers"
        labels = info.labels if info.spec["conditioning"] == "label" else ()
        return cls(about, labels, min(DIRECTIONS, int(info.config["z_dim"])))


@dataclass(frozen=True)
class Widgets:
    """Everything that is asked for; `values` in the order of draw() in playground.js."""

    model: gr.Dropdown
    seed: gr.Number
    label: gr.Radio
    truncation: gr.Slider
    count: gr.Radio
    every_label: gr.Checkbox
    sliders: list[gr.Slider]
    about: gr.HTML
    stage: gr.Column
    nothing: gr.HTML
    shown: gr.State

    @property
    def values(self) -> list[gr.components.Component]:
        """What a picture depends on."""
        return [self.model, self.seed, self.label, self.truncation, self.count, self.every_label, *self.sliders]


def build() -> gr.Blocks:
    """The Blocks to mount; its theme, style and script are given to the mount."""
    with gr.Blocks(title="GANLab playground", analytics_enabled=False, fill_width=True, delete_cache=(3600, 3600)) as demo:
        widgets = _layout()
        _wire(demo, widgets)
    return demo


def _layout() -> Widgets:
    shown = gr.State([])
    nothing = gr.HTML(_NOTHING, visible=False)
    with gr.Column() as stage:
        with gr.Row(elem_classes="top"):
            model = gr.Dropdown([], label="Model", scale=2, min_width=280)
            about = gr.HTML(elem_classes="quiet")
        with gr.Row():
            with gr.Column(min_width=300):
                gr.HTML(_STAGE)
                with gr.Row(elem_classes="seed"):
                    seed = gr.Number(0, label="Seed", precision=0, minimum=0, maximum=2**31 - 1, min_width=120)
                    resample = gr.Button("Resample", variant="primary", min_width=120)
                label = gr.Radio([], label="Label", visible=False)
            with gr.Column(min_width=300):
                sliders, truncation, reset = _sliders()
            with gr.Column(min_width=300):
                gr.HTML(_SHEET)
                gr.HTML(_LINKS)
                count = gr.Radio(list(COUNTS), value=COUNTS[0], label="Samples")
                every_label = gr.Checkbox(False, label="One column per label", visible=False)
    widgets = Widgets(model, seed, label, truncation, count, every_label, sliders, about, stage, nothing, shown)
    resample.click(None, widgets.values, seed, js="(...values) => window.ganlab.resample(...values)", **_QUIET)
    reset.click(None, widgets.values, [truncation, *sliders], js="(...values) => window.ganlab.reset(...values)", **_QUIET)
    return widgets


def _sliders() -> tuple[list[gr.Slider], gr.Slider, gr.Button]:
    """The directions, the most influential first, and how far from the average z to stay."""
    with gr.Group(elem_classes="sliders"):
        names = [f"Direction {number}" for number in range(1, DIRECTIONS + 1)]
        sliders = [gr.Slider(-REACH, REACH, 0, step=0.05, label=name, buttons=[]) for name in names]
        truncation = gr.Slider(0, MOST_TRUNCATION, 1, step=0.05, label="Truncation", buttons=[])
    gr.HTML(_HINT, elem_classes="quiet")
    return sliders, truncation, gr.Button("Reset sliders")


def _wire(demo: gr.Blocks, widgets: Widgets) -> None:
    chosen = [widgets.label, widgets.every_label, *widgets.sliders, widgets.about]
    asked = [widgets.seed, widgets.truncation, widgets.count]
    menu = [widgets.model, widgets.stage, widgets.nothing, widgets.shown]
    for widget in (widgets.seed, widgets.label, widgets.count, widgets.every_label):
        widget.input(None, widgets.values, js=_DRAW, **_QUIET)
    widgets.model.input(choose, widgets.model, chosen, **_QUIET).then(None, widgets.values, js=_DRAW, **_QUIET)
    demo.load(restore, None, [*menu, *asked, *chosen], **_QUIET).then(None, widgets.values, js=_DRAW, **_QUIET)
    gr.Timer(REFRESH_SECONDS).tick(refresh, [widgets.model, widgets.shown], [*menu, *chosen], **_QUIET).then(
        None, widgets.values, js=_DRAW, **_QUIET
    )


def choose(name: str | None, query: Mapping[str, str] | None = None) -> list[Any]:
    """Updates for the widgets that depend on the model: its labels, its directions, what it is."""
    facts = _facts(name)
    query = query or {}
    offsets = [*_floats(query.get("offsets", "")), *[0.0] * DIRECTIONS]
    label = int(query["label"]) if query.get("label", "").isdigit() and int(query["label"]) < len(facts.labels) else 0
    sliders = [gr.update(value=offsets[index], visible=index < facts.directions) for index in range(DIRECTIONS)]
    choices = [(text, index) for index, text in enumerate(facts.labels)]
    radio = gr.update(choices=choices, value=label if choices else None, visible=bool(choices))
    every = gr.update(value=bool(choices) and query.get("every_label") == "1", visible=bool(choices))
    return [radio, every, *sliders, facts.about]


def restore(request: gr.Request) -> list[Any]:
    """The state that the URL asks for, else the newest model as it is."""
    query = dict(request.query_params)
    found = models()
    names = [model.name for model in found]
    name = query.get("model") if query.get("model") in names else next(iter(names), None)
    seed = int(query["seed"]) if query.get("seed", "").isdigit() else 0
    truncation = min(max(next(iter(_floats(query.get("truncation", ""))), 1.0), 0.0), MOST_TRUNCATION)
    count = next((count for count in COUNTS if str(count) == query.get("count")), COUNTS[0])
    return [*_menu(found, name), seed, truncation, count, *choose(name, query)]


def refresh(name: str | None, shown: list[str]) -> list[Any]:
    """The menu when runs came or went; nothing at all otherwise, so that no open menu closes."""
    found = models()
    if [model.name for model in found] == shown:
        return [gr.skip() for _ in range(4 + 3 + DIRECTIONS)]
    names = [model.name for model in found]
    if name in names:
        return [*_menu(found, name), *[gr.skip() for _ in range(3 + DIRECTIONS)]]
    name = next(iter(names), None)
    return [*_menu(found, name), *choose(name)]


def _menu(found: list[Model], name: str | None) -> list[Any]:
    choices = [(model_label(model), model.name) for model in found]
    dropdown = gr.update(choices=choices, value=name)
    return [dropdown, gr.update(visible=bool(found)), gr.update(visible=not found), [model.name for model in found]]


def _facts(name: str | None) -> Facts:
    model = next((model for model in models() if model.name == name), None)
    try:
        return Facts.of(model) if model else Facts("", (), 0)
    except ValueError as error:
        return Facts(html.escape(str(error)), (), 0)


def _floats(text: str) -> list[float]:
    """The numbers of a comma list, cut to what a slider can show; nothing where one is none."""
    try:
        numbers = [float(part) for part in text.split(",")][:DIRECTIONS] if text else []
    except ValueError:
        return []
    return [min(max(number, -REACH), REACH) for number in numbers] if all(map(math.isfinite, numbers)) else []


def theme() -> gr.themes.Base:
    """The colours of .streamlit/config.toml and of the live view; no font from the network."""
    fonts = ("Source Sans", "system-ui", "sans-serif")
    theme = gr.themes.Base(primary_hue="blue", neutral_hue="slate", font=fonts, font_mono=("ui-monospace", "monospace"))
    colours = {
        "body_background_fill": ("#ffffff", "#0e1117"),
        "background_fill_primary": ("#ffffff", "#0e1117"),
        "background_fill_secondary": ("#f2f4f7", "#1c222c"),
        "block_background_fill": ("#ffffff", "#0e1117"),
        "border_color_primary": ("#e2e6ec", "#29303c"),
        "body_text_color": ("#171b22", "#eef1f6"),
        "body_text_color_subdued": ("#596273", "#9ba6b6"),
        "block_label_text_color": ("#171b22", "#eef1f6"),
        "block_title_text_color": ("#171b22", "#eef1f6"),
        "input_background_fill": ("#f2f4f7", "#1c222c"),
        "checkbox_background_color_selected": ("#0072b2", "#1b7fbd"),
        "checkbox_border_color_selected": ("#0072b2", "#1b7fbd"),
        "slider_color": ("#0072b2", "#56b4e9"),
        "button_primary_background_fill": ("#0072b2", "#1b7fbd"),
        "button_primary_background_fill_hover": ("#005f96", "#2590d2"),
        "button_secondary_background_fill": ("#f2f4f7", "#1c222c"),
        "link_text_color": ("#0072b2", "#56b4e9"),
    }
    dark = {f"{name}_dark": value for name, (_, value) in colours.items()}
    return theme.set(**{name: value for name, (value, _) in colours.items()}, **dark)


def style() -> str:
    """The playground's own CSS."""
    return (_STATIC / "playground.css").read_text()


def head() -> str:
    """The script, inline: Gradio's base address would bend a relative one."""
    return f"<script>{(_STATIC / 'playground.js').read_text()}</script>"
