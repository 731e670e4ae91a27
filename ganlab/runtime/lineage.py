"""The family tree of forked runs: from which checkpoint each continues, and which settings it changed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from ganlab.core.config import Value, config_differences
from ganlab.runtime.run import UNREADABLE, Run


@dataclass(frozen=True)
class Kin:
    """A run in its family: `depth` forks after the first ancestor that is still here, from `step` of its parent (None for
    that ancestor). `changes` holds (before, after) for each setting that the fork changed."""

    run: Run
    depth: int
    step: int | None
    changes: dict[str, tuple[Value | None, ...]]


def families(runs: Sequence[Run]) -> list[list[Kin]]:
    """Every family of more than one run, newest ancestor first; in each, parents stand before their forks, older forks first.

    A fork whose parent was deleted is the first of its line.
    """
    known: dict[str, tuple[Run, dict[str, Any]]] = {}
    for run in sorted(runs, key=lambda run: run.id):
        with suppress(FileNotFoundError, ValueError):
            known[run.id] = (run, run.settings)
    forks: dict[str | None, list[str]] = {}
    for id, (_, settings) in known.items():
        parent = (settings.get("parent") or {}).get("run")
        forks.setdefault(parent if parent in known else None, []).append(id)
    ancestors = [id for id in forks.get(None, []) if id in forks]
    return [list(_line(id, 0, known, forks)) for id in reversed(ancestors)]


def _line(id: str, depth: int, known: dict[str, Any], forks: dict[str | None, list[str]]) -> Iterator[Kin]:
    run, settings = known[id]
    parent = settings.get("parent") if depth else None
    changes = {}
    if parent and "changes" in parent:
        changes = {name: tuple(values) for name, values in parent["changes"].items()}
    elif parent:  # an older version made it
        changes = config_differences([_config_at(known[parent["run"]][0], parent["step"]), settings["config"]])
    yield Kin(run, depth, parent["step"] if parent else None, changes)
    for fork in forks.get(id, []):
        yield from _line(fork, depth + 1, known, forks)


def _config_at(run: Run, step: int) -> dict[str, Any]:
    """The settings of `run` at a checkpoint's `step`, with what had been changed before.

    What was changed at that very step came after the checkpoint, except where a change was followed by a stop at once.
    """
    values = dict(run.settings["config"])
    with suppress(*UNREADABLE):
        values |= {change.name: change.value for change in run.interventions() if change.step < step and not change.is_update}
    return values
