"""The metrics by name: how each is computed, which network's features it needs, and what it is called on a screen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ganlab.metrics.features import Extractor
from ganlab.metrics.frechet import extrapolated, jackknife
from ganlab.metrics.kid import kernel_distance
from ganlab.metrics.labels import intra_class_distance
from ganlab.metrics.manifold import Manifold, manifold
from ganlab.metrics.statistics import Statistics
from ganlab.metrics.value import Estimate


class Comparison:
    """The statistics of fake and real under one extractor, and the work that several metrics share."""

    def __init__(self, fake: Statistics, real: Statistics, seed: int) -> None:
        self.fake, self.real, self.seed = fake, real, seed
        self._manifold: Manifold | None = None

    @property
    def manifold(self) -> Manifold:
        """Precision, recall, density and coverage, computed at most once."""
        if self._manifold is None:
            self._manifold = manifold(self.fake.rows, self.real.rows)
        return self._manifold


@dataclass(frozen=True)
class Kind:
    """A way to compare. `noun` follows the extractor's name in a title; `sampled`: it looks at 10,000 images at most."""

    noun: str
    compute: Callable[[Comparison], Estimate]
    higher_is_better: bool = False
    sampled: bool = False


KINDS: dict[str, Kind] = {
    "frechet": Kind("distance", lambda c: jackknife((c.fake.groups, c.real.groups))),
    "infinity": Kind("distance, N → ∞", lambda c: extrapolated(c.fake.groups, c.real.groups)),
    "kid": Kind("kernel distance", lambda c: kernel_distance(c.fake.rows, c.real.rows, seed=c.seed), sampled=True),
    "precision": Kind("precision", lambda c: c.manifold.precision, higher_is_better=True, sampled=True),
    "recall": Kind("recall", lambda c: c.manifold.recall, higher_is_better=True, sampled=True),
    "density": Kind("density", lambda c: c.manifold.density, higher_is_better=True, sampled=True),
    "coverage": Kind("coverage", lambda c: c.manifold.coverage, higher_is_better=True, sampled=True),
    "score": Kind("score", lambda c: c.fake.scores.estimate(), higher_is_better=True),
    "accuracy": Kind("label accuracy", lambda c: c.fake.classes.accuracy(), higher_is_better=True),
    "intra": Kind("distance within classes", lambda c: intra_class_distance(c.fake.classes, c.real.classes)),
}


@dataclass(frozen=True)
class Metric:
    """A kind of comparison in the features of a `space`: lenet (of the reference's data set), lenet-mnist, inception, ..."""

    name: str
    kind: Kind
    space: str

    def title(self, extractor: Extractor) -> str:
        """What the number is called: FID and its relatives only with the published Inception weights."""
        known = _TITLES.get((extractor.name, self.name.removesuffix("-clean").removesuffix("-tf")))
        return known or f"{extractor.name} {self.kind.noun}"


_INCEPTION = {
    "fid": ("frechet", "inception"),
    "fid-clean": ("frechet", "inception-clean"),
    "fid-tf": ("frechet", "inception-tf"),
    "fid-infinity": ("infinity", "inception"),
    "kid": ("kid", "inception"),
    "kid-clean": ("kid", "inception-clean"),
    "kid-tf": ("kid", "inception-tf"),
    "precision": ("precision", "inception"),
    "recall": ("recall", "inception"),
    "density": ("density", "inception"),
    "coverage": ("coverage", "inception"),
    "inception-score": ("score", "inception-tf"),
    "column-fid": ("frechet", "column"),
}
_TITLES = {
    ("inception", "fid"): "FID",
    ("inception", "fid-infinity"): "FID, N → ∞",
    ("inception", "kid"): "KID",
    ("inception", "inception-score"): "Inception Score",
    ("column", "column-fid"): "the column's FID",
}
METRICS: tuple[str, ...] = (*(f"{kind}-lenet" for kind in KINDS if kind != "score"), *_INCEPTION)


def metric(name: str) -> Metric:
    """The metric of this name; a data set after `-lenet` chooses whose classifier reads the images. ValueError for no metric."""
    kind, space = _INCEPTION.get(name, ("", ""))
    if not kind:
        kind, lenet, dataset = name.partition("-lenet")
        space = f"lenet{dataset}"
        if f"{kind}-lenet" not in METRICS or not lenet or (dataset and not dataset.startswith("-")):
            raise ValueError(f"metric = {name!r} is not one of {', '.join(METRICS)}.")
    return Metric(name, KINDS[kind], space)
