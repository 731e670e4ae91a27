"""Divergence: losses or scores that are no longer finite, or grow without end.

Mescheder et al. 2018 (Which Training Methods for GANs do actually Converge?) show that unregularised GANs need not converge;
without a penalty a Wasserstein D has no reason to stop growing (Gulrajani et al. 2017, section 4).
"""

from __future__ import annotations

import numpy as np

from ganlab.analysis.doctor.finding import Evidence, Finding
from ganlab.analysis.doctor.record import Record
from ganlab.runtime.store import Annotation, Series

HUGE = 50.0  # times what guessing costs D
STEEP = 2.0  # times the slope of one that a Wasserstein D is meant to have


def divergence(record: Record) -> Finding | None:
    """A loss is not finite, the run failed for that, or the losses have exploded."""
    failures = _failures(record)
    broken = [name for name, series in record.series.items() if _holes(series).any()]
    if failures or broken:
        steps = [note.step for note in failures]
        steps += [int(record.series[name].steps[_holes(record.series[name])][0]) for name in broken]
        return _finding(record, min(steps), tuple(broken[:4]) or _losses(record), {})
    for name in _losses(record):
        found = _exploded(record, name)
        if found is not None:
            step, size = found
            return _finding(record, step, (name,), {name: size})
    return None


def _failures(record: Record) -> list[Annotation]:
    """The annotations of a failure for this reason; none once the run was resumed, for it computes those steps again."""
    started = max((note.id for note in record.notes if note.kind == "started"), default=0)
    return [note for note in record.notes if note.id > started and "diverged" in (note.kind, note.data.get("reason"))]


def _holes(series: Series) -> np.ndarray:
    bad: np.ndarray = ~np.isfinite(series.values)
    return bad


def _losses(record: Record) -> tuple[str, ...]:
    return tuple(name for name in record.series if name.startswith("loss/"))


def _exploded(record: Record, name: str) -> tuple[int, float] | None:
    """Since when, and how large."""
    curve = record.curve(name)
    late, limit = np.abs(record.late(curve)), _limit(record, name)
    if not len(late) or limit is None or np.median(late) < limit:
        return None
    return record.began(curve, lambda values: np.abs(values) > limit / 2), float(np.median(late))


def _limit(record: Record, name: str) -> float | None:
    """How large this loss may be; None where nothing is known of it.

    An adversarial loss with a scale is measured by that. The loss of a Wasserstein D is a distance between sets of pictures with
    pixels in [-1, 1], so that with a slope of one it cannot exceed the diameter 2 sqrt(pixels); G's alone has no fixed zero.
    """
    _, network, *term = name.split("/")
    if term != ["adversarial"]:
        return None
    if record.objective.undecided is not None:
        return HUGE * record.objective.undecided
    pixels = (record.config.channels or 3) * record.config.image_size**2
    return STEEP * 2 * float(np.sqrt(pixels)) if network[0] == "D" else None


def _finding(record: Record, step: int, series: tuple[str, ...], numbers: dict[str, float]) -> Finding:
    fix = record.calmer(4)
    if getattr(record.config, "gp_weight", 1.0) == 0:
        fix["gp_weight"] = getattr(record.defaults, "gp_weight", 10.0)
    return Finding(
        kind="divergence",
        severity="failure",
        step_from=step,
        step_to=max(step, record.step),
        evidence=Evidence(series, numbers, record.sheets[-1:]),
        fix=fix,
    )
