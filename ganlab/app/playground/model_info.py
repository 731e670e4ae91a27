"""What the panels' widgets must know of a model before it is loaded, and what a user should know before trusting its pictures:
how good it is, its licence, where it comes from.
"""

from __future__ import annotations

import html
from dataclasses import dataclass

from ganlab.app.serving.examined import EXAMINED
from ganlab.app.serving.hub_models import playable
from ganlab.app.serving.pipelines import PIPELINES
from ganlab.app.serving.variants import parts
from ganlab.app.views.model_wording import collapse_text, record_text
from ganlab.app.views.titles import what
from ganlab.app.views.wording import model_remarks
from ganlab.core.config import TrainConfig, are_settings
from ganlab.core.names import message
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
        numbers = "" if info.conditioning.between_images else f", z of {z_dim} numbers"
        about = f"{title}, {size} × {size} {kind}{numbers}"
        return cls(about, info.labels if info.conditioning is Conditioning.LABEL else (), min(DIRECTIONS, z_dim))

    @classmethod
    def of_pipeline(cls, pipeline: Pipeline) -> ModelInfo:
        """Of weights that are loaded already."""
        size, kind = pipeline.spec.image_size, "colour" if pipeline.spec.channels == 3 else "grey"
        numbers = "" if pipeline.translates else f", z of {pipeline.z_dim} numbers"
        about = f"{html.escape(pipeline.title)}, {size} × {size} {kind}{numbers}"
        return cls(about, pipeline.labels if pipeline.conditional else (), min(DIRECTIONS, pipeline.z_dim))


def named(name: str) -> ModelEntry | None:
    """The model of this name, with or without what is assumed of it, that is on this machine; None too for weights that a visitor
    brought.
    """
    base = parts(name)[0]
    return next((model for model in playable() if model.name == base), None)


def info_of(name: str | None) -> ModelInfo:
    """What the widgets must know of the model of this name, which may say what is assumed of it; what is wrong as `about`."""
    model = named(name) if name else None
    try:
        if name and (PIPELINES.keeps(name) or (model and model.folder.is_file() and name != model.name)):
            return ModelInfo.of_pipeline(PIPELINES.get(name))
        return ModelInfo.of(model) if model else ModelInfo("", (), 0)
    except ValueError as error:
        return ModelInfo(html.escape(message(error)), (), 0)


def described(name: str | None) -> str:
    """What the model of this name is and what to know of it, as HTML."""
    return "<br>".join(filter(None, (info_of(name).about, notes_named(name))))


def notes_named(name: str | None) -> str:
    """Return the notes on the model of this name as HTML, "" where there is nothing to say. Of a run they are what the doctor
    finds in its record, as on Watch; weights of others are tried for mode collapse.
    """
    model = named(name) if name else None
    if model and model.origin == "run":
        warning = _findings_warning(Run(model.folder.parent.parent))
    else:
        warning = _collapse_warning(name) if name and (model is None or model.origin != "shipped") else ""
    return "<br>".join(filter(None, (warning, html.escape(model_remarks(model)) if model else "")))


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
