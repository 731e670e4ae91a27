"""What a worker notes in its lock, as it cannot be recorded: what it waits for right now, or why it ended."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from ganlab.core.lock import FileLock
from ganlab.core.names import from_json, to_json
from ganlab.runtime.rows import read_annotations
from ganlab.runtime.status import ENDINGS, WAITING
from ganlab.runtime.store import Annotation


def leave(lock: FileLock | None, step: int, kind: str, data: Mapping[str, Any]) -> None:
    """Leave a note like an annotation; an empty kind removes it. On a read-only disk there is none."""
    if lock:
        with suppress(OSError):
            lock.leave_note(to_json({"kind": kind, "step": step, "time": time.time(), "data": data}) if kind else "")


def leave_end(lock: FileLock | None, step: int, kind: str, data: Mapping[str, Any]) -> None:
    """Say in the lock, and in the log, how a run ends whose record cannot be written."""
    leave(lock, step, kind, data)
    with suppress(OSError):
        print(to_json({"kind": kind, **data}), file=sys.stderr)


def with_note(notes: Sequence[Annotation], text: str, alive: bool) -> list[Annotation]:
    """The annotations, and the note in the lock where it counts: a wait of a live worker, an end that is not on record."""
    try:
        values = from_json(text)
        row = (0, values["step"], values["time"], values["kind"], "", to_json(values["data"]))
    except (ValueError, LookupError, TypeError):
        return list(notes)
    last = notes[-1].kind if notes else ""
    counts = WAITING if alive else ENDINGS if last not in ENDINGS else ()
    return [*notes, *(note for note in (Annotation(*fields) for fields in read_annotations([row])) if note.kind in counts)]
