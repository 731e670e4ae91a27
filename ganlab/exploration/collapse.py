"""A generator that has collapsed: whatever z it is given, it draws the same picture."""

from __future__ import annotations

from weakref import WeakKeyDictionary

import torch

from ganlab.pipeline import Pipeline

SENTENCE = "Known bad: it draws nearly the same picture{each} whatever z is (collapsed, or hardly trained)."
NUM = 16  # pictures of a class
LEAST = 0.2  # share of the pixels' spread that z accounts for: collapsed ones have 0.05, those that work 0.65 and more
_SEED = 20_202
_known: WeakKeyDictionary[Pipeline, float] = WeakKeyDictionary()


def variety(pipeline: Pipeline) -> float:
    """How much of the pixels' spread, as a root mean square, comes of z within a class: 0 for one picture, about 0.8 for data.

    ValueError for a model that translates.
    """
    if pipeline not in _known:
        classes = range(pipeline.spec.num_classes) if pipeline.conditional else [None]
        z = pipeline.latents(NUM, _SEED)
        pictures = torch.stack([pipeline.generate(z, label).float() for label in classes])  # (classes, NUM, C, S, S)
        overall = float(pictures.var())
        _known[pipeline] = (float(pictures.var(dim=1).mean()) / overall) ** 0.5 if overall > 0 else 0.0
    return _known[pipeline]


def collapse(pipeline: Pipeline) -> str:
    """One sentence where the model draws from z and hardly heeds it; "" else."""
    if pipeline.translates or variety(pipeline) >= LEAST:
        return ""
    return SENTENCE.format(each=" of each class" if pipeline.conditional else "")
