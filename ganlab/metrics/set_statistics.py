"""Everything that the metrics need of one stream of images under one extractor: one pass, bounded memory."""

from __future__ import annotations

from collections.abc import Collection
from typing import Self, get_args

import torch
from torch import Tensor

from ganlab.metrics.catalogue import Part
from ganlab.metrics.distances.classes import Classes
from ganlab.metrics.distances.inception_score import Scores
from ganlab.metrics.features.extractor import Features
from ganlab.metrics.statistics.groups import Groups
from ganlab.metrics.statistics.tensor_tree import State, inside, under

SAMPLE = 10_000  # rows kept for the metrics that hold image against image
_ALL: tuple[Part, ...] = get_args(Part)
_CLASS_DIMS = 512  # beyond, Gaussians for every class take too much memory


class Sample:
    """At most `size` rows (n, d), each row of the stream as likely as any other; `seed` decides which, not how they came."""

    def __init__(self, dims: int, seed: int, size: int = SAMPLE) -> None:
        self.size = size
        self._generator = torch.Generator().manual_seed(seed)
        self._rows = torch.empty(size + size // 5, dims)  # memory is taken as it fills; pieces would leave holes in it
        self._keys = torch.empty(len(self._rows), dtype=torch.float64)
        self._held, self._limit = 0, 1.0

    def add(self, rows: Tensor) -> None:
        """Offer rows (n, d): those with the smallest random keys stay."""
        keys = torch.rand(len(rows), generator=self._generator, dtype=torch.float64)
        chosen = (keys < self._limit).nonzero()[:, 0]
        for some in chosen.split(self.size // 5 or 1):
            if self._held + len(some) > len(self._rows):
                self._prune()
            place = slice(self._held, self._held + len(some))
            self._rows[place], self._keys[place] = rows[some.to(rows.device)].detach().cpu(), keys[some]
            self._held += len(some)

    @property
    def rows(self) -> Tensor:
        """What was kept, in the order of the stream."""
        self._prune()
        return self._rows[: self._held]

    def _prune(self) -> None:
        """Keep the best, moved up in place."""
        if self._held <= self.size:
            return
        best = self._keys[: self._held].topk(self.size, largest=False).indices.sort().values
        for place in torch.arange(self.size).split(500):  # no row is taken from above its new place
            self._rows[place], self._keys[place] = self._rows[best[place]], self._keys[best[place]]
        self._held, self._limit = self.size, float(self._keys[: self.size].max())


class Statistics:
    """`count` images as Gaussians, as a sample of rows, as an Inception Score, and by class where labels are known."""

    def __init__(self, groups: Groups, sample: Tensor | Sample, scores: Scores, classes: Classes) -> None:
        self.groups, self._sample, self.scores, self.classes = groups, sample, scores, classes
        self.count = groups.count  # images
        self._device = "cpu"
        self._parts: Collection[Part] = _ALL

    @classmethod
    def empty(cls, dims: int, num_classes: int, seed: int, device: str = "cpu", parts: Collection[Part] = _ALL) -> Self:
        """For features and logits of these sizes; on an NVIDIA GPU the Gaussians are kept there.

        Only these `parts` will be gathered; the others take neither time nor memory, and stay empty.
        """
        where = device if device.startswith("cuda") else "cpu"  # other accelerators have no float64
        made = cls(Groups.empty(dims, where), Sample(dims, seed), Scores(num_classes), Classes())
        made._device, made._parts = where, parts
        return made

    @property
    def rows(self) -> Tensor:
        """The sample of features (n, d)."""
        return self._sample if isinstance(self._sample, Tensor) else self._sample.rows

    def add(self, features: Features, labels: Tensor | None) -> None:
        """Add a batch."""
        assert isinstance(self._sample, Sample), "what was kept on disk is complete"
        features = Features(*(part.to(self._device) for part in features))
        self.count += len(features.rows)
        if "groups" in self._parts:
            self.groups.add(features.rows)
        if "sample" in self._parts:
            self._sample.add(features.rows)
        if "scores" in self._parts:
            self.scores.add(features.logits)
        if "classes" in self._parts and labels is not None and features.rows.shape[1] <= _CLASS_DIMS:
            self.classes.add(features, labels)

    def state(self) -> dict[str, Tensor]:
        """Everything, as tensors."""
        groups, scores = under("groups", self.groups.state()), under("scores", self.scores.state())
        return {"rows": self.rows, **groups, **scores, **under("classes", self.classes.state())}

    @classmethod
    def from_state(cls, state: State) -> Self:
        """The inverse of `state`; nothing more can be added."""
        groups, scores = Groups.from_state(inside("groups", state)), Scores.from_state(inside("scores", state))
        return cls(groups, state["rows"], scores, Classes.from_state(inside("classes", state)))
