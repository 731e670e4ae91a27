"""Dead output: pictures without content, all one grey, or every pixel at the end of its range.

Where G's units are all off or its tanh is saturated, no gradient comes through and nothing will change (Glorot & Bengio 2010,
Understanding the difficulty of training deep feedforward neural networks). Whether that is so is read from the recorded length
of G's gradient: pictures may be empty although a gradient arrives, of a young G or one whose rate is too low.
"""

from __future__ import annotations

import numpy as np

from ganlab.analysis.doctor.finding import Evidence, Finding
from ganlab.analysis.doctor.record import LEAST_AFTER, Record
from ganlab.analysis.doctor.tiles import Tiles
from ganlab.core.config import Value

FLAT = 0.02  # standard deviation within a picture, of the range 0..1
PALE = 0.2  # of the contrast of real images
HEALED = 1.25  # times that limit, before sheets that were flat are flat no more
SHEETS = 4  # whose past counts for that
VANISHED = 1e-3  # of what G's gradient was: a gradient below comes through no more


def dead(record: Record) -> Finding | None:
    """The newest sheet holds pictures with hardly any contrast."""
    looks = record.newest_sheets(SHEETS)
    if not looks:
        return None
    step, tiles = looks[-1]
    real = record.real.some.contrast if record.real is not None else None
    limit = FLAT if real is None else min(max(FLAT, PALE * real), 0.9 * real)

    def flat(one: Tiles) -> bool:
        return one.contrast < limit

    was_flat = any(flat(one) for _, one in looks[:-1])
    if tiles.contrast >= limit * (HEALED if was_flat else 1.0):
        return None
    gradient, config = _gradient(record), record.settled.config
    stuck, slow = gradient is not None and gradient[1], config.lr < record.defaults.lr / 5
    if record.may_catch_up and not stuck and not slow:  # a young G may draw nearly one grey for some hundred steps
        return None
    since = record.first_sheet(flat) if flat(tiles) else next(at for at, one in looks if flat(one))
    numbers = {"contrast": tiles.contrast} | ({} if real is None else {"real_contrast": real})
    return Finding(
        kind="dead",
        severity="warning" if gradient is not None and not stuck else "failure",
        step_from=max(since, min(step, record.first_with("lr"))) if slow else since,
        step_to=step,
        evidence=Evidence(
            record.names("gradient", "G"),
            numbers | ({} if gradient is None else {"gradient": 0.0 if stuck else gradient[0]}),
            (since, step) if since < step else (step,),
        ),
        fix=_rate(record, config.lr),
    )


def _gradient(record: Record) -> tuple[float, bool] | None:
    """How long G's gradient is of late, and whether that is next to nothing; None where it is not on record."""
    curve = record.mean(record.names("gradient", "G"))
    late = curve.values[curve.steps > record.since]
    if len(late) < LEAST_AFTER:
        return None
    now = float(np.median(late))
    return now, now <= VANISHED * float(np.quantile(curve.values, 0.9))


def _rate(record: Record, lr: float) -> dict[str, Value]:
    """Back towards the family's own rate, from above or from below."""
    own = record.defaults.lr
    if lr < own / 5:
        return {"lr": own, "d_lr_ratio": 1.0}
    return record.calmer(4 if lr <= own else min(10.0, lr / own))
