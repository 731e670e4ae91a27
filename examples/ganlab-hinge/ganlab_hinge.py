"""One family, one data set, one metric and one recipe; pyproject.toml beside this file tells GANLab their names."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch

from ganlab.core.events import Loading
from ganlab.core.types import Conditioning
from ganlab.data import Availability, DataSource, Loader, Wanted
from ganlab.data.dataset import Dataset
from ganlab.metrics.catalogue import Kind
from ganlab.metrics.compute import Comparison
from ganlab.metrics.value import Estimate
from ganlab.training.families.dcgan import DCGAN
from ganlab.training.objectives import HINGE
from ganlab.training.recipes import Recipe

# A family is a value: DCGAN's networks and training step with another objective.
HINGE_GAN = replace(
    DCGAN,
    name="hinge",
    title="Hinge GAN",
    paper="Lim & Ye, Geometric GAN",
    objective=HINGE,
    config=DCGAN.config.replace(family="hinge", betas=(0.0, 0.9)),
)


def _draw(wanted: Wanted) -> Loader:
    """Rings of random radius, the same each time; while a slow set loads, it yields its progress."""
    count = wanted.limit or 1_000
    yield Loading("reading_images", "rings", 0, count)
    random = np.random.default_rng(0 if wanted.split == "train" else 1)
    radius = random.uniform(0.3, 0.9, (count, 1, 1, 1))
    axis = np.linspace(-1, 1, wanted.image_size)
    away = np.hypot(axis, axis[:, None])  # (S, S), the distance from the centre
    light = np.clip(1 - 8 * np.abs(away - radius), 0, 1) * 255  # (N, 1, S, S)
    images = torch.from_numpy(light.astype(np.uint8)).repeat(1, wanted.channels or 1, 1, 1)
    return Dataset("rings", images)


RINGS = DataSource(
    name="rings",
    title="Rings",
    note="rings of random radius, drawn on this machine",
    channels=1,
    image_size=28,
    num_images=1_000,
    num_classes=0,
    conditionings=frozenset({Conditioning.NONE}),
    loader=_draw,
    available=lambda: Availability("ready"),
    noun="rings",
)


def _variety(compared: Comparison) -> Estimate:
    """The variance of the fakes' features as a share of the real ones'; the error is that of ten parts."""
    fake, real = compared.fake.rows, compared.real.rows  # (N, d) and (M, d)
    parts = torch.stack([part.var(0).sum() for part in fake.chunk(10)]) / real.var(0).sum()
    return Estimate(float(fake.var(0).sum() / real.var(0).sum()), float(parts.std() / len(parts) ** 0.5))


VARIETY = Kind(
    "variety",
    "How much the fakes differ from each other; real images read 1, a generator that always draws the same reads 0.",
    higher_is_better=True,
    statistics="sample",
    fewest=20,
    compute=_variety,
)

RINGS_QUICK = Recipe(
    name="rings-quick",
    title="Rings by a hinge GAN",
    group="Example",
    source="the example package ganlab-hinge",
    config=HINGE_GAN.config.replace(
        dataset="rings", image_size=16, width=16, z_dim=8, lr=1e-3, steps=400, ema_decay=0.99, sample_every=50
    ),
)
