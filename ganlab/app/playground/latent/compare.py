"""Draw from z: the pictures of one assumption beside those of another, from the same z."""

from __future__ import annotations

import html
from typing import Any

import gradio as gr

from ganlab.app.playground.html import figure, row, showing_refusal
from ganlab.app.playground.left_open import LeftOpen, leaves_open
from ganlab.app.serving.pipelines import PIPELINES
from ganlab.app.serving.variants import can_change, parts, variant
from ganlab.app.views.decision_wording import decision_text, setting_text, value_text
from ganlab.models.pipeline import Pipeline

_COUNT = 8  # pictures in a row
_NONE = "Nothing"


def compare_box(left: LeftOpen) -> tuple[gr.Dropdown, gr.HTML]:
    """Lay the choice out beside the controls of what is left open, and the two rows below them."""
    with left.row:
        label, info = "Compare with", "the same z, drawn both ways"
        instead = gr.Dropdown([], label=label, info=info, visible=False, min_width=200, filterable=False, elem_id="compare-with")
    with left.change:
        return instead, gr.HTML(elem_id="compared", elem_classes="shown")


def offered(name: str | None) -> Any:
    """The values that the model of that name, with its assumptions, does not have but could."""
    pipeline = leaves_open(name)
    choices = [
        (f"{setting_text(decision.setting)}: {value_text(decision.setting, option)}", f"{decision.setting}={option}")
        for decision in (can_change(pipeline.decisions) if pipeline else ())
        for option in decision.options
        if option != decision.value
    ]
    return gr.update(choices=[(_NONE, ""), *choices], value="", visible=bool(choices))


@showing_refusal
def compare(instead: str | None, name: str | None, seed: float | None, label: int | None, truncation: float) -> str:
    """Two rows of pictures of the same z, as the model is now and with the value of `instead`; "" where nothing is compared."""
    setting, _, value = (instead or "").partition("=")
    now = leaves_open(name) if name and setting else None
    if now is None or name is None:
        return ""
    base, chosen = parts(name)
    then = PIPELINES.get(variant(base, chosen | {setting: value}))
    return "".join(_row(pipeline, setting, int(seed or 0), label, truncation) for pipeline in (now, then))


def _row(pipeline: Pipeline, setting: str, seed: int, label: int | None, truncation: float) -> str:
    title = next((decision_text(decision) for decision in pipeline.decisions if decision.setting == setting), setting)
    known = label if pipeline.conditional and label is not None and label < len(pipeline.labels) else None
    images = pipeline.generate(truncation * pipeline.latents(_COUNT, max(0, seed)), known)
    heading = html.escape(f"{title[0].upper()}{title[1:]}")
    return f"<h3>{heading}</h3>{row([figure(image, alt=title) for image in images], 'along')}"
