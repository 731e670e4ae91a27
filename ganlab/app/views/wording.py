"""How times, counts and models read on every screen."""

from __future__ import annotations

import re
import time
from datetime import datetime

from ganlab.app.views.titles import what
from ganlab.core.names import shown
from ganlab.core.text import duration
from ganlab.models.entry import NOT_STATED, ModelEntry
from ganlab.runtime.run import Run
from ganlab.runtime.status import Status
from ganlab.training.recipes import RECIPES

_MARKUP = re.compile(r"([\\`*_{}\[\]()#+.!|~:$<>-])")


def age(timestamp: float, now: float | None = None) -> str:
    """How long ago, roughly: "just now", "5 min ago", "3 h ago", "2 days ago"."""
    seconds = (time.time() if now is None else now) - timestamp
    if seconds < 60:
        return "just now"
    if seconds < 3600:
        return f"{seconds / 60:.0f} min ago"
    if seconds < 86400:
        return f"{seconds / 3600:.0f} h ago"
    days = round(seconds / 86400)
    return f"{days} day{'s' if days > 1 else ''} ago"


def clock(timestamp: float, now: float | None = None) -> str:
    """The local time of day, with the date when it was not today: "14:02", "21 Nov 14:02"."""
    then, today = datetime.fromtimestamp(timestamp), datetime.fromtimestamp(time.time() if now is None else now)
    return then.strftime("%H:%M") if then.date() == today.date() else then.strftime("%-d %b %H:%M")


def run_label(run: Run) -> str:
    """One line that tells this run from the others: its name, or what it trains, and when it was started."""
    settings = run.settings
    return f"{run.labels.name or what(settings.recipe, settings.config)}, {clock(settings.created)}"


def model_label(model: ModelEntry) -> str:
    """One line that tells this model from the others."""
    if model.origin == "run":
        return run_label(Run.open(model.name))
    if model.origin == "hub":
        return f"{model.title} (Hub)"
    return f"{RECIPES[model.name].title if model.name in RECIPES else model.title} (shipped)"


def model_remarks(model: ModelEntry) -> str:
    """What to know before choosing a model: how good it is, its licence, its origin; "" for a run, and where it is damaged."""
    if model.origin == "run" or (model.origin == "shipped" and not model.family):
        return ""
    if not model.summary:
        return "Licence and quality: see its page on the Hub."
    licence = f"Licence {model.licence}" if model.licence != NOT_STATED else "Licence not stated"
    where = f"{model.address.repo} on the Hub" if model.address else "shipped with GANLab"
    return f"{model.summary} {licence}; {where}."


def escaped(text: str) -> str:
    """Any text as Markdown that shows it as it is, on one line."""
    return _MARKUP.sub(r"\\\1", shown(" ".join(text.split())))


def progress(status: Status) -> str:
    """ "2,000 of 10,000 steps", or the total alone when all are done; and how long nothing was heard of its worker."""
    if status.step >= status.steps:
        return f"{status.steps:,} steps"
    silent = "" if status.silent is None else f", no news for {duration(status.silent)}"
    return f"{status.step:,} of {status.steps:,} steps{silent}"
