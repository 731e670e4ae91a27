"""Stalled input: the networks wait for their images.

Data-bound training is the commonest waste of a fast device (Mohan et al. 2021, Analyzing and Mitigating Data Stalls in DNN
Training); the share of time that a step waits for its batch tells it from a machine that is merely slow or shared.
"""

from __future__ import annotations

import numpy as np

from ganlab.analysis.doctor.finding import Evidence, Finding
from ganlab.analysis.doctor.record import Record

WAITING = 0.3  # of the time
SHARE, SPEED = "time/waiting_for_data", "speed/images_per_second"


def stalled_input(record: Record) -> Finding | None:
    """A good part of the late part was spent waiting for images."""
    share, speed = record.curve(SHARE), record.curve(SPEED)
    late = share.values[share.steps > record.since]
    if len(late) < 3 or np.median(late) < WAITING:
        return None
    numbers = {"waiting": float(np.median(late))}
    fast = speed.values[speed.steps <= record.since]
    now = speed.values[speed.steps > record.since]
    if len(fast) and len(now):
        numbers |= {"speed": float(np.median(now)), "best_speed": float(np.quantile(fast, 0.9))}
    return Finding(
        kind="stalled-input",
        severity="warning",
        step_from=record.began(share, lambda values: values >= WAITING),
        step_to=record.step,
        evidence=Evidence(tuple(name for name in (SHARE, SPEED) if name in record.series), numbers, ()),
    )
