"""Which panels can show a model, why one cannot, and a model near it that it can show."""

from __future__ import annotations

from contextlib import suppress
from typing import Literal

from ganlab.app.playground.model_info import info_of, named
from ganlab.app.serving.hub_models import playable
from ganlab.app.serving.pipelines import PIPELINES
from ganlab.app.views.wording import model_label
from ganlab.models.entry import ModelEntry
from ganlab.runtime.run import UNREADABLE

Kind = Literal["draws", "labelled", "translates", "any"]  # what a panel wants of a model
_WHY: dict[tuple[Kind, bool], str] = {  # by what the panel wants, and whether the model translates
    ("draws", True): "translates photos and draws nothing from z: it works under Translate photos and Layers",
    ("labelled", True): "translates photos and takes no label: it works under Translate photos and Layers",
    ("labelled", False): "was trained without labels, so it has no classes to choose from",
    ("translates", False): "draws from z and cannot translate a photo",
}


def kinds(name: str | None) -> frozenset[Kind]:
    """What the model of this name can be shown as; a damaged one counts as drawing, since the panel then says what is wrong."""
    if not name:
        return frozenset()
    if _translates(name):
        return frozenset(("any", "translates"))
    return frozenset(("any", "draws", "labelled") if info_of(name).labels else ("any", "draws"))


def label(model: ModelEntry) -> str:
    """How the menu calls it."""
    try:
        return model_label(model)
    except UNREADABLE:  # deleted meanwhile, or damaged: choosing it says so
        return model.title


def why_not(name: str, kind: Kind) -> str:
    """Why a panel cannot show a model, in one sentence."""
    entry = named(name)
    title = label(entry) if entry else PIPELINES.get(name).name if PIPELINES.keeps(name) else name
    return f"“{title}” {_WHY[kind, _translates(name)]}."


def near(name: str | None, kind: Kind) -> ModelEntry | None:
    """The first model on this machine of that kind, those of the same data and then of the same family before others."""
    here = named(name or "")
    fitting = [model for model in playable() if kind in kinds(model.name)]
    if here is None:
        return next(iter(fitting), None)
    return min(fitting, key=lambda model: (model.data != here.data, model.family != here.family), default=None)


def _translates(name: str) -> bool:
    if entry := named(name):
        return entry.translates
    with suppress(ValueError):
        return PIPELINES.get(name).translates
    return False
