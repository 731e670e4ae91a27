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
RISING = 1.15  # times what it was: a young G on its way
FAINT = 0.6  # of the contrast of real images: what is paler is not drawn yet, and alike for that
REPEATED = 0.1  # of how far real images are from the one most like them


def collapse(record: Record) -> Finding | None:
    """The pictures of the newest sheet are much more alike than real ones are."""
    newest = record.newest_sheet
    if newest is None or len(newest[1].rows) < 8:
        return None
    step, tiles = newest
    real = record.real.some if record.real is not None else None
    if real is not None and real.diversity < 0.02:
        return None  # so are the real ones
    if real is not None and tiles.contrast < FAINT * real.contrast:
        return None
    numbers = _measured(tiles, real, record.labelled)
    if not _collapsed(numbers) or _rising(record, numbers, real):
        return None
    since = record.first_sheet(lambda one: _collapsed(_measured(one, real, record.labelled)))
    return Finding(
        kind="collapse",
        severity="failure",
        step_from=since,
        step_to=step,
        evidence=Evidence((), numbers, (since, step) if since < step else (step,)),
        fix=record.calmer(2) | {"d_lr_ratio": min(100.0, max(2.0, record.config.d_lr_ratio))},
    )


def _rising(record: Record, numbers: dict[str, float], real: Tiles | None) -> bool:
    """Whether a young G is still on its way: what is too little now was even less before."""
    earlier = [step for step in record.sheets if step <= 0.7 * record.step]
    tiles = record.sheet(earlier[-1]) if earlier and earlier[-1] > 0 else None
    if tiles is None:
        return False
    before = _measured(tiles, real, record.labelled)
    return sum(numbers.values()) > RISING * sum(before.values())


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


def _collapsed(numbers: dict[str, float]) -> bool:
    limits = {"diversity_of_contrast": ALIKE_ALONE, "nearest_two": REPEATED}
    return any(value < limits.get(name, ALIKE) for name, value in numbers.items())
