"""Oscillation: G and D chase each other in circles and neither gets anywhere.

Gradient descent on a game turns around its equilibrium instead of reaching it (Mescheder et al. 2017, The Numerics of GANs; 2018,
the Dirac-GAN); momentum makes it worse (Gidel et al. 2019, Negative Momentum for Improved Game Dynamics).
"""

from __future__ import annotations

import numpy as np

from ganlab.analysis.doctor.finding import Evidence, Finding
from ganlab.analysis.doctor.record import Record
from ganlab.core.config import Value

GRID = 256  # points that the curve is resampled to
REGULAR = 0.55  # correlation of the curve with itself one turn later
SWING = 0.18  # standard deviation of the separation: how far the scores swing
TURNS = 2.5  # at least, in the part that is looked at


def oscillation(record: Record) -> Finding | None:
    """The scores swing widely and regularly over the second half of the run."""
    curve = record.separation
    half = curve.steps > record.step / 2
    steps, values = curve.steps[half], curve.values[half]
    if record.step < 200 or len(values) < 40:
        return None
    even = np.interp(np.linspace(steps[0], steps[-1], GRID), steps, values)
    even = even - _trend(even)
    swing = float(even.std())
    if swing < SWING:
        return None
    lag, strength = turn(even)
    if strength < REGULAR or lag == 0 or GRID / lag < TURNS:
        return None
    period = lag * (steps[-1] - steps[0]) / GRID
    numbers = {"swing": swing, "period": float(period), "regularity": strength}
    return Finding(
        kind="oscillation",
        severity="warning",
        step_from=int(steps[0]),
        step_to=record.step,
        evidence=Evidence(("score/real", "score/fake"), numbers, record.sheets[-1:]),
        fix=_damped(record),
    )


def turn(even: np.ndarray) -> tuple[int, float]:
    """(lag, correlation) of the first regular return of an even curve of mean zero; (0, 0.0) where it never comes back."""
    whole = np.correlate(even, even, "full")[len(even) - 1 :]
    if whole[0] <= 0:
        return 0, 0.0
    pairs = np.arange(len(even), 0, -1) / len(even)
    correlation = whole / whole[0] / pairs
    below = np.flatnonzero(correlation < -0.1)
    if not len(below):
        return 0, 0.0
    rest = correlation[below[0] : len(even) // 2]
    if not len(rest):
        return 0, 0.0
    peak = int(rest.argmax())
    return below[0] + peak, float(rest[peak])


def _trend(even: np.ndarray) -> np.ndarray:
    x = np.linspace(-1, 1, len(even))
    fitted: np.ndarray = np.polynomial.polynomial.polyval(x, np.polynomial.polynomial.polyfit(x, even, 2))
    return fitted


def _damped(record: Record) -> dict[str, Value]:
    return record.calmer(4) | {"lr_decay": max(0.5, record.config.lr_decay)}
