"""Made-up records for the doctor's detectors: curves over STEPS and sheets of smooth random pictures."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ganlab.analysis.doctor.detectors import DETECTORS
from ganlab.analysis.doctor.real_images import Real
from ganlab.analysis.doctor.record import Record
from ganlab.analysis.doctor.tiles import Tiles
from ganlab.runtime.store import Series
from ganlab.training.families import FAMILIES

STEPS = np.arange(10, 2010, 10)
CHANCE = np.random.default_rng(0)
NOISE = CHANCE.normal(size=len(STEPS))


def record(family: str = "dcgan", pictures: dict[int, Tiles] | None = None, real: Real | None = None, **more: Any) -> Record:
    """A record with the given curves (arrays over STEPS, names with _ for /) and sheets."""
    config = {name: more.pop(name) for name in list(more) if name in {setting.name for setting in FAMILIES[family].settings()}}
    facts = {name: more.pop(name) for name in ("notes", "labelled", "num_images", "changes") if name in more}
    series = {name.replace("__", "/"): Series(STEPS, np.broadcast_to(values, STEPS.shape)) for name, values in more.items()}
    sheets, base = pictures or {}, FAMILIES[family]
    return Record(
        config=base.config.replace(**config),
        objective=base.objective,
        defaults=base.config,
        series=series,
        sheets=tuple(sheets),
        read_sheet=sheets.get,
        read_real=lambda: real,
        **facts,
    )


def balanced(apart: float, cost: float, wobble: float = 0.02) -> dict[str, np.ndarray]:
    """Curves of a non-saturating pair whose scores are so far apart and whose D pays so much of what guessing costs."""
    return {
        "score__real": 0.5 + apart / 2 + wobble * NOISE,
        "score__fake": 0.5 - apart / 2 - wobble * NOISE,
        "loss__D__adversarial": cost * 2 * math.log(2) * (1 + wobble * NOISE),
        "loss__G__adversarial": 1.5 + wobble * NOISE,
    }


def tiles(count: int = 40, spread: float = 1.0, columns: int = 10, seed: int = 0, by_column: float = 0.0) -> Tiles:
    """Smooth random pictures; `spread` scales how they differ, `by_column` how much they share within a column."""
    chance = np.random.default_rng(seed)
    common, own = chance.random(64), chance.random((count, 64))
    of_column = chance.random((columns, 64))
    where = np.arange(count) % columns
    rows = (1 - spread) * common + spread * ((1 - by_column) * own + by_column * of_column[where])
    return Tiles(rows.astype(np.float32), where)


def kinds(one: Record) -> set[str]:
    return {kind for kind, detect in DETECTORS.items() if detect(one) is not None}
