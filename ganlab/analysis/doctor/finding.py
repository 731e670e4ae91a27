"""What the doctor says: one finding, with what it saw, what that means and what to change."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from ganlab.core.config import Value

Severity = Literal["warning", "failure"]


@dataclass(frozen=True)
class Evidence:
    """What was seen: `series` are names of recorded metrics, `numbers` what was measured on them by name, `sheets` steps."""

    series: tuple[str, ...] = ()
    numbers: Mapping[str, float] = field(default_factory=dict)
    sheets: tuple[int, ...] = ()


@dataclass(frozen=True)
class Finding:
    """Something is wrong from `step_from` to `step_to`: `warning` may still heal, `failure` will not by itself.

    `fix`: {setting: value} that a fork of the run may have, empty where settings do not help; `fork_step`: the newest checkpoint
    from before the trouble, else the oldest; None where there is none to fork from. `before`: the same settings at that step.
    """

    kind: str
    title: str
    severity: Severity
    step_from: int
    step_to: int
    evidence: Evidence
    explanation: str
    fix: Mapping[str, Value] = field(default_factory=dict)
    fork_step: int | None = None
    before: Mapping[str, Value] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON; a number that is none is None."""
        numbers = {name: value if math.isfinite(value) else None for name, value in self.evidence.numbers.items()}
        evidence = {"series": list(self.evidence.series), "numbers": numbers, "sheets": list(self.evidence.sheets)}
        facts = {name: getattr(self, name) for name in ("kind", "title", "severity", "step_from", "step_to", "explanation")}
        return facts | {"evidence": evidence, "fix": dict(self.fix), "fork_step": self.fork_step, "before": dict(self.before)}
