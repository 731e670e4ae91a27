"""Where the pictures of Draw from z are made: on the server, or in the visitor's browser by onnxruntime-web."""

from __future__ import annotations

import gradio as gr

from ganlab.app.api.generators import VARIABLE, package
from ganlab.app.playground.gradio_events import QUIET

_HELP = f"""The generator is loaded as ONNX; then the sliders need no server. The engine, 14 MB, is onnxruntime-web: from
jsDelivr, a CDN that then sees your IP address, or from the folder that {VARIABLE} names when the server starts (the package's
dist)."""
_STATE = '<p id="local-state" class="quiet" role="status" data-state="off">The server draws.</p>'


def in_this_browser(model: gr.Textbox) -> None:
    """Lay the choice out where it is called; local.js does the rest."""
    ways = [("Server", "server"), *([("This browser", "package")] if package() else []), ("This browser, by jsDelivr", "cdn")]
    with gr.Accordion("Draw in this browser", open=False):
        way = gr.Radio(ways, value="server", label="Where pictures are drawn", elem_id="who-draws")
        gr.HTML(_STATE)
        gr.HTML(_HELP, elem_classes="quiet")
    way.input(None, [way, model], js="(way, model) => window.ganlabLocal.choose(way, model)", **QUIET)
