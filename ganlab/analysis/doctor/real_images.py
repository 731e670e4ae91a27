"""A sample of the images that a run was trained on, where they are on this machine; nothing is downloaded for it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

from ganlab.analysis.doctor.tiles import MOST, Tiles, between, rows_of
from ganlab.analysis.explore.training_images import absence
from ganlab.core.config import TrainConfig
from ganlab.core.progress import finish
from ganlab.data import load
from ganlab.training.families import FAMILIES

_BYTES = 2**24  # of decoded images that are read for a sample
_MOST = 4096  # images
_PROBES = 128


@dataclass(frozen=True)
class Real:
    """`tiles`: real images, with their labels as columns. `whole`: whether these are all the training images."""

    tiles: Tiles
    whole: bool

    @cached_property
    def some(self) -> Tiles:
        """As many as a sheet may hold, drawn at random."""
        index = np.random.default_rng(0).permutation(len(self.tiles.rows))[:MOST]
        return Tiles(self.tiles.rows[index], self.tiles.columns[index])

    @cached_property
    def typical(self) -> float:
        """The distance of a real image to its nearest other one: the median over a random sample."""
        index = np.random.default_rng(1).permutation(len(self.tiles.rows))[:_PROBES]
        distances = between(self.tiles.rows[index], self.tiles.rows)
        distances[np.arange(len(index)), index] = np.inf
        return float(np.median(distances.min(axis=1))) if len(self.tiles.rows) > 1 else 0.0


def real_sample(config: TrainConfig, channels: int) -> Real | None:
    """A sample of the data set of a run, with 1 or 3 `channels`; None where it is not on this machine."""
    return _sample(config.family, config.dataset, config.data_path, config.image_size, channels)


@lru_cache(maxsize=2)
def _sample(family: str, dataset: str, data_path: str, image_size: int, channels: int) -> Real | None:
    config = {"family": family, "dataset": dataset, "data_path": data_path, "image_size": image_size}
    limit = max(64, min(_MOST, _BYTES // (image_size**2 * channels)))
    try:
        if absence(config):
            return None
        conditioning = FAMILIES[family].conditioning
        loading = load(
            dataset, image_size=image_size, channels=channels, conditioning=conditioning, data_path=data_path, limit=limit
        )
        found = finish(loading)
    except (ValueError, OSError):  # deleted meanwhile or damaged: the doctor goes on without
        return None
    images = found.images.permute(0, 2, 3, 1).numpy()
    labels = np.zeros(len(images), np.int64) if found.labels is None else found.labels.numpy()
    return Real(Tiles(rows_of(images), labels), len(images) < limit)
