"""Mode collapse: whatever z, G draws the same few pictures.

Diversity within a sheet is what people look at (Salimans et al. 2016, Improved Techniques for Training GANs, let D do the same by
minibatch discrimination); Arora & Zhang 2017 (Do GANs learn the distribution? Some theory and empirics) count repeated samples.
Lin et al. 2018 (PacGAN) review the cures.
"""

from __future__ import annotations

import numpy as np

from ganlab.analysis.doctor.finding import Evidence, Finding
from ganlab.analysis.doctor.record import Record
from ganlab.analysis.doctor.tiles import Tiles

ALIKE = 0.35  # of the diversity of real images
ALIKE_ALONE = 0.25  # of the contrast within a picture, where no real images are at hand
REPEATED = 0.1  # of how far real images are from the one most like them
IDENTICAL = 0.25  # times these limits: no young G draws pictures so much alike, and no rise from there is a recovery
HEALED = 1.3  # times these limits, before a sheet after one that was collapsed is so no more
RISING = 1.15  # times what it was: a young G on its way
RECOVERING = 2.0, 0.5  # times what it was, and times the limits: the same of one whose sheets had collapsed before
FAINT = 0.6  # of the contrast of real images: what is paler is not drawn yet, and alike for that
PALE = 0.2  # of the same: what is paler is blank
SHEETS = 4  # whose past counts


def collapse(record: Record) -> Finding | None:
    """The pictures of the newest sheet are much more alike than real ones are, or have been and hardly changed."""
    looks = record.newest_sheets(SHEETS)
    if not looks or len(looks[-1][1].rows) < 8:
        return None
    real = record.real.some if record.real is not None else None
    if real is not None and real.diversity < 0.02:
        return None  # so are the real ones
    ill, since = False, 0
    for step, tiles in looks:
        was, ill = ill, _ill(record, step, tiles, real, ill)
        since = since if was else step
    if not ill:
        return None
    step, tiles = looks[-1]
    if looks[0][0] == since:  # perhaps longer than was looked at
        since = min(since, record.first_sheet(lambda one: _below(_measured(one, real, record.labelled), 1.0)))
    return Finding(
        kind="collapse",
        severity="failure",
        step_from=since,
        step_to=step,
        evidence=Evidence((), _measured(tiles, real, record.labelled), (since, step) if since < step else (step,)),
        fix=record.calmer(2) | {"d_lr_ratio": min(100.0, max(2.0, record.config.d_lr_ratio))},
    )


def _ill(record: Record, step: int, tiles: Tiles, real: Tiles | None, ill: bool) -> bool:
    """Whether the sheet of a step has collapsed, given whether the one before it had (`ill`): so that it is not taken back for
    a trifle."""
    numbers = _measured(tiles, real, record.labelled)
    strength = 1.0 if real is None else tiles.contrast / max(real.contrast, 1e-6)
    if strength < PALE:
        return False
    if _below({name: value / min(1.0, strength) for name, value in numbers.items()}, IDENTICAL):
        return True
    if strength < FAINT / (HEALED if ill else 1.0):
        return False
    if not _below(numbers, HEALED if ill else 1.0):
        return False
    rise, enough = RECOVERING if ill else (RISING, 0.0)
    return _rise(record, step, numbers, real) <= rise or _below(numbers, enough)


def _rise(record: Record, step: int, numbers: dict[str, float], real: Tiles | None) -> float:
    """How many times as varied as before the pictures of a step are; 1 where there is nothing to compare."""
    earlier = [before for before in record.sheets if before <= 0.7 * step]
    tiles = record.sheet(earlier[-1]) if earlier and earlier[-1] > 0 else None
    if tiles is None:
        return 1.0
    before = _measured(tiles, real, record.labelled)
    return sum(numbers.values()) / max(sum(before.values()), 1e-6)


def _measured(tiles: Tiles, real: Tiles | None, labelled: bool) -> dict[str, float]:
    if real is None:
        return {"diversity_of_contrast": min(tiles.diversity, tiles.within if labelled else 2.0) / max(tiles.contrast, 1e-6)}
    alike = {"diversity": tiles.diversity / max(real.diversity, 1e-6)}
    if labelled and len(np.unique(tiles.columns)) > 1 and len(np.unique(real.columns)) > 1:
        alike["diversity_in_class"] = tiles.within / max(real.within, 1e-6)
    if len(real.rows) >= len(tiles.rows):  # fewer lie further apart
        several = real.first(len(tiles.rows))
        alike["nearest_two"] = float(np.median(tiles.nearest) / max(np.median(several.nearest), 1e-6))
    return alike


def _below(numbers: dict[str, float], factor: float) -> bool:
    """Whether one of the measures is below its limit times a factor."""
    limits = {"diversity_of_contrast": ALIKE_ALONE, "nearest_two": REPEATED}
    return any(value < factor * limits.get(name, ALIKE) for name, value in numbers.items())
