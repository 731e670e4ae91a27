"""A learning rate that is too high: losses that leap, above a rate that is many times what the family's paper found to work.

Adam's step is about the rate itself, whatever the gradient (Kingma & Ba 2015), so that a rate far too high throws the weights
about. Radford et al. 2016 (DCGAN, section 4) found 0.001 already too high for GANs and used 0.0002.
"""

from __future__ import annotations

import numpy as np

from ganlab.analysis.doctor.finding import Evidence, Finding
from ganlab.analysis.doctor.record import RATE, Record
from ganlab.core.config import Value

LEAP = 1.0  # of what guessing costs D, or of a Wasserstein loss's own size: the change from one point to the next
FAR = 4.0  # times what guessing costs: a loss of G above is the sign of a D that cannot be reached any more


def rate(record: Record) -> Finding | None:
    """The rate is far above the family's own and the losses since it is show it: they leap, or G's is out of reach."""
    record = record.settled
    config, own = record.config, record.defaults.lr
    highest = config.lr * max(1.0, config.d_lr_ratio)
    if highest < RATE * own:
        return None
    leaps, out = _signs(record)
    if max(leaps / LEAP, out / FAR) < 1:
        return None
    numbers = {"lr_ratio": highest / own, "leaps": leaps, "g_loss": out}
    return Finding(
        kind="rate",
        severity="failure" if out >= FAR else "warning",
        step_from=record.first_with("lr", "d_lr_ratio"),
        step_to=record.step,
        evidence=Evidence(_losses(record), numbers, record.sheets[-1:]),
        fix=_lower(record, highest / own / 2),
    )


def _lower(record: Record, factor: float) -> dict[str, Value]:
    """A calmer rate; the one from before the last change of it, where that was no higher than the family's own allows."""
    before = [change.before for change in record.changes if change.name == "lr"][-1:]
    calm: dict[str, Value] = record.calmer(factor)
    if before and float(str(before[0])) < RATE * record.defaults.lr:
        calm["lr"] = before[0]
    return calm | ({"d_lr_ratio": 1.0} if record.config.d_lr_ratio > 1 else {})


def _signs(record: Record) -> tuple[float, float]:
    """How far D's loss leaps (nine tenths of the time less), and G's loss, both in units of what guessing costs."""
    d, g = record.mean(record.names("loss", "D", "adversarial")), record.mean(record.names("loss", "G", "adversarial"))
    changed = record.changed("lr", "d_lr_ratio")
    late, late_g = record.late(d, changed), record.late(g, changed)
    if len(late) < 5 or not len(late_g):
        return 0.0, 0.0
    scale = record.objective.undecided
    if scale is None:
        size = max(float(np.median(np.abs(late))), 1e-6)
        return float(np.quantile(np.abs(np.diff(late)), 0.9)) / size / 2, 0.0
    return float(np.quantile(np.abs(np.diff(late)), 0.9)) / scale, float(np.median(late_g)) / scale


def _losses(record: Record) -> tuple[str, ...]:
    return (*record.names("loss", "G", "adversarial"), *record.names("loss", "D", "adversarial"))
