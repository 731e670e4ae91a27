"""How far a measured value is from what real images read under the same protocol."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from ganlab.metrics.value import Value

_ERRORS = 2  # standard errors within which two values cannot be told apart


@dataclass(frozen=True)
class Standing:
    """A value beside its `floor`.

    "level": the two cannot be told apart, or the value is even better. "times": it is `ratio` times the floor, where lower is
    better. "share": it reaches `ratio` of the floor, where higher is better. "apart": it is worse by `ratio` standard errors,
    where the floor itself cannot be told from 0 and no multiple of it means anything.
    """

    kind: Literal["level", "times", "share", "apart"]
    ratio: float
    floor: Value

    @classmethod
    def of(cls, value: Value, floor: Value) -> Standing:
        """Of two values of one protocol; ValueError across protocols."""
        difference = floor - value if value.higher_is_better else value - floor
        ratio = value.value / floor.value if floor.value else float("inf")
        if difference.value <= _ERRORS * difference.error:
            return cls("level", ratio, floor)
        if floor.value <= _ERRORS * floor.error:
            return cls("apart", difference.value / difference.error if difference.error else float("inf"), floor)
        return cls("share" if value.higher_is_better else "times", ratio, floor)


def standing(value: Value, measured: Iterable[Value]) -> Standing | None:
    """Beside the first floor of the same protocol among all that was `measured`; None where there is none."""
    floors = (other for other in measured if other.floor and other.protocol == value.protocol)
    return next((Standing.of(value, floor) for floor in floors if not value.floor), None)
