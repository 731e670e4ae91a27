"""The playground as part of a server: mounted at a path, with its look, its limits and nothing from the network."""

from __future__ import annotations

import gradio as gr
from fastapi import FastAPI

from ganlab.ui.playground import build
from ganlab.ui.playground.look import head, style, theme


def mount(gateway: FastAPI, path: str) -> None:
    """Let `gateway` answer with the playground at `path`; `ganlab.web.pictures.routes` must be served beside it."""
    demo = build()
    demo._queue.sleep_when_free = 0.02  # seconds; Gradio's own 0.001 costs 7 % of a core while nobody is there
    gr.mount_gradio_app(
        gateway,
        demo,
        path=path,
        max_file_size="64mb",
        ssr_mode=False,
        run_history=False,
        show_error=False,  # error texts would reveal paths
        footer_links=[],
        theme=theme(),
        css=style(),
        head=head(),
    )
