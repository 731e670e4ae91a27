"""Memorisation: G draws copies of training images. And too few images: D knows each of them; or one picture many times over.

Nearest neighbours beside how far real images lie from each other: Webster et al. 2019 (Detecting Overfitting of Deep Generative
Networks via Latent Recovery), Meehan et al. 2020 (A Non-Parametric Test to Detect Data-Copying), Feng et al. 2021 (When do GANs
replicate? On the choice of dataset size: it needs few images). By distance alone whatever is grey and without structure lies
near to everything, so that a copy must also show what its original shows. Karras et al. 2020 (Training Generative Adversarial
Networks with Limited Data): with few images D learns them by heart, its scores drift apart and G learns no more from it.
"""

from __future__ import annotations

import numpy as np

from ganlab.analysis.doctor.detectors.overfitting import refuted
from ganlab.analysis.doctor.finding import Evidence, Finding
from ganlab.analysis.doctor.real_images import Real
from ganlab.analysis.doctor.record import Record
from ganlab.analysis.doctor.tiles import Tiles, between

NEAR = 0.7  # of how far a real image is from the real one most like it
SHOWS = 0.7  # correlation, pixel by pixel, of a copy with its original
STRONG = 0.5  # of the contrast of its original
MOST, STILL = 0.6, 0.4  # of the pictures; the same, where it was so many on a sheet shortly before
SHEETS = 4  # that count as shortly before, with the newest
FEW = 500  # training images
PASSES = 50  # over them
APART = 0.7  # separation of the scores: so sure of images that it has seen so often, D tells by heart
STILL_APART = 0.5  # the same, where it was above that before
SAME = 0.01  # real images nearer than this are one image


def memorisation(record: Record) -> Finding | None:
    """Most pictures of the newest sheet are much nearer to a training image than training images are to each other.

    Only where every training image is in the sample: a picture whose original was left out would pass.
    """
    looks, real = record.newest_sheets(SHEETS), record.real
    if not looks or real is None or not real.whole or real.typical < SAME:
        return None
    step, tiles = looks[-1]
    if tiles.rows.shape[1] != real.tiles.rows.shape[1]:
        return None
    share, nearest = _copies(tiles, real)
    if share < STILL or (share < MOST and all(_copies(one, real)[0] < MOST for _, one in looks[:-1])):
        return None
    numbers = {"copies": share, "nearest_real": nearest / real.typical}
    return Finding(
        kind="memorisation",
        severity="warning",
        step_from=step,
        step_to=step,
        evidence=Evidence((), numbers | {"training_images": float(len(real.tiles.rows))}, (step,)),
        fix={} if record.config.flip else {"flip": True},
    )


def _copies(tiles: Tiles, real: Real) -> tuple[float, float]:
    """The share of copies, and the median distance to the nearest training image."""
    distances = between(tiles.rows, real.tiles.rows)
    nearest = distances.min(axis=1)
    copies = (nearest < NEAR * real.typical) & shows(tiles.rows, real.tiles.rows[distances.argmin(axis=1)])
    return float(copies.mean()), float(np.median(nearest))


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


def few_images(record: Record) -> Finding | None:
    """There are few training images, D has seen each of them many times, and its scores of real and fake lie far apart.

    Not where held-out images score as well: then D knows what they have in common.
    """
    apart = record.late(record.separation)
    if not 1 < record.num_images <= FEW or record.between_images or not len(apart):
        return None
    passes, separation = record.images_seen / record.num_images, float(np.median(apart))
    curve = record.separation
    before = curve.values[(curve.steps > record.step / 2) & (curve.steps <= record.since)]
    was = len(before) > 0 and np.median(before) >= APART
    if refuted(record):  # D is far ahead, but not by heart
        return None
    if passes < PASSES or separation < (STILL_APART if was else APART):
        return None
    numbers = {"training_images": float(record.num_images), "passes": passes, "separation": separation}
    return Finding(
        kind="few-images",
        severity="warning",
        step_from=record.began(record.separation, lambda values: values > APART - 0.05),
        step_to=record.step,
        evidence=Evidence(("score/real", "score/fake"), numbers, record.sheets[-1:]),
        fix=({} if record.config.flip else {"flip": True}) | ({} if record.config.augment != "none" else {"augment": "diff"}),
    )


def shows(rows: np.ndarray, originals: np.ndarray) -> np.ndarray:
    """(N, P), (N, P) -> (N,) whether each picture is bright and dark where its original is, and as strongly."""
    a, b = (some - some.mean(axis=1, keepdims=True) for some in (rows, originals))
    strength, original = np.sqrt((a**2).mean(axis=1)), np.sqrt((b**2).mean(axis=1))
    correlation = (a * b).mean(axis=1) / np.maximum(strength * original, 1e-9)
    found: np.ndarray = (correlation >= SHOWS) & (strength >= STRONG * original)
    return found
