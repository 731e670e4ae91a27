"""Computing the metrics from the statistics of fakes and real images under one extractor."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

from ganlab.metrics.distances.classes import intra_class_distance
from ganlab.metrics.distances.fid import Computing, extrapolated, jackknife
from ganlab.metrics.distances.kid import kernel_distance
from ganlab.metrics.distances.manifold import Manifold, manifold
from ganlab.metrics.set_statistics import Statistics
from ganlab.metrics.value import Estimate


class Comparison:
    """Two sets of statistics, and the work on them that several metrics share; `seed` draws random subsets.

    `real` may be None for metrics that do not compare.
    """

    def __init__(self, fake: Statistics, real: Statistics | None, seed: int) -> None:
        self.fake, self._real, self.seed = fake, real, seed

    @property
    def real(self) -> Statistics:
        """Those of the reference."""
        assert self._real is not None
        return self._real

    @cached_property
    def manifold(self) -> Manifold:
        """Precision, recall, density and coverage at once."""
        return manifold(self.fake.rows, self.real.rows)


COMPUTE: dict[str, Callable[[Comparison], Estimate | Computing]] = {
    "frechet": lambda c: jackknife((c.fake.groups, c.real.groups)),
    "infinity": lambda c: extrapolated(c.fake.groups, c.real.groups),
    "kid": lambda c: kernel_distance(c.fake.rows, c.real.rows, seed=c.seed),
    "precision": lambda c: c.manifold.precision,
    "recall": lambda c: c.manifold.recall,
    "density": lambda c: c.manifold.density,
    "coverage": lambda c: c.manifold.coverage,
    "score": lambda c: c.fake.scores.estimate(),
    "accuracy": lambda c: c.fake.classes.accuracy(),
    "intra": lambda c: intra_class_distance(c.fake.classes, c.real.classes),
}
