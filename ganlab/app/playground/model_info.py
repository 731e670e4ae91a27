"""What the panels' widgets must know of a model before it is loaded."""

from __future__ import annotations

import html
from dataclasses import dataclass

from ganlab.app.playground.model_notes import remarks
from ganlab.app.serving.pipelines import PIPELINES
from ganlab.models.catalogue import Model
from ganlab.models.pipeline import Pipeline
from ganlab.runtime import checkpoint
from ganlab.training.titles import what

DIRECTIONS = 10  # of which there are sliders


@dataclass(frozen=True)
class Facts:
    """What the widgets must know of a model; read from its config.json alone, so that no weights are loaded for a menu."""

    about: str
    labels: tuple[str, ...]
    directions: int

    @classmethod
    def of(cls, model: Model) -> Facts:
        """ValueError when the checkpoint is damaged."""
        if model.folder.is_file():  # weights of others, which say nothing of themselves until they are read
            return cls._of_pipeline(PIPELINES.get(model.name))
        info = checkpoint.read_info(model.folder)
        size, channels = info.spec["image_size"], info.spec["channels"]
        title, kind = html.escape(what("", info.config)), "colour" if channels == 3 else "grey"
        about = f"{title}, {size} × {size} {kind}, z of {info.config['z_dim']} numbers"
        labels = info.labels if info.spec["conditioning"] == "label" else ()
        return cls(about, labels, min(DIRECTIONS, int(info.config["z_dim"])))

    @classmethod
    def _of_pipeline(cls, pipeline: Pipeline) -> Facts:
        size, kind = pipeline.spec.image_size, "colour" if pipeline.spec.channels == 3 else "grey"
        about = f"{html.escape(pipeline.title)}, {size} × {size} {kind}, z of {pipeline.z_dim} numbers"
        return cls(about, pipeline.labels if pipeline.conditional else (), min(DIRECTIONS, pipeline.z_dim))


def about(model: Model) -> str:
    """What it is and what to know of it, as HTML; ValueError as `Facts.of` says."""
    return "<br>".join(filter(None, (Facts.of(model).about, remarks(model))))
