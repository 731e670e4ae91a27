"""The kinds of job, by name: each takes its arguments, yields its progress, and returns what it measured.

A kind's modules, PyTorch among them, are imported when such a job starts and not before.
"""

from __future__ import annotations

from collections.abc import Callable

from ganlab.analysis.jobs.messages import Measured, PartFailed, Working
from ganlab.analysis.reproduce.table import Failure, Row
from ganlab.core.progress import Work


def _evaluate(**arguments: object) -> Working:
    from ganlab.analysis.jobs.measuring import measure_all  # noqa: PLC0415  (imports PyTorch)

    return (yield from measure_all(**arguments))  # type: ignore[arg-type]


def _reproduce(name: str, budget: float | None = None) -> Working:
    from ganlab.analysis.reproduce.reproduce import reproduce  # noqa: PLC0415  (imports PyTorch)

    work = Work(reproduce(name, budget))
    for event in work:
        if isinstance(event, Row):
            yield Measured(event.values)
        elif isinstance(event, Failure):
            yield PartFailed(event.sentence)
        else:
            yield event
    return work.result.values


KINDS: dict[str, Callable[..., Working]] = {"evaluate": _evaluate, "reproduce": _reproduce}
