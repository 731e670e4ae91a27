"""The rows of the table of runs, and what a search finds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from ganlab.app.serving.examined import EXAMINED
from ganlab.app.views.doctor_wording import titles
from ganlab.app.views.page_frame import address
from ganlab.app.views.permissions import mine, redacted
from ganlab.app.views.status_wording import packages_text, silence_text, status_text
from ganlab.app.views.titles import data_title, what
from ganlab.app.views.wording import age, run_label
from ganlab.core.errors import DOING, explain
from ganlab.runtime.labels import matching, words
from ganlab.runtime.run import UNREADABLE, Run
from ganlab.runtime.status import BROKEN_OFF

_DISTANCE = "distance/"
ROW_HEIGHT = 64  # pixels: a sheet, or three lines of text


@dataclass(frozen=True)
class Broken:
    """A run that cannot be shown, and why: one sentence."""

    run: Run
    sentence: str


@dataclass(frozen=True)
class Row:
    """A run and what the table shows of it."""

    run: Run
    label: str
    state: str
    message: str  # why it is not what one wants it to be; else ""
    cells: dict[str, Any]

    @classmethod
    def of(cls, run: Run) -> Row | Broken | None:
        """What is broken where the run cannot be read; None where it was deleted meanwhile."""
        try:
            return cls._of(run)
        except FileNotFoundError:
            return None
        except UNREADABLE as error:
            return Broken(run, f"The run {run.id} cannot be shown: {explain(error, DOING)}")

    @classmethod
    def _of(cls, run: Run) -> Row:
        status, sheets, last, settings, labels = run.status(), run.samples(), run.last_metrics(), run.settings, run.labels
        message = redacted(status_text(status) if status.state in BROKEN_OFF else silence_text(status))
        message = message or packages_text(settings.packages)
        title = what(settings.recipe, settings.config) + (_whose(run) if settings.owner else "")
        cells = {
            "sheet": address(f"api/runs/{run.id}/sheets/{sheets[-1]}.png") if sheets else None,
            "recipe": f"{redacted(labels.name)} · {title}" if labels.name else title,
            "status": "No news" if status.silent else status.state.capitalize(),
            "why": message or None,
            "doctor": titles(EXAMINED.known(run) or ()) or None,
            "tags": list(labels.tags) or None,
            "data": data_title(settings.dataset),
            "progress": status.step / status.steps,
            "steps": f"{status.step:,} of {status.steps:,}",
            "distance": next((value for name, value in last.items() if name.startswith(_DISTANCE)), None),
            "rate": _number(settings.config.get("lr")),
            "batch": settings.batch_size,
            "loss G": _total(last, "G"),
            "loss D": _total(last, "D"),
            "started": age(settings.created),
        }
        return cls(run, run_label(run), status.state, message, cells)


def _whose(run: Run) -> str:
    """Of a run in the sandbox."""
    return " (yours)" if mine(run) else " (a student's)"


def found(runs: Sequence[Run], text: str) -> Sequence[Run]:
    """The runs in whose name, notes, tags, id or settings, as "lr=0.002", each word of `text` is; all for no words."""
    return [run for run in runs if matching(text, lambda run=run: _words(run))] if text.strip() else runs  # type: ignore[misc]


def _words(run: Run) -> str:
    try:
        settings = run.settings
        titles = what(settings.recipe, settings.config), data_title(settings.dataset)
        return words(run.labels, settings.config, run.id, *titles)
    except UNREADABLE:
        return run.id


def columns(rows: Sequence[Row]) -> Mapping[str, Any]:
    """The table's columns; those that no row has anything for stay away."""
    config = st.column_config
    shown = {
        "sheet": config.ImageColumn("", width=72, help="Its newest sheet of samples."),
        "recipe": config.ButtonColumn(
            "Run", width=250, type="tertiary", alignment="left", key="runs.open", help="A click opens it in Watch."
        ),
        "status": config.TextColumn("Status", width=84),
        "why": config.TextColumn("Why", width=240),
        "doctor": config.TextColumn("Doctor", width=150, help="What the doctor finds; Watch shows the evidence."),
        "tags": config.ListColumn("Tags", width="small"),
        "data": config.TextColumn("Data"),
        "progress": config.ProgressColumn("Progress", format="percent", width="small"),
        "steps": config.TextColumn("Steps"),
        "distance": config.NumberColumn(
            "Distance to real images",
            format="%.3g",
            width=110,
            help="The last one measured. Lower is better, within one data set.",
        ),
        "rate": config.NumberColumn("Learning rate", format="%.2g"),
        "batch": config.NumberColumn("Batch size", format="%d"),
        "loss G": config.NumberColumn("Loss G", format="%.3f", help="The sum of G's newest loss terms."),
        "loss D": config.NumberColumn("Loss D", format="%.3f", help="The sum of D's newest loss terms."),
        "started": config.TextColumn("Started"),
    }
    empty = {name for name in ("why", "doctor", "tags", "distance") if all(row.cells[name] is None for row in rows)}
    return {name: None if name in empty else column for name, column in shown.items()}


def _total(last: Mapping[str, float], network: str) -> float | None:
    """The sum of a network's newest loss terms."""
    terms = [value for name, value in last.items() if name.startswith(f"loss/{network}/") and value is not None]
    return sum(terms) if terms else None


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None
