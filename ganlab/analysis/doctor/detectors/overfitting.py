"""D learns the training images by heart: real images that it does not learn from it takes for fakes.

Karras et al. 2020 (Training Generative Adversarial Networks with Limited Data, section 3.1): where D's outputs for held-out real
images lie between those for training images (0) and for fakes (1). Their r_v; it needs no scale of outputs.
"""

from __future__ import annotations

import numpy as np

from ganlab.analysis.doctor.finding import Evidence, Finding
from ganlab.analysis.doctor.record import LEAST_STEPS, NOTHING, Record
from ganlab.core.config import Value
from ganlab.runtime.store import Series

TRAINED, HELD_OUT, FAKE = "known/trained", "known/held_out", "score/fake"
LEAST = 5  # points of the late part
BY_HEART, STILL = 0.5, 0.35  # of the way from training images to fakes; the same, where it was above that before
ALIKE = 0.2  # below, held-out images score like training images
APART = 0.2  # of the range of scores between training images and fakes: below, the share of it is chance


def refuted(record: Record) -> bool:
    """Whether held-out images are on record, and score like those that D learns from: it knows nothing by heart."""
    late = _late(record)
    return len(late) >= LEAST and float(np.median(late)) < ALIKE


def overfitting(record: Record) -> Finding | None:
    """Held-out real images score more like fakes than like training images, all through the late part."""
    shares, late = _shares(record), _late(record)
    if record.step < LEAST_STEPS or len(late) < LEAST:
        return None
    share = float(np.median(late))
    before = shares.values[(shares.steps > record.step / 2) & (shares.steps <= record.since)]
    was = len(before) >= LEAST and np.median(before) >= BY_HEART
    if share < (STILL if was else BY_HEART) or np.mean(late > 0) < 0.9:
        return None
    config = record.config
    fix: dict[str, Value] = {} if config.augment != "none" else {"augment": "diff"}
    means = {name: float(np.median(record.curve(name).values[record.curve(name).steps > record.since])) for name in _NUMBERS}
    return Finding(
        kind="overfitting",
        severity="warning",
        step_from=record.began(shares, lambda values: values > BY_HEART - 0.1),
        step_to=record.step,
        evidence=Evidence(
            (TRAINED, HELD_OUT, FAKE),
            {"like_fakes": share} | {_NUMBERS[name]: mean for name, mean in means.items()},
            record.sheets[-1:],
        ),
        fix=fix,
    )


_NUMBERS = {TRAINED: "score_trained", HELD_OUT: "score_held_out"}


def _late(record: Record) -> np.ndarray:
    shares = _shares(record)
    return shares.values[shares.steps > record.since]


def _shares(record: Record) -> Series:
    """Where held-out images lie between training images (0) and fakes (1), at the steps where these are far enough apart."""
    below, above = record.apart(TRAINED, HELD_OUT), record.apart(TRAINED, FAKE)
    if not len(below.steps):
        return NOTHING
    room = above.values[np.isin(above.steps, below.steps)]
    certain = record.objective.certain
    least = APART * (certain[0] - certain[1]) if certain else np.finfo(float).tiny
    clear = room > least
    return Series(below.steps[clear], below.values[clear] / room[clear])
