"""The moments of a run that can be shown: kept checkpoints, which draw anything, and saved sheets, which are pictures."""

from __future__ import annotations

import html
from typing import NamedTuple

import gradio as gr

from ganlab.app.playground.model_info import named
from ganlab.app.serving.variants import parts
from ganlab.runtime.checkpoint import step_of
from ganlab.runtime.run import UNREADABLE, Run

# moments.js fills it, so that it stays as it is while a run trains and the list grows.
_SLIDER = """<div id="moments" hidden><label for="moment">Checkpoint</label>
<input type="range" id="moment" min="0" max="1" step="1"><output id="moment-words" for="moment"></output></div>"""


class Moment(NamedTuple):
    """A step with a checkpoint that is `kept`, or else with a sheet of samples alone."""

    step: int
    kept: bool


def moments(name: str | None) -> list[Moment]:
    """Those of the run of this name, the first one first; none for other models."""
    model = named(name) if name else None
    if model is None or model.origin != "run":
        return []
    try:
        run = Run.open(model.name)
        kept = {step_of(folder) for folder in run.checkpoints()}
        return [Moment(step, step in kept) for step in sorted(kept.union(run.samples()))]
    except UNREADABLE:  # deleted meanwhile, or damaged: the panels say so
        return []


def slider() -> tuple[gr.HTML, gr.Button]:
    """Lay the slider out where it is called: what it reads its moments from, and the button that it clicks when one is chosen."""
    gr.HTML(_SLIDER)
    known = gr.HTML(elem_id="moments-known", elem_classes="unseen")
    return known, gr.Button("Choose the checkpoint", elem_id="moment-chosen", elem_classes="unseen")


def listed(name: str | None, found: list[Moment]) -> str:
    """The moments of a run as moments.js reads them; a step with a sheet alone is followed by an s."""
    steps = ",".join(f"{moment.step}{'' if moment.kept else 's'}" for moment in found)
    return f'<i data-run="{html.escape(parts(name or "")[0], quote=True)}" data-steps="{steps}"></i>'
