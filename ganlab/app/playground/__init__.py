"""The playground: one Gradio app, each panel in a file of its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any

import gradio as gr

from ganlab.app.playground import choice, queueing
from ganlab.app.playground.choice import Choice, Panel
from ganlab.app.playground.classes import classes_panel
from ganlab.app.playground.draw.panel import draw_panel
from ganlab.app.playground.explore import explore_panel
from ganlab.app.playground.failures import warn
from ganlab.app.playground.fitting import Kind, kinds
from ganlab.app.playground.gradio_events import QUIET, TURNING
from ganlab.app.playground.hub_menu import no_download
from ganlab.app.playground.latent import panel as latent
from ganlab.app.playground.layers.panel import layers_panel
from ganlab.app.playground.translate import translate_panel
from ganlab.app.serving.hub_models import playable
from ganlab.app.serving.pipelines import PIPELINES
from ganlab.app.serving.variants import parts
from ganlab.models import pretrained

TABS = {
    "latent": "Draw from z",
    "explore": "Explore",
    "classes": "Classes",
    "draw": "Draw",
    "translate": "Translate photos",
    "layers": "Layers",
}
KINDS: dict[str, Kind] = {
    "latent": "draws",
    "explore": "draws",
    "classes": "labelled",
    "draw": "draws",
    "translate": "translates",
    "layers": "any",
}


def build() -> gr.Blocks:
    """The Blocks to mount; its theme, style and script are given to the mount."""
    with gr.Blocks(title="GANLab playground", analytics_enabled=False, fill_width=True, delete_cache=(3600, 3600)) as demo:
        head = choice.lay_out(list(TABS))
        with gr.Tabs(elem_id="panels") as tabs:
            with _place(head, "latent") as panel:
                widgets = latent.latent_panel(demo, head, panel)
            with _place(head, "explore") as panel:
                explore_panel(panel)
            with _place(head, "classes") as panel:
                classes_panel(panel)
            with _place(head, "draw") as panel:
                draw_panel(demo, panel)
            with _place(head, "translate") as panel:
                translate_panel(demo, head, panel)
            with _place(head, "layers") as panel:
                layers_panel(demo, panel)
        box = choice.wire(head)
        demo.load(_say_what_is_missing, None, None, **TURNING)
        _fill(demo, head, tabs, box, widgets)
    queueing.bound(demo)
    return demo


@contextmanager
def _place(head: Choice, key: str) -> Iterator[Panel]:
    with gr.Tab(TABS[key], id=key) as tab, head.place(tab, KINDS[key]) as panel:
        yield panel


def _fill(demo: gr.Blocks, head: Choice, tabs: gr.Tabs, box: gr.Accordion, widgets: latent.Widgets) -> None:
    """Let the address fill the page when `demo` loads, Draw from z at once, and runs that come and go change the menu."""
    drawn = latent.outputs(widgets)
    handed, draw = head.handed_over("window.ganlabChoice.show"), widgets.in_browser("draw")

    def opened(request: gr.Request) -> list[Any]:
        query = dict(request.query_params)
        tab = tab_of(query)
        name, loaded = choice.asked_for(query, KINDS[tab or "latent"])
        here = tab in ("", "latent") and "draws" in kinds(name)
        first = [name, *latent.arrived(name, query)] if here else [gr.skip() for _ in range(1 + len(drawn))]
        selected = gr.Tabs(selected=tab) if tab else gr.skip()
        return [selected, gr.update(visible=not no_download()), loaded, *head.show(name, loaded), *first]

    outputs = [tabs, box, head.loaded, *head.outputs, widgets.model, *drawn]
    demo.load(opened, None, outputs, **QUIET).then(**draw).then(**handed)
    known = [head.name, head.shown, head.loaded]
    tick = gr.Timer(choice.REFRESH_SECONDS).tick(partial(choice.refreshed, head), known, head.outputs, **QUIET)
    tick.then(**handed).then(**draw)


def tab_of(query: Mapping[str, str]) -> str:
    """The panel that an address asks for, by name or by its model; else "", since a visitor may have clicked on one."""
    wanted = query.get("tab", "")
    if wanted in TABS:
        return wanted
    return "translate" if "translates" in kinds(query.get("model")) else ""


def _say_what_is_missing(request: gr.Request) -> None:
    """Where the address names a model that is not here, the panels show another one: not without a word."""
    if sentence := missing(request.query_params.get("model", "")):
        warn(f"{sentence} Another one is shown.")


def missing(name: str) -> str:
    """Why a model cannot be played with, and what to do, in a sentence or two; "" where it can be, or none is named."""
    name = parts(name)[0]
    if PIPELINES.keeps(name) or not name or any(model.name == name for model in playable()):
        return ""
    refused = f". {refusal}" if (refusal := no_download()) else ""
    if entry := pretrained.named(name):
        return f"{entry.title} is not on this machine yet{refused or ': pick it from the menu to download it.'}"
    with suppress(ValueError):  # no address
        if pretrained.on_hub(name):
            return f"{name} is not on this machine{refused or ': fetch it under “Another model from the Hub”.'}"
    return f"There is no model named {name[:80]!r} here: it was deleted, or is a run that has no checkpoint yet."
