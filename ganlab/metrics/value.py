"""A measured number that knows how it was measured, and refuses to be compared with one that was measured otherwise."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Self

_EVIDENCE = "evidence"  # the basis of a decision that the file's own numbers settle
_FLOOR = re.compile(r"real images \(")  # how a version before the field `floor` named them


@dataclass(frozen=True)
class Estimate:
    """A number and its standard error."""

    value: float
    error: float

    def __str__(self) -> str:
        decimals = _decimals(self.value, self.error)
        return f"{self.value:.{decimals}f} ± {self.error:.{decimals}f}"


def share(hits: int, total: int) -> Estimate:
    """hits / total with its binomial error, with a hit and a miss added for it: none of a thousand is not certainly none."""
    smoothed = (hits + 1) / (total + 2)
    return Estimate(hits / total, (smoothed * (1 - smoothed) / total) ** 0.5)


@dataclass(frozen=True)
class Value:
    """`metric` of `subject` (what was measured, after `step` of training where there was one), with its standard `error`.

    The protocol is everything that must agree before two values may be compared: the metric, how many fakes and real images,
    which `reference` they are held against (data set, part, size), which `extractor` reads them (with the first digits of its
    weights' sha256), and how it resizes. `n_real` is 0 where the metric looks at no real image. `seed` chose the fakes and the
    random subsets. A `floor` was measured of real images: no generator can be expected to read better. `decisions` are what the
    file of a foreign network left open, as (setting, value, basis), and `unused` counts its tensors that went into no network.
    """

    metric: str
    value: float
    error: float
    n_fake: int
    n_real: int
    reference: str
    extractor: str
    resize: str
    seed: int
    subject: str = ""
    step: int | None = None
    higher_is_better: bool = False
    floor: bool = False
    decisions: tuple[tuple[str, str, str], ...] = ()
    unused: int = 0

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """The inverse of `to_dict`; ValueError when these are not the fields of a value."""
        known = {field.name for field in fields(cls)}
        if not known >= values.keys():
            raise ValueError(f"A measured value has no {', '.join(sorted(values.keys() - known))}.")
        older = {"floor": bool(_FLOOR.match(str(values.get("subject", ""))))}
        try:
            decisions = tuple((str(setting), str(value), str(basis)) for setting, value, basis in values.get("decisions", ()))
            return cls(**(older | dict(values) | {"decisions": decisions}))
        except (TypeError, ValueError) as error:
            raise ValueError(f"This is not a whole measured value: {error}.") from None

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON and databases."""
        return asdict(self)

    @property
    def estimate(self) -> Estimate:
        """The number with its error, without the protocol."""
        return Estimate(self.value, self.error)

    @property
    def protocol(self) -> dict[str, Any]:
        """What must agree before values may be compared."""
        names = ("metric", "n_fake", "n_real", "reference", "extractor", "resize")
        return {name: getattr(self, name) for name in names}

    def __str__(self) -> str:
        subject = f" of {self.subject}" if self.subject else ""
        when = "" if self.step is None else f" at step {self.step:,}"
        counts = versus(self.n_fake, self.n_real, self.reference)
        left_open = f"; {self.left_open}" if self.left_open else ""
        protocol = f"{counts}; {self.extractor}; resize {self.resize}; seed {self.seed}{left_open}"
        return f"{self.metric}{subject}{when}: {self.estimate} ({protocol})"

    def __repr__(self) -> str:
        return f"<{self}>"

    @property
    def left_open(self) -> str:
        """ "assumed activation=relu; unused tensors 3": what a foreign file does not tell, as the flag `--assume` spells it."""
        kinds: dict[str, list[str]] = {}
        for setting, value, basis in self.decisions:
            if basis != _EVIDENCE:
                kinds.setdefault(basis, []).append(f"{setting}={value}")
        parts = [f"{basis} {', '.join(settled)}" for basis, settled in kinds.items()]
        return "; ".join([*parts, *([f"unused tensors {self.unused}"] if self.unused else [])])

    def better_than(self, other: Value) -> bool:
        """Whether this is nearer to what the metric calls perfect; ValueError across protocols."""
        return self > other if self.higher_is_better else self < other

    def __lt__(self, other: Value) -> bool:
        self._same_protocol(other)
        return self.value < other.value

    def __gt__(self, other: Value) -> bool:
        return other < self

    def __le__(self, other: Value) -> bool:
        return not other < self

    def __ge__(self, other: Value) -> bool:
        return not self < other

    def __sub__(self, other: Value) -> Estimate:
        """How much larger this is; the errors count as independent, which overstates the difference's for one reference."""
        self._same_protocol(other)
        return Estimate(self.value - other.value, (self.error**2 + other.error**2) ** 0.5)

    def _same_protocol(self, other: Value) -> None:
        if not isinstance(other, Value):
            raise TypeError(f"A measured {self.metric} can only be compared with another measured value, not with {other!r}.")
        mine, theirs = self.protocol, other.protocol
        unlike = [f"{name} ({mine[name]} and {theirs[name]})" for name in mine if mine[name] != theirs[name]]
        if unlike:
            raise ValueError(f"These two values cannot be compared, because they differ in {', '.join(unlike)}.")


def versus(n_fake: int, n_real: int, reference: str) -> str:
    """How many images were held against how many of what."""
    return f"{n_fake:,} images" + (f" against {n_real:,} of {reference}" if n_real else ", held against no real ones")


def _decimals(value: float, error: float) -> int:
    """Two digits of the error; without one, four of the value."""
    if not (math.isfinite(value) and math.isfinite(error)):
        return 2
    size, digits = (error, 2) if error > 0 else (abs(value) or 1.0, 4)
    return min(max(digits - 1 - math.floor(math.log10(size)), 0), 9)
