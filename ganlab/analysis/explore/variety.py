"""A generator that has collapsed: whatever z or photo it is given, it makes the same picture."""

from __future__ import annotations

from weakref import WeakKeyDictionary

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from ganlab.models.pipeline import Pipeline

NUM = 16  # pictures of a class
PHOTOS, PATCHES, SIDE = 2, 6, 128  # what stands for photos: patches of random colours, this many a side; its size in pixels
LEAST = 0.2  # share of the pixels' spread that z accounts for: collapsed ones have 0.05, those that work 0.65 and more
_SEED = 20_202
_known: WeakKeyDictionary[Pipeline, float] = WeakKeyDictionary()


def variety(pipeline: Pipeline) -> float:
    """How much of the pixels' spread, as a root mean square, comes of z within a class, or of the photo in a direction.

    0 for one picture, about 0.8 for data and 0.9 for what translates. Costs NUM small pictures of each class, or PHOTOS
    translations each way.
    """
    if pipeline not in _known:
        pictures = _translated(pipeline) if pipeline.translates else _drawn(pipeline)
        overall = float(pictures.var())
        _known[pipeline] = (float(pictures.var(dim=1).mean()) / overall) ** 0.5 if overall > 0 else 0.0
    return _known[pipeline]


def _drawn(pipeline: Pipeline) -> Tensor:
    """(classes, NUM, C, S, S), the same z in every class."""
    classes = range(pipeline.spec.num_classes) if pipeline.conditional else [None]
    z = pipeline.latents(NUM, _SEED)
    return torch.stack([pipeline.generate(z, label).float() for label in classes])


def _translated(pipeline: Pipeline) -> Tensor:
    """(directions, PHOTOS, S, S, C), the same photos each way."""
    patches = np.random.default_rng(_SEED).integers(0, 256, (PHOTOS, PATCHES, PATCHES, 3), dtype=np.uint8)
    photos = [Image.fromarray(one).resize((SIDE, SIDE), Image.Resampling.BICUBIC) for one in patches]
    made = [
        [np.asarray(pipeline.translate(photo, way, size=SIDE, original_size=False).convert("RGB")) for photo in photos]
        for way in pipeline.routes
    ]
    return torch.from_numpy(np.array(made)).float()


def collapsed(pipeline: Pipeline) -> bool:
    """Whether the model hardly heeds what it is given."""
    return variety(pipeline) < LEAST
