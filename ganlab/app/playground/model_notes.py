"""What a person should know of a model before trusting its pictures: how good it is, its licence, where it comes from."""

from __future__ import annotations

import html

import gradio as gr

from ganlab.analysis.explore.variety import collapse
from ganlab.app.playground.gradio_events import QUIET
from ganlab.app.serving.hub_models import playable
from ganlab.app.serving.pipelines import PIPELINES
from ganlab.models import pretrained as zoo
from ganlab.models.catalogue import Model


def remarks(model: Model) -> str:
    """HTML, "" where there is nothing to say. Whether one that is not shipped has collapsed is tried."""
    warning = "" if model.origin == "shipped" else _warning(model.name)
    return "<br>".join(filter(None, (warning, html.escape(zoo.remarks(model)))))


def _warning(name: str) -> str:
    """ "" too where the weights cannot be loaded or do nothing: whoever makes pictures with them says why."""
    try:
        bad = collapse(PIPELINES.get(name))
    except (ValueError, RuntimeError):
        return ""
    return f'<strong class="wrong">{html.escape(bad)}</strong>' if bad else ""


def below(model: gr.Dropdown) -> gr.HTML:
    """Lay a line of them out where it is called, which follows the menu."""
    line = gr.HTML(elem_classes="quiet")
    model.change(named, model, line, **QUIET)
    return line


def named(name: str | None) -> str:
    """The remarks on the model called so; on weights that a visitor brought, whether they have collapsed; "" for none.

    It follows the menu, so nobody's upload waits for the trial.
    """
    model = next((model for model in playable() if model.name == name), None)
    return remarks(model) if model else _warning(name) if name else ""
