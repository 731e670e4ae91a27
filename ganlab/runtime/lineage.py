"""The family tree of forked runs: from which checkpoint each continues, and which settings it changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from ganlab.core.config import config_differences
from ganlab.runtime.run import UNREADABLE, Run
from ganlab.runtime.run_settings import Changes, RunSettings


@dataclass(frozen=True)
class Kin:
    """A run in its family: `depth` forks after the first ancestor that is still here, from `step` of its parent (None for
    that ancestor). `changes` holds (before, after) for each setting that the fork changed."""

    run: Run
    depth: int
    step: int | None
    changes: Changes


def families(runs: Sequence[Run]) -> list[list[Kin]]:
    """Every family of more than one run, newest ancestor first; in each, parents stand before their forks, older forks first.

    A fork whose parent was deleted is the first of its line.
    """
    known: dict[str, tuple[Run, RunSettings]] = {}
    for run in sorted(runs, key=lambda run: run.id):
        with suppress(FileNotFoundError, ValueError):
            known[run.id] = (run, run.settings)
    forks: dict[str | None, list[str]] = {}
    for id, (_, settings) in known.items():
        parent = settings.parent.run if settings.parent else None
        forks.setdefault(parent if parent in known else None, []).append(id)
    ancestors = [id for id in forks.get(None, []) if id in forks]
    return [list(_line(id, known, forks)) for id in reversed(ancestors)]


def _line(first: str, known: Mapping[str, tuple[Run, RunSettings]], forks: Mapping[str | None, list[str]]) -> Iterator[Kin]:
    """The ancestor `first` and all that descend from it; without recursion, as a line may be thousands of forks long."""
    waiting = [(first, 0)]
    while waiting:
        id, depth = waiting.pop()
        run, settings = known[id]
        parent = settings.parent if depth else None
        changes: Changes = {}
        if parent and parent.changes is not None:
            changes = parent.changes
        elif parent:  # an older version made it
            before, after = _config_at(known[parent.run][0], parent.step), settings.config
            changes = {name: (was, now) for name, (was, now) in config_differences([before, after]).items()}
        yield Kin(run, depth, parent.step if parent else None, changes)
        waiting += [(fork, depth + 1) for fork in reversed(forks.get(id, []))]


def _config_at(run: Run, step: int) -> dict[str, Any]:
    """The settings of `run` at a checkpoint's `step`, with what had been changed before.

    What was changed at that very step came after the checkpoint, except where a change was followed by a stop at once.
    """
    values = dict(run.settings.config)
    with suppress(*UNREADABLE):
        values |= {change.name: change.value for change in run.interventions() if change.step < step and not change.is_update}
    return values
