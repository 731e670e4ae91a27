"""What a file of foreign weights leaves open, below the model: what was assumed and why, and a control for each of it."""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import Any

import gradio as gr

from ganlab.app.playground.failures import warn
from ganlab.app.playground.model_info import named
from ganlab.app.serving.pipelines import PIPELINES
from ganlab.app.serving.variants import can_change, parts, variant
from ganlab.app.views.decision_wording import basis_text, lines, setting_text, value_text
from ganlab.models.pipeline import Pipeline

MOST = 10  # controls; no layout leaves more open


@dataclass(frozen=True)
class LeftOpen:
    """The widgets."""

    box: gr.Column
    facts: gr.HTML
    change: gr.Accordion
    row: gr.Row
    controls: list[gr.Dropdown]

    @property
    def outputs(self) -> list[Any]:
        """What `updates` is for."""
        return [self.box, self.facts, self.change, *self.controls]


def left_open(name: str) -> LeftOpen:
    """Lay the box out where it is called, hidden until a model leaves something open; `name` is its id."""
    with gr.Column(visible=False, elem_classes="left-open", elem_id=name) as box:
        facts = gr.HTML(elem_classes="quiet")
        with gr.Accordion("Change what is assumed", open=False) as change, gr.Row(elem_classes="choices") as row:
            controls = [gr.Dropdown([], visible=False, min_width=200, filterable=False) for _ in range(MOST)]
    return LeftOpen(box, facts, change, row, controls)


def leaves_open(name: str | None) -> Pipeline | None:
    """The pipeline of foreign weights that leave something open, under the assumptions in its name; None for all other models."""
    model = named(name) if name else None
    if not name or (model and model.folder.is_dir()):  # a checkpoint of ours leaves nothing open, and is not loaded for a menu
        return None
    try:
        return PIPELINES.get(name)
    except ValueError:
        return None


def updates(name: str | None) -> list[Any]:
    """Updates for `LeftOpen.outputs`: what the model of that name, with its assumptions, leaves open."""
    pipeline = leaves_open(name)
    decisions = pipeline.decisions if pipeline else ()
    changing = can_change(decisions)[:MOST]
    known = lines(decisions, pipeline.unused if pipeline else ())
    facts = "<br>".join(html.escape(f"{line[0].upper()}{line[1:]}.") for line in known)
    controls = [
        gr.update(
            label=setting_text(decision.setting).capitalize(),
            info=basis_text(decision.basis),
            choices=[(value_text(decision.setting, option), option) for option in decision.options],
            value=decision.value,
            visible=True,
        )
        for decision in changing
    ]
    hidden = [gr.update(visible=False) for _ in range(MOST - len(controls))]
    shown = [gr.update(visible=bool(facts)), facts, gr.update(visible=bool(changing))]
    return [*shown, *controls, *hidden]


def settled(before: str | None, values: list[str | None]) -> str | None:
    """The name of the model with the values of the controls; as before, after a warning, where they do not go together."""
    pipeline = leaves_open(before)
    if not before or pipeline is None:
        return before
    name, chosen = parts(before)
    for decision, value in zip(can_change(pipeline.decisions), values, strict=False):
        if value and value != decision.value:
            chosen[decision.setting] = value
    after = variant(name, chosen)
    try:
        PIPELINES.get(after)
    except ValueError as error:
        warn(error)
        return before
    return after
