"""The Inception Score (Salimans et al. 2016), in one pass: exp E KL(p(y|x) || p(y)), the mean over ten parts of the stream."""

from __future__ import annotations

from typing import Self

import torch
from torch import Tensor

from ganlab.metrics.statistics.groups import Dealer
from ganlab.metrics.statistics.tensor_tree import State
from ganlab.metrics.value import Estimate

PARTS = 10


class Scores:
    """Per part: how many images, the sum of their p log p, and the sum of their p; nothing grows with the images.

    Images are dealt out to the parts at random; others shuffle the images and cut them into ten.
    """

    def __init__(self, num_classes: int) -> None:
        self._dealer = Dealer(PARTS)
        self._counts = torch.zeros(PARTS, dtype=torch.float64)
        self._negentropy = torch.zeros(PARTS, dtype=torch.float64)
        self._classes = torch.zeros(PARTS, num_classes, dtype=torch.float64)

    def add(self, logits: Tensor) -> None:
        """Add logits (n, classes)."""
        # float64 on the CPU: sums over ten thousands of images keep their last digits.
        log_p = logits.double().cpu().log_softmax(1)
        p = log_p.exp()  # (n, classes)
        part = self._dealer.take(len(p))
        self._counts.index_add_(0, part, torch.ones(len(p), dtype=torch.float64))
        self._negentropy.index_add_(0, part, (p * log_p).nan_to_num().sum(1))  # 0 * log 0 is 0
        self._classes.index_add_(0, part, p)

    def estimate(self) -> Estimate:
        """The mean score of the parts and its standard error (the spread of the parts over the root of their number)."""
        if self._counts.min() < 2:
            raise ValueError(f"An Inception Score needs at least {2 * PARTS} images; there are {int(self._counts.sum())}.")
        marginal = self._classes / self._counts[:, None]  # p(y), (parts, classes)
        # E KL(p(y|x) || p(y)) = E sum p(y|x) log p(y|x) - sum p(y) log p(y), (parts,)
        divergence = self._negentropy / self._counts - torch.special.xlogy(marginal, marginal).sum(1)
        scores = divergence.exp()
        return Estimate(float(scores.mean()), float(scores.std()) / PARTS**0.5)

    def state(self) -> dict[str, Tensor]:
        """Everything, as tensors."""
        return {"counts": self._counts, "negentropy": self._negentropy, "classes": self._classes}

    @classmethod
    def from_state(cls, state: State) -> Self:
        """The inverse of `state`."""
        made = cls(state["classes"].shape[1])
        made._counts, made._negentropy, made._classes = state["counts"], state["negentropy"], state["classes"]
        return made
