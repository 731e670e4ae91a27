"""Labels that G ignores: whichever label it is given, it draws from the same images.

This happens when the labels say nothing about the images (shuffled, or one for all): D gains nothing from them either, and a
projection or one-hot input is unlearned (Mirza & Osindero 2014; Miyato & Koyama 2018). The test is a permutation test on the
columns of a sheet, each of which was drawn for one label (Fisher 1935; the distances are those of PERMANOVA, Anderson 2001).
"""

from __future__ import annotations

import numpy as np

from ganlab.analysis.doctor.finding import Evidence, Finding
from ganlab.analysis.doctor.record import Record
from ganlab.analysis.doctor.tiles import Tiles

SHUFFLES = 400
CHANCE = 0.02  # columns that differ less than in so many of the shuffled sheets are no different
LEAST = 30  # pictures
REAL_SHUFFLES, PER_LABEL = 50, 20  # of the training images, of which there must be so many of each label, on average
SOME = 512  # training images, and pixels of each, that are looked at
VARIES = 1e-4  # variance of a pixel, of the range 0..1
EPOCHS, ENOUGH = 2, 64_000  # passes through the data, or images: labels are among the last things that G learns


def labels_ignored(record: Record) -> Finding | None:
    """Pictures of one label are no more alike than pictures of different ones: the real ones, or those of the newest sheet."""
    if not record.labelled:
        return None
    if record.real is not None and (chance := meaningless(record.real.tiles)) is not None:
        return _of_data(record, chance)
    newest = record.newest_sheet
    if newest is None:
        return None
    step, tiles = newest
    if len(tiles.rows) < LEAST or not _comparable(tiles) or record.step < 2 * LEAST or tiles.diversity < 0.02:
        return None
    if record.images_seen < (min(EPOCHS * record.num_images, ENOUGH) if record.real is None else ENOUGH):
        return None
    chance = by_chance(tiles)
    if chance < CHANCE or _sorted_before(record):
        return None
    ratio = tiles.within / max(tiles.diversity, 1e-6)
    return Finding(
        kind="labels-ignored",
        severity="warning",
        step_from=record.sheets[0] if record.sheets else 0,
        step_to=step,
        evidence=Evidence((), {"within_label": ratio, "chance": chance}, (step,)),
    )


def _of_data(record: Record, chance: float) -> Finding:
    return Finding(
        kind="labels-ignored",
        severity="failure",
        step_from=0,
        step_to=record.step,
        evidence=Evidence((), {"chance": chance}, record.sheets[-1:]),
    )


def meaningless(real: Tiles) -> float | None:
    """The share of shuffled labels that explain as much of the real images as their own; None where their own explain more, or
    there are too few images."""
    random, labels = np.random.default_rng(0), len(np.unique(real.columns))
    if labels < 2 or len(real.rows) < max(LEAST, PER_LABEL * labels):
        return None
    images = random.permutation(len(real.rows))[: max(SOME, PER_LABEL * labels)]
    pixels = random.permutation(real.rows.shape[1])[:SOME]
    some = Tiles(real.rows[np.ix_(images, pixels)], real.columns[images])
    own = float(some.explained(least=VARIES).sum())
    shuffled = [float(some.explained(random.permutation(some.columns), VARIES).sum()) for _ in range(REAL_SHUFFLES)]
    chance = float(np.mean(np.array(shuffled) >= own))
    return chance if own > 0 and chance >= CHANCE else None


def _comparable(tiles: Tiles) -> bool:
    """Whether there are several labels, and enough pictures of each to say how alike those are."""
    return 2 <= len(np.unique(tiles.columns)) <= len(tiles.columns) // 2


def _sorted_before(record: Record) -> bool:
    """Whether an earlier sheet, from the last third, obeyed the labels: then this one is only unlucky."""
    for step in [step for step in record.sheets[:-1] if step > 0.7 * record.step][-2:]:
        tiles = record.sheet(step)
        if tiles is not None and by_chance(tiles) < CHANCE:
            return True
    return False


def by_chance(tiles: Tiles) -> float:
    """The share of shuffled sheets whose columns are as much alike within as those of this one; 0..1."""
    random, columns = np.random.default_rng(0), tiles.columns
    apart = ~np.eye(len(columns), dtype=bool)

    def within(order: np.ndarray) -> float:
        same = (order[:, None] == order[None]) & apart
        return float(tiles.distances[same].mean()) if same.any() else np.inf

    own = within(columns)
    return sum(within(random.permutation(columns)) <= own for _ in range(SHUFFLES)) / SHUFFLES
