"""The kinds of job, by name: each takes its arguments, tells how far it is, and returns what it measured.

A kind's modules, PyTorch among them, are imported when such a job starts and not before.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass

from ganlab.core.events import Loading
from ganlab.metrics.value import Value


@dataclass(frozen=True)
class Measured:
    """Values that are kept from now on, whatever becomes of the rest of the job."""

    values: tuple[Value, ...]


@dataclass(frozen=True)
class Trouble:
    """One sentence about a part of the job that could not be done; the others go on. `minor`: nothing asked for is missing."""

    sentence: str
    minor: bool = False


Working = Generator[Loading | Measured | Trouble, None, list[Value]]


def _evaluate(**arguments: object) -> Working:
    from ganlab.analysis.jobs.measuring import measure_all

    return (yield from measure_all(**arguments))  # type: ignore[arg-type]


def _reproduce(name: str, budget: float | None = None) -> Working:
    from ganlab.analysis.reproduce.reproduce import reproduce, told
    from ganlab.analysis.reproduce.table import Failure, Row

    def as_told(known: Row | Failure) -> Iterator[Measured | Trouble]:
        yield Measured(known.values) if isinstance(known, Row) else Trouble(known.sentence)

    return (yield from told(reproduce(name, budget), as_told)).values


KINDS: dict[str, Callable[..., Working]] = {"evaluate": _evaluate, "reproduce": _reproduce}
