"""Is a picture a copy of a training image? Its nearest ones, beside how far real images lie from each other.

Near by pixels, and near in the features of a classifier where the data set has one: a digit moved by two pixels is far by
pixels and near in features. A distance alone says nothing; that between real images is the yardstick (Arora & Zhang 2017 and
Webster et al. 2019 look for copies this way).
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from ganlab.core.events import Loading
from ganlab.data import Dataset
from ganlab.metrics.features.classifier import ClassifierExtractor, has_classifier

PROBES = 400  # real images whose own nearest neighbours make the yardstick
_ROWS = 2048  # images read at a time: bounds memory
_SPARE = 8  # candidates beyond those wanted, whose distances are then taken without cancellation
_NEAR = 0.05  # share of real images that are so near to another that this is worth a look
_EQUAL = 1e-4  # distance below which two images are the same

Measure = Literal["pixels", "features"]
Likeness = Literal["copy", "near", "ordinary"]
Busy = Generator[Loading, None, "Neighbours"]


@dataclass(frozen=True)
class Match:
    """A training image: its index in the data set and how far it is."""

    index: int
    distance: float


@dataclass(frozen=True)
class Neighbours:
    """The nearest training images of a picture by one measure, the nearest first.

    Distances by pixels are root mean squares in shares of the range, 0 to 1; in features they are Euclidean. `yardstick`
    (PROBES,) holds the distances of training images to their own nearest other one, sorted.
    """

    measure: Measure
    matches: tuple[Match, ...]
    yardstick: tuple[float, ...]

    @property
    def typical(self) -> float:
        """The median of the yardstick."""
        return self.yardstick[len(self.yardstick) // 2]

    @property
    def nearer(self) -> float:
        """The share of real images that are nearer to another real one than the picture is to its nearest; 0 to 1."""
        return sum(distance < self.matches[0].distance for distance in self.yardstick) / len(self.yardstick)

    @property
    def likeness(self) -> Likeness:
        """Whether the picture is a copy of a training image, nearer to one than real images usually are, or neither."""
        if self.matches[0].distance < _EQUAL:
            return "copy"
        return "near" if self.nearer < _NEAR else "ordinary"


class Neighbourhood:
    """A data set that can be searched; keeps features and yardsticks. `flip`: mirrored images were trained on as well."""

    def __init__(self, dataset: Dataset, *, flip: bool = False) -> None:
        self.dataset, self._flip = dataset, flip
        self._yardsticks: dict[Measure, tuple[float, ...]] = {}
        self._features: Tensor | None = None
        self._extractor = ClassifierExtractor.load(dataset.name) if has_classifier(dataset.name) else None

    @property
    def measures(self) -> tuple[Measure, ...]:
        """The measures by which this data set can be searched."""
        return ("pixels", "features") if self._extractor else ("pixels",)

    def label(self, match: Match) -> str | None:
        """The name of a training image's class."""
        labels, names = self.dataset.labels, self.dataset.label_names
        return names[int(labels[match.index])] if labels is not None and names else None

    @torch.inference_mode()
    def nearest(self, picture: Tensor, measure: Measure = "pixels", count: int = 6) -> Busy:
        """The `count` nearest training images of uint8 (C, S, S); yields while it works. ValueError when the shape differs."""
        if picture.shape != self.dataset.images.shape[1:]:
            raise ValueError(
                f"The picture is {tuple(picture.shape)}, the training images are {tuple(self.dataset.images.shape[1:])}."
            )
        if measure == "features" and self._features is None:
            yield from self._read_features()
        if measure not in self._yardsticks:
            self._yardsticks[measure] = yield from self._yardstick(measure)
        views = torch.stack([picture, picture.flip(-1)] if self._flip else [picture])
        queries = _pixels(views) if measure == "pixels" else self._described(views)
        distances, indices = yield from self._search(queries, measure, count)
        best: dict[int, float] = {}
        for distance, index in zip(distances.flatten().tolist(), indices.flatten().tolist(), strict=True):
            best[index] = min(distance, best.get(index, distance))
        matches = sorted((Match(index, distance) for index, distance in best.items()), key=lambda match: match.distance)
        return Neighbours(measure, tuple(matches[:count]), self._yardsticks[measure])

    def _yardstick(self, measure: Measure) -> Generator[Loading, None, tuple[float, ...]]:
        probes = torch.randperm(len(self.dataset.images), generator=torch.Generator().manual_seed(0))[:PROBES]
        queries = self._rows(measure)(probes)
        distances, indices = yield from self._search(queries, measure, 2)
        itself = indices == probes.unsqueeze(1)
        others = distances.masked_fill(itself, torch.inf).min(dim=1).values
        return tuple(others[others.isfinite()].sort().values.tolist())

    def _search(self, queries: Tensor, measure: Measure, count: int) -> Generator[Loading, None, tuple[Tensor, Tensor]]:
        """queries (Q, D) -> distances and indices (Q, count), the nearest first."""
        total, rows = len(self.dataset.images), self._rows(measure)
        kept = min(count + _SPARE, total)
        best, where = torch.full((len(queries), 0), 0.0), torch.zeros((len(queries), 0), dtype=torch.long)
        for part in _parts(total):
            yield Loading("comparing", measure, int(part[0]), total)
            squares = torch.cdist(queries, rows(part), compute_mode="use_mm_for_euclid_dist")
            best, where = torch.cat([best, squares], 1), torch.cat([where, part.expand(len(queries), -1)], 1)
            best, order = best.topk(min(kept, best.shape[1]), largest=False)
            where = where.gather(1, order)
        candidates = rows(where.flatten()).unflatten(0, where.shape)
        exact = (candidates - queries.unsqueeze(1)).norm(dim=2)
        exact, order = exact.sort(dim=1)
        scale = queries.shape[1] ** 0.5 if measure == "pixels" else 1.0
        return exact[:, :count] / scale, where.gather(1, order)[:, :count]

    def _rows(self, measure: Measure) -> Callable[[Tensor], Tensor]:
        """indices (n,) -> (n, D): what is compared."""
        if measure == "pixels":
            return lambda indices: _pixels(self.dataset.images[indices])
        assert self._features is not None
        features = self._features
        return lambda indices: features[indices]

    def _read_features(self) -> Generator[Loading, None, None]:
        parts = []
        for part in _parts(len(self.dataset.images)):
            yield Loading("reading_features", done=int(part[0]), total=len(self.dataset.images))
            parts.append(self._described(self.dataset.images[part]))
        self._features = torch.cat(parts)

    def _described(self, images: Tensor) -> Tensor:
        assert self._extractor is not None
        return self._extractor(images).rows.float().cpu()


def _pixels(images: Tensor) -> Tensor:
    """uint8 (n, C, S, S) -> (n, C * S * S) in [-0.5, 0.5]."""
    return images.flatten(1).float().div_(255).sub_(0.5)


def _parts(total: int) -> Iterator[Tensor]:
    return iter(torch.arange(total).split(_ROWS))
