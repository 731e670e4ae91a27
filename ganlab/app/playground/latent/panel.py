"""The Latent panel: Gradio's widgets around the fast picture route. Python fills the widgets, playground.js draws."""

from __future__ import annotations

import html
import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import gradio as gr

from ganlab.app.playground.gradio_events import QUIET
from ganlab.app.playground.hub_menu import arrivals, menu
from ganlab.app.playground.latent.compare import offered
from ganlab.app.playground.latent.layout import COUNTS, MOST_TRUNCATION, REACH, Widgets, lay_out
from ganlab.app.playground.latent.pasted import z_of_address
from ganlab.app.playground.left_open import MOST, pipeline_of, settled, updates
from ganlab.app.playground.model_info import DIRECTIONS, ModelInfo, described, notes_named
from ganlab.app.playground.parse import whole
from ganlab.app.playground.weights_file import ONE_AT_A_TIME, Loaded, brought
from ganlab.app.serving.hub_models import playable
from ganlab.app.serving.pipelines import PIPELINES
from ganlab.app.serving.variants import parts, query_of, variant
from ganlab.core.names import message
from ganlab.models.entry import ModelEntry

_CHOSEN = 4 + DIRECTIONS  # widgets that depend on the model
_OPEN = 4 + MOST + 1  # and those of what its file leaves open
REFRESH_SECONDS = 4.0


def latent_panel(demo: gr.Blocks) -> None:
    """Lay the panel out where it is called, and fill it when `demo` loads."""
    widgets = lay_out(demo)
    _wire(demo, widgets, arrivals(widgets.model, "draws", _drawing))


def _wire(demo: gr.Blocks, widgets: Widgets, arrived: list[Any]) -> None:
    chosen = [widgets.label, widgets.every_label, *widgets.sliders, widgets.about, widgets.z]
    chosen += [*widgets.open.outputs, widgets.instead]
    asked = [widgets.seed, widgets.truncation, widgets.count, widgets.lock]
    menu = [widgets.model, widgets.stage, widgets.nothing, widgets.shown]
    draw = widgets.in_browser("draw")
    widgets.seed.input(**widgets.in_browser("reseed", "z"))
    for widget in (widgets.label, widgets.count, widgets.every_label):
        widget.input(**draw)
    for event in arrived:
        event.then(chosen_model, widgets.model, chosen, **QUIET).then(**draw)
    for control in widgets.open.controls:
        settling = [widgets.model, widgets.open.assume, *widgets.open.controls]
        control.input(settle, settling, chosen, **QUIET).then(**draw)
    demo.load(arrived_at, None, [*menu, *asked, *chosen], **QUIET).then(**draw)
    here = [widgets.model, widgets.shown, widgets.loaded]
    gr.Timer(REFRESH_SECONDS).tick(refreshed, here, [*menu, *chosen], **QUIET).then(**draw)
    given = [widgets.weights, widgets.loaded]
    widgets.weights.upload(
        load_weights, given, [*menu, *chosen, widgets.loaded], show_progress_on=widgets.weights, **ONE_AT_A_TIME
    ).then(**draw)


def chosen_model(name: str | None, query: Mapping[str, str] | None = None) -> list[Any]:
    """Updates for all that depends on the model, what its file leaves open included; `name` may hold assumptions."""
    return [*choose(name, query), *updates(name), offered(name)]


def settle(name: str | None, assume: str, *values: str | None) -> list[Any]:
    """The same, after a control of what is left open was changed: label, sliders and z stay where they still fit."""
    before, after = variant(name, assume) if name else name, settled(name, assume, list(values))
    made = chosen_model(after)
    old, new = pipeline_of(before), pipeline_of(after)
    if old and new and (old.z_dim, old.labels, old.conditional) == (new.z_dim, new.labels, new.conditional):
        made[: _CHOSEN - 2] = [gr.skip() for _ in range(_CHOSEN - 2)]  # all before what the model is
        made[_CHOSEN - 1] = gr.skip()
    return made


def arrived_at(request: gr.Request) -> list[Any]:
    """The state that the URL asks for, with the assumptions that it names."""
    found = restore(request)
    name = _as_asked(found[0]["value"], request.query_params)
    return [*found, *updates(name), offered(name)]


def _as_asked(name: str | None, query: Mapping[str, str]) -> str | None:
    """The model with the assumptions that an address names for it."""
    asked = query.get("model", "")
    return variant(name, query_of(asked)) if name and parts(asked)[0] == name else name


def load_weights(file: str | None, loaded: Loaded) -> list[Any]:
    """A foreign generator joins the menu of this visitor alone."""
    if not file:
        return [gr.skip() for _ in range(4 + _CHOSEN + _OPEN + 1)]
    title, name = brought(file, "draws")
    loaded = [*loaded, (title, name)]
    return [*_menu(_drawing(), name, loaded), *chosen_model(name), loaded]


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
    wanted, _ = parts(query.get("model", ""))
    name = wanted if wanted in names else next(iter(names), None)
    seed = whole(query, "seed")
    truncation = min(max(next(iter(_floats(query.get("truncation", ""))), 1.0), 0.0), MOST_TRUNCATION)
    count = next((count for count in COUNTS if str(count) == query.get("count")), COUNTS[0])
    chosen = choose(_as_asked(name, query), query)
    return [*_menu(found, name), seed, truncation, count, query.get("lock") == "1", *chosen]


def refreshed(name: str | None, shown: list[str], loaded: Loaded) -> list[Any]:
    """The menu when runs came or went, and where the model is another one by that, what it leaves open."""
    found = refresh(name, shown, loaded)
    chosen = found[0].get("value", name)
    same = chosen == name or "value" not in found[0]
    return [*found, *([gr.skip() for _ in range(_OPEN)] if same else [*updates(chosen), offered(chosen)])]


def refresh(name: str | None, shown: list[str], loaded: Loaded = ()) -> list[Any]:
    """The menu when runs came or went; nothing at all otherwise, so that no open menu closes."""
    found = _drawing()
    if [model.name for model in found] == shown:
        return [gr.skip() for _ in range(4 + _CHOSEN)]
    names = [*[model.name for model in found], *[key for _, key in loaded]]
    if name in names:
        return [*_menu(found, name, loaded), *[gr.skip() for _ in range(_CHOSEN)]]
    name = next(iter(names), None)
    return [*_menu(found, name, loaded), *choose(name)]


def _menu(found: list[ModelEntry], name: str | None, loaded: Loaded = ()) -> list[Any]:
    dropdown = gr.update(choices=[*loaded, *menu(found, "draws")], value=name)
    some = bool(found or loaded)
    return [dropdown, gr.update(visible=some), gr.update(visible=not some), [model.name for model in found]]


def _drawing() -> list[ModelEntry]:
    """The models that draw from z."""
    return [model for model in playable() if not model.translates]


def _info(name: str | None) -> ModelInfo:
    base = parts(name or "")[0]
    model = next((model for model in _drawing() if model.name == base), None)
    try:
        if name and (PIPELINES.keeps(name) or (model and name != base)):
            info = ModelInfo.of_pipeline(PIPELINES.get(name))
            return replace(info, about="<br>".join(filter(None, (info.about, notes_named(base)))))
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
