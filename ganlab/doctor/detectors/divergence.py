"""Divergence: losses or scores that are no numbers any more, or grow without end.

Mescheder et al. 2018 (Which Training Methods for GANs do actually Converge?) show that unregularised GANs need not converge;
without a penalty a Wasserstein D has no reason to stop growing (Gulrajani et al. 2017, section 4).
"""

from __future__ import annotations

import numpy as np

from ganlab.doctor.detectors.settings import calmer
from ganlab.doctor.finding import Evidence, Finding
from ganlab.doctor.record import Record
from ganlab.store import Series

NO_NUMBER = "stopped being a number"  # in what a failed run says
HUGE = 50.0  # times what guessing costs D, or the size of a Wasserstein loss in its own first part
LARGE = 200.0  # a Wasserstein loss below is not worth a word


def divergence(record: Record) -> Finding | None:
    """A loss is not finite, the run failed for that, or the losses have exploded."""
    said = [note for note in record.notes if note.kind in ("failed", "diverged") and NO_NUMBER in note.text]
    broken = [name for name, series in record.series.items() if _holes(series).any()]
    if (said and record.state not in ("running", "finished")) or broken:
        steps = [note.step for note in said] + [int(record.series[name].steps[_holes(record.series[name])][0]) for name in broken]
        return _finding(record, min(steps), tuple(broken[:4]) or _losses(record), {}, "A loss stopped being a number")
    for name in _losses(record):
        found = _exploded(record, name)
        if found is not None:
            step, size = found
            return _finding(record, step, (name,), {name: size}, f"{name} has grown to {size:,.4g}")
    return None


def _holes(series: Series) -> np.ndarray:
    bad: np.ndarray = ~np.isfinite(series.values)
    return bad


def _losses(record: Record) -> tuple[str, ...]:
    return tuple(name for name in record.series if name.startswith("loss/"))


def _exploded(record: Record, name: str) -> tuple[int, float] | None:
    """Since when, and how large."""
    curve = record.curve(name)
    late = np.abs(record.late(curve))
    if not len(late):
        return None
    start = np.abs(curve.values[: max(5, len(curve.values) // 5)])
    scale = record.objective.undecided
    limit = max(HUGE * float(np.median(start)), LARGE) if scale is None else max(HUGE * scale, HUGE / 2 * float(np.median(start)))
    if np.median(late) < limit:
        return None
    return record.began(curve, lambda values: np.abs(values) > limit / 2), float(np.median(late))


def _finding(record: Record, step: int, series: tuple[str, ...], numbers: dict[str, float], what: str) -> Finding:
    fix = calmer(record, 4)
    if getattr(record.config, "gp_weight", 1.0) == 0:
        fix["gp_weight"] = getattr(record.defaults, "gp_weight", 10.0)
    return Finding(
        kind="divergence",
        title="Divergence",
        severity="failure",
        step_from=step,
        step_to=max(step, record.step),
        evidence=Evidence(series, numbers, record.sheets[-1:]),
        explanation=(
            f"{what}. Each network pushes the other further than it was pushed, and the weights leave the range where they mean "
            "anything; what is drawn after that is worthless. Go on from a checkpoint before it began, with smaller steps."
        ),
        fix=fix,
    )
