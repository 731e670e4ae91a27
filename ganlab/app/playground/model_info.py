"""What the panels' widgets must know of a model before it is loaded, and what a user should know before trusting its pictures:
how good it is, its licence, where it comes from.
"""

from __future__ import annotations

import html
from dataclasses import dataclass

import gradio as gr

from ganlab.app.playground.gradio_events import QUIET
from ganlab.app.serving.examined import EXAMINED
from ganlab.app.serving.hub_models import playable
from ganlab.app.serving.pipelines import PIPELINES
from ganlab.app.views.model_wording import collapse_text, record_text
from ganlab.app.views.titles import what
from ganlab.app.views.wording import model_remarks
from ganlab.core.config import TrainConfig, are_settings
from ganlab.core.types import Conditioning
from ganlab.models.entry import ModelEntry
from ganlab.models.pipeline import Pipeline
from ganlab.runtime import checkpoint
from ganlab.runtime.run import UNREADABLE, Run

DIRECTIONS = 10  # of which there are sliders


@dataclass(frozen=True)
class ModelInfo:
    """What the widgets must know of a model, read from its config.json alone, so that no weights are loaded for a menu."""

    about: str
    labels: tuple[str, ...]
    directions: int

    @classmethod
    def of(cls, model: ModelEntry) -> ModelInfo:
        """ValueError when the checkpoint is damaged."""
        if model.folder.is_file():  # weights of others, which say nothing of themselves until they are read
            return cls.of_pipeline(PIPELINES.get(model.name))
        info = checkpoint.read_info(model.folder)
        if not are_settings(info.config):
            raise ValueError(f"{checkpoint.INFO} of {model.title} is damaged: it lacks the family, the data set or the steps.")
        size, channels = info.spec["image_size"], info.spec["channels"]
        title, kind = html.escape(what("", info.config)), "colour" if channels == 3 else "grey"
        z_dim = int(info.config.get("z_dim", TrainConfig.z_dim))
        about = f"{title}, {size} × {size} {kind}, z of {z_dim} numbers"
        return cls(about, info.labels if info.conditioning is Conditioning.LABEL else (), min(DIRECTIONS, z_dim))

    @classmethod
    def of_pipeline(cls, pipeline: Pipeline) -> ModelInfo:
        """Of weights that are loaded already."""
        size, kind = pipeline.spec.image_size, "colour" if pipeline.spec.channels == 3 else "grey"
        about = f"{html.escape(pipeline.title)}, {size} × {size} {kind}, z of {pipeline.z_dim} numbers"
        return cls(about, pipeline.labels if pipeline.conditional else (), min(DIRECTIONS, pipeline.z_dim))


def named(name: str) -> ModelEntry | None:
    """The model of this name that is on this machine; None too for weights that a visitor brought."""
    return next((model for model in playable() if model.name == name), None)


def described(model: ModelEntry) -> str:
    """What it is and what to know of it, as HTML; ValueError as `ModelInfo.of` says."""
    return "<br>".join(filter(None, (ModelInfo.of(model).about, notes(model))))


def notes(model: ModelEntry) -> str:
    """Return HTML, "" where there is nothing to say. Of a run it is what the doctor finds in its record, as on Watch; weights of
    others are tried for mode collapse.
    """
    if model.origin == "run":
        warning = _findings_warning(Run(model.folder.parent.parent))
    else:
        warning = "" if model.origin == "shipped" else _collapse_warning(model.name)
    return "<br>".join(filter(None, (warning, html.escape(model_remarks(model)))))


def notes_named(name: str | None) -> str:
    """Return the notes on the model of this name, for weights that a visitor brought whether they have collapsed; "" for none.

    They follow the menu, so that no upload waits for the trial.
    """
    model = named(name) if name else None
    return notes(model) if model else _collapse_warning(name) if name else ""


def show_notes(menu: gr.Dropdown) -> gr.HTML:
    """Lay a line of notes out where it is called, which follows the menu."""
    line = gr.HTML(elem_classes="quiet")
    menu.change(notes_named, menu, line, **QUIET)
    return line


def _findings_warning(run: Run) -> str:
    """ "" too where the run cannot be read: Runs says why."""
    try:
        return _strong(record_text(EXAMINED.of(run)))
    except UNREADABLE:
        return ""


def _collapse_warning(name: str) -> str:
    """ "" too where the weights cannot be loaded or do nothing: the panel that draws with them says why."""
    try:
        return _strong(collapse_text(PIPELINES.get(name)))
    except (ValueError, RuntimeError):
        return ""


def _strong(text: str) -> str:
    return f'<strong class="wrong">{html.escape(text)}</strong>' if text else ""
