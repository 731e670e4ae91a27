"""Metrics that need labels: whether a conditional generator draws the requested class, and how well within each class."""

from __future__ import annotations

from typing import Self

import torch
from torch import Tensor

from ganlab.metrics.distances.fid import FEWEST, Computing, jackknife
from ganlab.metrics.features.extractor import Features
from ganlab.metrics.statistics.groups import Groups
from ganlab.metrics.statistics.tensor_tree import State, inside, prefixes, under
from ganlab.metrics.value import Estimate, share


class Classes:
    """How often a classifier predicts the requested label, and the features of each class apart."""

    def __init__(self) -> None:
        self._right, self._asked = 0, 0
        self.groups: dict[int, Groups] = {}

    def add(self, features: Features, labels: Tensor) -> None:
        """Add a batch; `labels` (n,) were asked. ValueError for labels that the classifier does not know.

        Features without a classifier have no logits (n, 0): then the classes are kept apart, and none is predicted.
        """
        labels = labels.to(features.rows.device)
        predicts = bool(features.logits.shape[1])
        if predicts and len(labels) and not 0 <= int(labels.min()) <= int(labels.max()) < features.logits.shape[1]:
            known = features.logits.shape[1]
            raise ValueError(
                f"Labels go from {int(labels.min())} to {int(labels.max())}, but the classifier knows {known} classes."
            )
        if predicts:  # the classifier's answer, (n,), against what was asked
            self._right += int((features.logits.argmax(1) == labels).sum())
            self._asked += len(labels)
        for label in labels.unique().tolist():
            rows = features.rows[labels == label]
            if label not in self.groups:
                self.groups[label] = Groups.empty(rows.shape[1], rows.device)
            self.groups[label].add(rows)

    def state(self) -> dict[str, Tensor]:
        """Everything, as tensors."""
        kept = {"counts": torch.tensor([self._right, self._asked])}
        for label, groups in self.groups.items():
            kept |= under(str(label), groups.state())
        return kept

    @classmethod
    def from_state(cls, state: State) -> Self:
        """The inverse of `state`."""
        made = cls()
        made._right, made._asked = state["counts"].tolist()
        made.groups = {int(label): Groups.from_state(inside(label, state)) for label in prefixes(state)}
        return made

    def accuracy(self) -> Estimate:
        """The share of images classified as requested; the classifier errs too: see its own accuracy."""
        if not self._asked:
            raise ValueError("Label accuracy needs a conditional model: these images were drawn without labels.")
        return share(self._right, self._asked)


def intra_class_distance(fake: Classes, real: Classes) -> Computing:
    """The Fréchet distance within each class, averaged over the classes of the reference (Miyato & Koyama 2018)."""
    missing = real.groups.keys() - fake.groups.keys()
    if not real.groups or not fake.groups:
        side = "reference" if not real.groups else "measured images"
        raise ValueError(f"A distance within classes needs labels, and the {side} have none.")
    if missing:
        raise ValueError(f"There are no images of {len(missing)} classes of the reference: draw more, or all classes.")
    fewest = min(classes.groups[label].count for classes in (fake, real) for label in real.groups)
    if fewest < FEWEST:
        raise ValueError(f"A distance within classes needs at least {FEWEST} images of each class; of one there are {fewest}.")
    return (yield from jackknife(*((fake.groups[label], real.groups[label]) for label in sorted(real.groups))))
