"""A finding of the doctor: its kind, the evidence and the settings to change.

`ganlab/app/views/doctor_wording.py` makes the title and the explanation.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from ganlab.core.config import Value

Severity = Literal["warning", "failure"]


@dataclass(frozen=True)
class Evidence:
    """The evidence: `series` names recorded metrics, `numbers` holds what was measured by name (in the face: a label),
    `sheets` the steps of sheets.
    """

    series: tuple[str, ...] = ()
    numbers: Mapping[str, float] = field(default_factory=dict)
    sheets: tuple[int, ...] = ()


@dataclass(frozen=True)
class Finding:
    """Something is wrong from `step_from` to `step_to`: `warning` may still heal, `failure` will not by itself.

    `fix`: {setting: value} that a fork of the run may have, empty where settings do not help; `fork_step`: the newest checkpoint
    from before `step_from`, else the oldest; None where there is none to fork from. `before`: the same settings at that step, or
    now where they are no different there.
    """

    kind: str
    severity: Severity
    step_from: int
    step_to: int
    evidence: Evidence
    fix: Mapping[str, Value] = field(default_factory=dict)
    fork_step: int | None = None
    before: Mapping[str, Value] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON; a number that is none is None."""
        numbers = {name: value if math.isfinite(value) else None for name, value in self.evidence.numbers.items()}
        evidence = {"series": list(self.evidence.series), "numbers": numbers, "sheets": list(self.evidence.sheets)}
        facts = {name: getattr(self, name) for name in ("kind", "severity", "step_from", "step_to")}
        return facts | {"evidence": evidence, "fix": dict(self.fix), "fork_step": self.fork_step, "before": dict(self.before)}
