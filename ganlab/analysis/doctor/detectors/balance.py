"""One of the two networks wins for good.

A D that is always sure gives G a useless gradient: it vanishes for the saturating loss and is large and noisy for the
non-saturating one (Arjovsky & Bottou 2017, Towards Principled Methods for Training GANs, theorems 2.4 and 2.6). A D that lags
behind teaches G nothing either: G is only as good as what D can see (Goodfellow et al. 2014, section 4; Heusel et al. 2017
give D a rate of its own for this). Objectives that estimate a distance have no such state: the better their D, the better.
"""

from __future__ import annotations

import numpy as np

from ganlab.analysis.doctor.finding import Evidence, Finding
from ganlab.analysis.doctor.record import Record
from ganlab.core.config import Value

SURE = 0.97  # of a separation of 1: textbook networks learn well at 0.96
CHEAP = 0.06  # of what guessing costs D
LAGGING = 1.15  # times what guessing costs D


def d_wins(record: Record) -> Finding | None:
    """D tells real from fake nearly always, all through the late part; of a young run only where its settings favour D."""
    record = record.settled
    apart, cost = _late(record)
    if not len(apart) or not len(cost) or np.median(apart) < SURE or np.median(cost) > CHEAP:
        return None
    if record.may_catch_up:
        return None
    config = record.config
    fix: dict[str, Value] = {}
    if config.d_steps > record.defaults.d_steps:
        fix["d_steps"] = record.defaults.d_steps
    if config.d_lr_ratio > 1:
        fix |= {"d_lr_ratio": 1.0, "lr": min(1.0, max(config.lr, record.defaults.lr))}
    since = record.first_with(*fix) if fix else 0  # of what is blamed
    if not fix:
        fix = {"d_lr_ratio": max(0.01, config.d_lr_ratio / 4)}
    numbers = {"separation": float(np.median(apart)), "d_loss": float(np.median(cost))}
    return Finding(
        kind="d-wins",
        severity="warning",
        step_from=max(since, record.began(record.separation, lambda values: values > SURE - 0.03)),
        step_to=record.step,
        evidence=Evidence(("score/real", "score/fake", *_gradients(record)), numbers, record.sheets[-1:]),
        fix=fix,
    )


def g_wins(record: Record) -> Finding | None:
    """D does worse than by guessing, all through the late part."""
    record = record.settled
    apart, cost = _late(record)
    if not len(apart) or not len(cost):
        return None
    numbers = {"separation": float(np.median(apart)), "d_loss": float(np.median(cost))}
    if not (numbers["d_loss"] > LAGGING and numbers["separation"] < 0.05):
        return None
    config = record.config
    more: dict[str, Value] = {"d_lr_ratio": min(100.0, config.d_lr_ratio * 2)} | record.calmer(2)
    slowed = config.d_lr_ratio < 1
    return Finding(
        kind="g-wins",
        severity="warning",
        step_from=max(record.first_with("d_lr_ratio") if slowed else 0, record.began(record.d_loss, lambda values: values > 1)),
        step_to=record.step,
        evidence=Evidence(("score/real", "score/fake", *record.names("loss", "D", "adversarial")), numbers, record.sheets[-1:]),
        fix={"d_lr_ratio": 1.0} if slowed else more,
    )


def _late(record: Record) -> tuple[np.ndarray, np.ndarray]:
    """The separation and D's loss of the late part, under the settings as they are now."""
    changed = record.changed()
    return record.late(record.separation, changed), record.late(record.d_loss, changed)


def _gradients(record: Record) -> tuple[str, ...]:
    return record.names("gradient", "G")
