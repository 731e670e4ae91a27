"""The playground: one Gradio app, each panel in a file of its own."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import gradio as gr

from ganlab.app.playground import hub_menu, queueing
from ganlab.app.playground.classes import classes_panel
from ganlab.app.playground.draw.panel import draw_panel
from ganlab.app.playground.explore import explore_panel
from ganlab.app.playground.failures import warn
from ganlab.app.playground.gradio_events import QUIET, TURNING
from ganlab.app.playground.latent.panel import latent_panel
from ganlab.app.playground.layers.panel import layers_panel
from ganlab.app.playground.translate import translate_panel
from ganlab.app.serving.hub_models import playable
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


def build() -> gr.Blocks:
    """The Blocks to mount; its theme, style and script are given to the mount."""
    with gr.Blocks(title="GANLab playground", analytics_enabled=False, fill_width=True, delete_cache=(3600, 3600)) as demo:
        with gr.Tabs(elem_id="panels") as tabs:
            with gr.Tab(TABS["latent"], id="latent"):
                latent_panel(demo)
            with gr.Tab(TABS["explore"], id="explore") as tab:
                explore_panel(tab)
            with gr.Tab(TABS["classes"], id="classes") as tab:
                classes_panel(tab)
            with gr.Tab(TABS["draw"], id="draw") as tab:
                draw_panel(demo, tab)
            with gr.Tab(TABS["translate"], id="translate"):
                translate_panel(demo)
            with gr.Tab(TABS["layers"], id="layers") as tab:
                layers_panel(demo, tab)
        demo.load(_say_what_is_missing, None, None, **TURNING)
        boxes = hub_menu.boxes(demo)

        def opened(request: gr.Request) -> list[Any]:
            return [_tab(request), *[gr.update(visible=not hub_menu.no_download())] * len(boxes)]

        demo.load(opened, None, [tabs, *boxes], **QUIET)
    queueing.bound(demo)
    return demo


def _tab(request: gr.Request) -> Any:
    """The panel that the address asks for, by name or by its model; else none, since a visitor may have clicked on one."""
    wanted = request.query_params.get("tab", "")
    if wanted not in TABS:
        name = parts(request.query_params.get("model", ""))[0]
        wanted = "translate" if any(model.translates for model in playable() if model.name == name) else ""
    return gr.Tabs(selected=wanted) if wanted else gr.skip()


def _say_what_is_missing(request: gr.Request) -> None:
    """Where the address names a model that is not here, the panels show another one: not without a word."""
    if sentence := missing(request.query_params.get("model", "")):
        warn(f"{sentence} Another one is shown.")


def missing(name: str) -> str:
    """Why a model cannot be played with, and what to do, in a sentence or two; "" where it can be, or none is named."""
    name = parts(name)[0]
    if not name or any(model.name == name for model in playable()):
        return ""
    refused = f". {refusal}" if (refusal := hub_menu.no_download()) else ""
    if entry := pretrained.named(name):
        return f"{entry.title} is not on this machine yet{refused or ': pick it from the menu to download it.'}"
    with suppress(ValueError):  # no address
        if pretrained.on_hub(name):
            return f"{name} is not on this machine{refused or ': fetch it under “Another model from the Hub”.'}"
    return f"There is no model named {name[:80]!r} here: it was deleted, or is a run that has no checkpoint yet."
