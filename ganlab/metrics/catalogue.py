"""The metrics by name, and what each is called on a screen; screens import this, so it imports no torch."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from ganlab.core import plugins

PHOTOS = "photos"  # the features of the encoder that is shipped for images of any kind
Part = Literal["groups", "sample", "scores", "classes"]  # of the statistics


@dataclass(frozen=True)
class Kind:
    """A way to compare fakes with real images.

    `noun` follows the extractor's name in a title, `help` what it measures. It looks at one part of the `statistics`: what no
    metric looks at is not gathered, and real images are not even read where no metric `compares` fakes with them.
    On each side that it looks at it needs at least `fewest` images, and `for_each` times as many as there are features.
    `compute` of a package's metric takes a Comparison and returns an Estimate; ganlab.metrics.compute has ours, and both types.
    """

    noun: str
    help: str
    higher_is_better: bool = False
    statistics: Part = "groups"
    compares: bool = True
    fewest: int = 1
    for_each: float = 0.0
    compute: Callable[[Any], Any] | None = None

    def needed(self, dims: int) -> int:
        """How many images it needs on each side, in features of this size."""
        return max(self.fewest, math.ceil(self.for_each * dims))

    @property
    def sampled(self) -> bool:
        """Whether it looks at 10,000 images at most."""
        return self.statistics == "sample"


_OURS: dict[str, Kind] = {
    "frechet": Kind(
        "distance", "How far the fakes are from real images, both taken as Gaussians; larger with fewer images.", fewest=3
    ),
    "infinity": Kind(
        "distance, N → ∞",
        "The same for endless images on both sides: 0 is perfect, and may be undershot.",
        fewest=3,
        for_each=1.5,
    ),
    "kid": Kind(
        "kernel distance",
        "How far the fakes are from real images; few images do not make it larger. 0 is perfect.",
        statistics="sample",
        fewest=20,
    ),
    "precision": Kind("precision", "The share of fakes that could be real.", True, "sample", fewest=6),
    "recall": Kind("recall", "The share of real images that could be fakes.", True, "sample", fewest=6),
    "density": Kind("density", "How crowded by real images the fakes' places are; real ones read 1.", True, "sample", fewest=6),
    "coverage": Kind("coverage", "The share of real images with a fake nearby.", True, "sample", fewest=6),
    "score": Kind(
        "score",
        "How confidently a classifier names the fakes and how many classes they cover; uses no real images.",
        True,
        "scores",
        False,
        fewest=20,
    ),
    "accuracy": Kind("label accuracy", "How often a classifier reads the label that was asked for.", True, "classes", False),
    "intra": Kind(
        "distance within classes", "The distance within each class, averaged; needs labels.", statistics="classes", fewest=3
    ),
}


def _admit(kind: Kind) -> None:
    """Raise ValueError where a package's metric cannot be computed."""
    if not callable(kind.compute):
        raise ValueError("it has no compute")


KINDS = plugins.Registry(plugins.METRICS, Kind)
KINDS.update(_OURS)
KINDS.open(_admit)


@dataclass(frozen=True)
class Metric:
    """A kind of comparison in the features of a `space`: lenet (of the reference's data set), lenet-mnist, photos, inception."""

    name: str
    kind: str
    space: str

    def title(self, extractor: str) -> str:
        """What the number is called: FID and its relatives only with the published Inception weights."""
        known = _TITLES.get((extractor, self.name.removesuffix("-clean").removesuffix("-tf")))
        return known or f"{extractor} {KINDS[self.kind].noun}"


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


class _Names(Sequence[str]):
    """The names of all metrics, those of installed packages among them once they are asked for."""

    def _all(self) -> tuple[str, ...]:
        return (*(f"{kind}-lenet" for kind in KINDS if kind != "score"), *_general(), *_INCEPTION)

    def __getitem__(self, index: Any) -> Any:
        return self._all()[index]

    def __len__(self) -> int:
        return len(self._all())

    def __repr__(self) -> str:
        return repr(self._all())


def _general() -> dict[str, tuple[str, str]]:
    return {f"{kind}-{PHOTOS}": (kind, PHOTOS) for kind in KINDS if kind not in ("score", "accuracy")}


METRICS: Sequence[str] = _Names()
CHEAP = ("frechet-lenet", "kid-lenet")  # where the data set has a classifier
GENERAL = ("frechet-photos", "kid-photos")  # for any images


def kind_of(title: str) -> str:
    """The kind of the metric that is called so, by whatever extractor: "frechet" of "FID" and "lenet-mnist distance"; else ""."""
    for (_, name), known in _TITLES.items():
        if known == title:
            return _INCEPTION[name][0]
    fitting = [kind for kind, one in KINDS.items() if title.endswith(f" {one.noun}")]
    return max(fitting, key=lambda kind: len(KINDS[kind].noun), default="")


def metric(name: str) -> Metric:
    """The metric of this name; a data set after `-lenet` chooses whose classifier reads the images. ValueError for no metric."""
    kind, space = (_INCEPTION | _general()).get(name, ("", ""))
    if not kind:
        kind, lenet, dataset = name.partition("-lenet")
        space = f"lenet{dataset}"
        if f"{kind}-lenet" not in METRICS or not lenet or (dataset and not dataset.startswith("-")):
            raise ValueError(plugins.unknown("metric", name, plugins.METRICS, METRICS))
    return Metric(name, kind, space)
