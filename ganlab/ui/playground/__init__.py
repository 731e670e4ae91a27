"""The playground: one Gradio app, each panel in a file of its own."""

from __future__ import annotations

from typing import Any

import gradio as gr

from ganlab.ui.playground import classes, draw, explore, latent, layers, lines, translate
from ganlab.web.shelf import playable

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
                latent.panel(demo)
            with gr.Tab(TABS["explore"], id="explore") as tab:
                explore.panel(demo, tab)
            with gr.Tab(TABS["classes"], id="classes") as tab:
                classes.panel(demo, tab)
            with gr.Tab(TABS["draw"], id="draw") as tab:
                draw.panel(demo, tab)
            with gr.Tab(TABS["translate"], id="translate"):
                translate.panel(demo)
            with gr.Tab(TABS["layers"], id="layers") as tab:
                layers.panel(demo, tab)
        demo.load(_tab, None, tabs, queue=False, show_progress="hidden", api_visibility="private")
    lines.bound(demo)
    return demo


def _tab(request: gr.Request) -> Any:
    """The panel that the address asks for, by name or by its model; else none, since a visitor may have clicked on one."""
    wanted = request.query_params.get("tab", "")
    if wanted not in TABS:
        name = request.query_params.get("model")
        wanted = "translate" if any(model.translates for model in playable() if model.name == name) else ""
    return gr.Tabs(selected=wanted) if wanted else gr.skip()
