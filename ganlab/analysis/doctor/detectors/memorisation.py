"""Memorisation: G draws copies of training images. And data that is one picture many times over.

Nearest neighbours beside how far real images lie from each other: Webster et al. 2019 (Detecting Overfitting of Deep Generative
Networks via Latent Recovery), Meehan et al. 2020 (A Non-Parametric Test to Detect Data-Copying), Feng et al. 2021 (When do GANs
replicate? On the choice of dataset size: it needs few images).
"""

from __future__ import annotations

import numpy as np

from ganlab.analysis.doctor.finding import Evidence, Finding
from ganlab.analysis.doctor.record import Record
from ganlab.analysis.doctor.tiles import between

NEAR = 0.7  # of how far a real image is from the real one most like it
MOST = 0.6  # of the pictures
SAME = 0.01  # real images nearer than this are one image


def memorisation(record: Record) -> Finding | None:
    """Most pictures of the newest sheet are much nearer to a training image than training images are to each other.

    Only where every training image is in the sample: a picture whose original was left out would pass.
    """
    newest, real = record.newest_sheet, record.real
    if newest is None or real is None or not real.whole or real.typical < SAME:
        return None
    step, tiles = newest
    if tiles.rows.shape[1] != real.tiles.rows.shape[1]:
        return None
    nearest = between(tiles.rows, real.tiles.rows).min(axis=1)
    share = float((nearest < NEAR * real.typical).mean())
    if share < MOST:
        return None
    numbers = {"copies": share, "nearest_real": float(np.median(nearest)) / real.typical}
    return Finding(
        kind="memorisation",
        severity="warning",
        step_from=step,
        step_to=step,
        evidence=Evidence((), numbers | {"training_images": float(len(real.tiles.rows))}, (step,)),
        fix={} if record.config.flip else {"flip": True},
    )


def repeated_data(record: Record) -> Finding | None:
    """The training images are all the same picture."""
    real = record.real
    if real is None or len(real.tiles.rows) < 2 or real.some.diversity >= SAME:
        return None
    numbers = {"real_diversity": real.some.diversity, "examined": float(len(real.tiles.rows))}
    return Finding(
        kind="repeated-data",
        severity="failure",
        step_from=0,
        step_to=record.step,
        evidence=Evidence((), numbers, record.sheets[-1:]),
    )
