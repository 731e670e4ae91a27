"""Dead output: pictures without content, all one grey, or every pixel at the end of its range.

What is left of a G whose units are all off or whose tanh is saturated: no gradient comes through (Glorot & Bengio 2010,
Understanding the difficulty of training deep feedforward neural networks).
"""

from __future__ import annotations

from ganlab.analysis.doctor.finding import Evidence, Finding
from ganlab.analysis.doctor.record import Record
from ganlab.analysis.doctor.tiles import Tiles

FLAT = 0.02  # standard deviation within a picture, of the range 0..1
PALE = 0.2  # of the contrast of real images


def dead(record: Record) -> Finding | None:
    """The newest sheet holds pictures with hardly any contrast."""
    newest = record.newest_sheet
    if newest is None:
        return None
    step, tiles = newest
    real = record.real.some.contrast if record.real is not None else None
    limit = FLAT if real is None else min(max(FLAT, PALE * real), 0.9 * real)

    def flat(one: Tiles) -> bool:
        return one.contrast < limit

    slow = record.config.lr < record.defaults.lr / 5
    if not flat(tiles) or (record.may_catch_up and not slow):  # a young G may draw nearly one grey for some hundred steps
        return None
    since = record.first_sheet(flat)
    numbers = {"contrast": tiles.contrast} | ({} if real is None else {"real_contrast": real})
    return Finding(
        kind="dead",
        severity="failure",
        step_from=since,
        step_to=step,
        evidence=Evidence(record.names("gradient", "G"), numbers, (since, step) if since < step else (step,)),
        fix=_rate(record),
    )


def _rate(record: Record) -> dict[str, bool | int | float | str | tuple[float, ...]]:
    """Back towards the family's own rate, from above or from below."""
    own, config = record.defaults.lr, record.config
    if config.lr < own / 5:
        return {"lr": own, "d_lr_ratio": 1.0}
    return record.calmer(4 if config.lr <= own else min(10.0, config.lr / own))
