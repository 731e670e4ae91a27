"""Statuses and annotations as JSON values, each with its sentence: the browser makes none of its own about a run."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from ganlab.app.views.status_wording import note_text, sheet_titles, status_text
from ganlab.runtime.status import Status
from ganlab.runtime.store import Annotation


def status_values(status: Status) -> dict[str, Any]:
    """The fields of a status, whether it is `active`, its `text`, and its sheet's titles in words."""
    words = {"text": status_text(status), "sheet_titles": sheet_titles(status)}
    return asdict(status) | {"active": status.active} | words


def note_values(note: Annotation) -> dict[str, Any]:
    """The fields of an annotation, with its `text`."""
    return asdict(note) | {"text": note_text(note)}
