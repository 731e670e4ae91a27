"""A file of weights that a visitor brings, which joins the menu of that visitor alone: one way in for all panels."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import gradio as gr

from ganlab.app.playground.failures import refusal
from ganlab.app.serving.pipelines import PIPELINES
from ganlab.app.serving.variants import can_change
from ganlab.core.names import shown
from ganlab.models.adapters import recognition
from ganlab.models.pipeline import Pipeline

Use = Literal["draws", "translates"]
Loaded = Sequence[tuple[str, str]]  # what was brought: titles and names, as a menu takes them
ONE_AT_A_TIME: dict[str, Any] = {"concurrency_id": "weights", "api_visibility": "private"}
_ELSEWHERE = {
    "draws": "translate photos: load them under Translate photos.",
    "translates": "draw from z and cannot translate photos: load them under Draw from z.",
}


def weights_box(label: str) -> gr.File:
    """Lay the box for a file out where it is called."""
    with gr.Accordion("Load weights from a file", open=False, elem_classes="weights"):
        return gr.File(label=label, height=120)


def brought(file: str, use: Use, request: gr.Request | None) -> tuple[str, str]:
    """The title and the name of the weights in an uploaded file. gr.Error, one sentence, where they are of no use here.

    The file is deleted once it is read, or once the weights are no longer kept where something can be assumed anew.
    """
    path, kept = Path(file), False
    try:
        foreign = recognition.load(path)
        title = f"{shown(path.stem)}: {foreign.layout}"
        pipeline = Pipeline.of_foreign(foreign, name=title)
        if pipeline.translates != (use == "translates"):
            raise ValueError(f"These weights ({foreign.layout}) {_ELSEWHERE[use]}")
        kept = bool(can_change(pipeline.decisions))
    except ValueError as error:
        raise refusal(error) from None
    finally:
        if not kept:
            path.unlink(missing_ok=True)
    owner = str(request.session_hash) if request else ""
    return title, PIPELINES.adopt(pipeline, owner, path if kept else None)
