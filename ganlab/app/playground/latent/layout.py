"""What Draw from z consists of: Gradio's widgets, around the canvas that playground.js draws on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gradio as gr

from ganlab.analysis.explore.latents import MAX_SEED, MAX_TEXT
from ganlab.app.playground.choice import Choice
from ganlab.app.playground.gradio_events import QUIET, SOON, by_name
from ganlab.app.playground.latent.compare import compare, compare_box
from ganlab.app.playground.latent.in_browser import in_this_browser
from ganlab.app.playground.latent.pasted import add_endpoint, draw_pasted
from ganlab.app.playground.model_info import DIRECTIONS

REACH = 4.0  # standard deviations that a slider goes to either side
MOST_TRUNCATION = 1.5
COUNTS = (16, 36, 64, 100)

_STAGE = """<figure id="stage"><canvas id="picture" role="img" aria-label="The picture that the generator draws now"></canvas>
<img id="moment-sheet" alt="The sheet of samples that was saved at this step" hidden>
<figcaption id="caption"></figcaption></figure>
<div class="links" id="shown"><a id="copy-z" class="latent" href="#">Copy this z</a><span id="score"></span></div>"""
_SHEET = '<img id="sheet" alt="More samples, drawn the same way from other z">'
_STRIP = '<div id="last-pictures" role="group" aria-label="The last pictures"></div>'
_OWN = """<div id="own"><h3>Your directions</h3><div id="own-sliders"></div>
<p class="quiet">The way from one picture to another, under a name of yours, becomes a slider in this browser.</p>
<div class="own-make"><button type="button" id="own-start">Start here</button>
<input id="own-name" maxlength="40" placeholder="Name of the direction" aria-label="Name of the direction">
<button type="button" id="own-save" disabled>Save the way to here</button></div>
<p id="own-from" class="quiet" role="status"></p></div>"""
_LINKS = '<div class="links"><a id="download" download>Download these samples</a><a id="link" href="">Copy link</a></div>'
_HINT = """The directions of z that change the output of the generator's first layer most, strongest first: its principal
components, as in GANSpace. Find out what each of them changes in the picture; 1 is one standard deviation. Truncation below 1
draws more typical and less varied pictures."""
_PASTE = "Copied from a picture here or in Explore: {…}"


@dataclass(frozen=True)
class Widgets:
    """The panel's widgets; `z` holds the numbers of a pasted z and is empty while the seed's z is drawn. `filled` is the name
    of the model that the others are set for, "" before the first.
    """

    model: gr.Textbox
    seed: gr.Number
    label: gr.Radio
    truncation: gr.Slider
    count: gr.Radio
    every_label: gr.Checkbox
    z: gr.Textbox
    shift: gr.Textbox
    lock: gr.Checkbox
    sliders: list[gr.Slider]
    instead: gr.Dropdown
    filled: gr.State

    @property
    def values(self) -> dict[str, gr.components.Component | list[gr.Slider]]:
        """What a picture depends on, by the names that playground.js reads."""
        names = ("model", "seed", "label", "truncation", "count", "every_label", "z", "shift", "lock")
        return {name: getattr(self, name) for name in names} | {"offsets": self.sliders}

    def in_browser(self, function: str, *outputs: str) -> dict[str, Any]:
        """Return the arguments of an event that `function` of playground.js answers; it sets the widgets named in `outputs`."""
        return by_name(f"window.ganlab.{function}", self.values, outputs) | QUIET


def lay_out(demo: gr.Blocks, choice: Choice, model: gr.Textbox) -> Widgets:
    """Lay the panel out where it is called; `demo` fills in what a visitor's own address decides."""
    instead, compared = compare_box(choice.open)
    with gr.Row():
        with gr.Column(min_width=300, elem_id="drawn"):
            gr.HTML(_STAGE, elem_id="stage-block")
            with gr.Row(elem_classes="seed"):
                seed = gr.Number(0, label="Seed", precision=0, minimum=0, maximum=MAX_SEED, min_width=100)
                resample = gr.Button("Resample", variant="primary", min_width=100)
                lock = gr.Checkbox(False, label="Lock", elem_id="lock", min_width=80, scale=0)
            with gr.Row(elem_classes="back"):
                undo = gr.Button("Undo", min_width=80, elem_id="undo-z", size="sm")
                redo = gr.Button("Redo", min_width=80, elem_id="redo-z", size="sm")
                recall = gr.Button("Back to a picture", elem_id="recall-z", elem_classes="unseen")
            gr.HTML(_STRIP)
            label = gr.Radio([], label="Label", visible=False)
        with gr.Column(min_width=300):
            sliders, truncation, reset = _sliders()
            gr.HTML(_OWN)
        with gr.Column(min_width=300):
            gr.HTML(_SHEET)
            gr.HTML(_LINKS)
            count = gr.Radio(list(COUNTS), value=COUNTS[0], label="Samples")
            every_label = gr.Checkbox(False, label="One column per label", visible=False)
            z, pasted, go, note = _pasting()
            shift = gr.Textbox("", visible="hidden", elem_id="shift-z", elem_classes="unseen", show_label=False)
            in_this_browser(model)
            add_endpoint(demo)
    widgets = Widgets(model, seed, label, truncation, count, every_label, z, shift, lock, sliders, instead, gr.State(""))
    asked = [instead, model, seed, label, truncation]
    gr.on([instead.change, model.change, seed.change, label.change], compare, asked, compared, **SOON)
    draw = widgets.in_browser("draw")
    resample.click(**widgets.in_browser("resample", "seed", "z"))
    lock.change(_locked, lock, [seed, resample], **QUIET).then(**draw)
    read = [z, label, truncation, *sliders, note]
    gr.on([go.click, pasted.submit], draw_pasted, [pasted, model], read, **QUIET).then(**draw)
    reset.click(**widgets.in_browser("reset", "truncation", "offsets", "shift"))
    for button, function in ((undo, "undo"), (redo, "redo"), (recall, "recall")):
        button.click(**widgets.in_browser(function, "seed", "z", "shift", "label", "truncation", "offsets"))
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
