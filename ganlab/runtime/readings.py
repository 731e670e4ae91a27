"""What runs measured while they trained, side by side: never numbers of two protocols in one row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ganlab.runtime.compare import Comparison
from ganlab.runtime.run import Run

UNKNOWN = "how it was read is not on record"
_MEASURED = "distance/"  # metrics that are held against real images


@dataclass(frozen=True)
class Reading:
    """A metric's value in every run, None where it has none or is read otherwise; `protocol` is empty for losses and rates."""

    name: str
    values: tuple[float | None, ...]
    protocol: str = ""


def readings(runs: Sequence[Run], found: Comparison) -> list[Reading]:
    """The rows of a comparison of these runs: one for each metric, or for each protocol that it was read under."""
    known = [run.protocols for run in runs]
    made = []
    for name in dict.fromkeys(name for standing in found.standings for name in standing.values):
        have = [name in standing.values for standing in found.standings]
        protocols = [_protocol(name, one) for one in known]
        for protocol in dict.fromkeys(one for one, there in zip(protocols, have, strict=True) if there):
            values = (
                standing.values.get(name) if one == protocol else None
                for standing, one in zip(found.standings, protocols, strict=True)
            )
            made.append(Reading(name, tuple(values), protocol))
    return made


def _protocol(name: str, known: Mapping[str, str]) -> str:
    return known.get(name, UNKNOWN) if name.startswith(_MEASURED) else ""
