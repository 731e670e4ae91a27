"""GET /api/compare?runs=ID,ID: what differs between runs, and where each stood after as many steps, seconds or images."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from ganlab.app.api.worded import note_values
from ganlab.runtime.compare import MOST, compare
from ganlab.runtime.run import Run


def compared(query: Mapping[str, str]) -> dict[str, Any]:
    """The comparison that a URL asks for, as JSON values; ValueError naming the run or the parameter that does not fit."""
    ids = list(dict.fromkeys(filter(None, query.get("runs", "").split(","))))[: MOST + 1]
    text = query.get("at", "")
    try:
        at = float(text) if text else None
    except ValueError:
        raise ValueError(f"at = {text[:40]!r} is not a number.") from None
    found = compare([Run.open(id) for id in ids], query.get("axis", "step"), at)
    return asdict(found) | {"changes": [[note_values(note) for note in notes] for notes in found.changes]}
