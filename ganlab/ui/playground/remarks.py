"""What a person should know of a model before trusting its pictures: how good it is, its licence, where it comes from."""

from __future__ import annotations

import html

import gradio as gr

from ganlab import zoo
from ganlab.exploration.collapse import collapse
from ganlab.models import Model
from ganlab.ui.playground.events import QUIET
from ganlab.web.pipelines import PIPELINES
from ganlab.web.shelf import playable


def remarks(model: Model) -> str:
    """HTML, "" where there is nothing to say. Whether one that is not shipped has collapsed is tried."""
    said, bad = html.escape(zoo.remarks(model)), html.escape(_collapse(model))
    warning = f'<strong class="wrong">{bad}</strong>' if bad else ""
    return "<br>".join(filter(None, (warning, said)))


def _collapse(model: Model) -> str:
    """ "" too where the weights cannot be loaded: whoever draws with them says why."""
    if model.origin == "shipped" or model.translates:
        return ""
    try:
        return collapse(PIPELINES.get(model.name))
    except ValueError:
        return ""


def below(model: gr.Dropdown) -> gr.HTML:
    """Lay a line of them out where it is called, which follows the menu."""
    line = gr.HTML(elem_classes="quiet")
    model.change(named, model, line, **QUIET)
    return line


def named(name: str | None) -> str:
    """The remarks on the model called so; "" for none."""
    model = next((model for model in playable() if model.name == name), None)
    return remarks(model) if model else ""
