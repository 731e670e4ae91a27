"""What lists show of a run's record: read once until the file changes, since most runs have ended long ago."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ganlab.core.kept import Kept
from ganlab.runtime.store import Annotation, Damaged, Reader


def story(database: Path) -> tuple[Sequence[Annotation], Mapping[str, Any]]:
    """The annotations, oldest first, and the state; Damaged where the file is."""
    return _STORIES(database)


def state(database: Path) -> Mapping[str, Any]:
    """The state; empty where the file is damaged."""
    try:
        return story(database)[1]
    except Damaged:  # `Run.status` reports it
        return {}


def newest(database: Path) -> tuple[Sequence[int], Mapping[str, float]]:
    """The steps of the sheets and the newest value of each metric; empty where the file is damaged."""
    return _NEWEST(database)


def _with_log(database: Path) -> tuple[Path, Path]:
    return database, database.with_name(f"{database.name}-wal")


_STORIES = Kept(lambda database: Reader(database).story(), _with_log)
_NEWEST = Kept(lambda database: Reader(database, tolerant=True).newest(), _with_log)
