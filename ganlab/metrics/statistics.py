"""Everything that the metrics need of one stream of images under one extractor: one pass, bounded memory."""

from __future__ import annotations

from typing import Self

import torch
from torch import Tensor

from ganlab.metrics.features import Features
from ganlab.metrics.gaussian import Groups
from ganlab.metrics.inception_score import Scores
from ganlab.metrics.labels import Classes
from ganlab.metrics.state import State, inside, under

SAMPLE = 10_000  # rows kept for the metrics that hold image against image
_CLASS_DIMS = 512  # beyond, Gaussians for every class take too much memory


class Sample:
    """At most `size` rows (n, d), each row of the stream as likely as any other; `seed` decides which, not how they came."""

    def __init__(self, dims: int, seed: int, size: int = SAMPLE) -> None:
        self.size = size
        self._generator = torch.Generator().manual_seed(seed)
        self._rows, self._keys = [torch.empty(0, dims)], [torch.empty(0, dtype=torch.float64)]
        self._held, self._limit = 0, 1.0

    def add(self, rows: Tensor) -> None:
        """Offer rows (n, d): those with the smallest random keys stay."""
        keys = torch.rand(len(rows), generator=self._generator, dtype=torch.float64)
        chosen = (keys < self._limit).nonzero()[:, 0]
        if len(chosen):
            self._rows.append(rows.detach().float().cpu()[chosen])
            self._keys.append(keys[chosen])
            self._held += len(chosen)
        if self._held > 1.2 * self.size:
            self._prune()

    @property
    def rows(self) -> Tensor:
        """What was kept, in the order of the stream."""
        self._prune()
        return self._rows[0]

    def _prune(self) -> None:
        rows, keys = torch.cat(self._rows), torch.cat(self._keys)
        if len(keys) > self.size:
            best = keys.topk(self.size, largest=False).indices.sort().values
            rows, keys = rows[best], keys[best]
            self._limit = float(keys.max())
        self._rows, self._keys, self._held = [rows], [keys], len(rows)


class Statistics:
    """`count` images as Gaussians, as a sample of rows, as an Inception Score, and by class where labels are known."""

    def __init__(self, groups: Groups, sample: Tensor | Sample, scores: Scores, classes: Classes) -> None:
        self.groups, self._sample, self.scores, self.classes = groups, sample, scores, classes
        self._device = "cpu"

    @classmethod
    def empty(cls, dims: int, num_classes: int, seed: int, device: str = "cpu") -> Self:
        """For features and logits of these sizes; on an NVIDIA GPU the Gaussians are kept there."""
        where = device if device.startswith("cuda") else "cpu"  # other accelerators have no float64
        made = cls(Groups.empty(dims, where), Sample(dims, seed), Scores(num_classes), Classes())
        made._device = where
        return made

    @property
    def count(self) -> int:
        """How many images."""
        return self.groups.count

    @property
    def rows(self) -> Tensor:
        """The sample of features (n, d)."""
        return self._sample if isinstance(self._sample, Tensor) else self._sample.rows

    def add(self, features: Features, labels: Tensor | None) -> None:
        """Add a batch."""
        assert isinstance(self._sample, Sample), "what was kept on disk is complete"
        features = Features(*(part.to(self._device) for part in features))
        self.groups.add(features.rows)
        self._sample.add(features.rows)
        self.scores.add(features.logits)
        if labels is not None and features.rows.shape[1] <= _CLASS_DIMS:
            self.classes.add(features, labels)

    def state(self) -> State:
        """Everything, as tensors."""
        groups, scores = under("groups", self.groups.state()), under("scores", self.scores.state())
        return {"rows": self.rows, **groups, **scores, **under("classes", self.classes.state())}

    @classmethod
    def from_state(cls, state: State) -> Self:
        """The inverse of `state`; nothing more can be added."""
        groups, scores = Groups.from_state(inside("groups", state)), Scores.from_state(inside("scores", state))
        return cls(groups, state["rows"], scores, Classes.from_state(inside("classes", state)))
