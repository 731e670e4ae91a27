"""The events of a job, beside Loading: values, and parts that failed."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass

from ganlab.core.errors import Advice
from ganlab.core.events import Loading
from ganlab.metrics.value import Value

ADVICE = Advice(
    memory="fewer images or fewer metrics need less",
    disk="make room, then measure again; what was measured before is kept",
    log="job.log",
)


@dataclass(frozen=True)
class Measured:
    """Values that are kept from now on, whatever becomes of the rest of the job."""

    values: tuple[Value, ...]


@dataclass(frozen=True)
class PartFailed:
    """One sentence about a part of the job that failed; the others go on. `minor`: nothing asked for is missing."""

    sentence: str
    minor: bool = False


Working = Generator[Loading | Measured | PartFailed, None, list[Value]]
