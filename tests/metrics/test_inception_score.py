"""The Inception Score: its extremes, its definition, its independence of portions."""

from __future__ import annotations

import pytest
import torch

from ganlab.metrics.distances.inception_score import PARTS, Scores
from ganlab.metrics.statistics.groups import Dealer


def scores(logits: torch.Tensor, portion: int = 1000) -> Scores:
    made = Scores(logits.shape[1])
    for some in logits.split(portion):
        made.add(some)
    return made


def test_undecided_answers_score_one() -> None:
    assert scores(torch.zeros(200, 7)).estimate().value == pytest.approx(1)


def test_certain_answers_over_all_classes_score_their_number() -> None:
    classes = torch.randint(5, (20_000,), generator=torch.Generator().manual_seed(0))
    estimate = scores(torch.nn.functional.one_hot(classes, 5) * 1000.0).estimate()
    assert estimate.value == pytest.approx(5, abs=0.02)


def test_one_class_again_and_again_scores_one() -> None:
    assert scores(torch.tensor([[9.0, 0, 0]]).expand(100, -1)).estimate().value == pytest.approx(1)


def test_it_is_the_definition_within_each_part() -> None:
    logits = torch.randn(503, 6, generator=torch.Generator().manual_seed(0)) * 3
    values = []
    for p in Dealer(PARTS).deal(logits.double().softmax(1)):
        values.append((p * (p.log() - p.mean(0).log())).sum(1).mean().exp())
    expected = torch.stack(values)
    for portion in (1000, 37, 1):
        estimate = scores(logits, portion).estimate()
        assert estimate.value == pytest.approx(float(expected.mean()), rel=1e-9)
        assert estimate.error == pytest.approx(float(expected.std()) / PARTS**0.5, rel=1e-9)


def test_it_survives_being_kept() -> None:
    made = scores(torch.randn(100, 4))
    assert Scores.from_state(made.state()).estimate() == made.estimate()


def test_too_few_images_are_refused() -> None:
    with pytest.raises(ValueError, match="at least 20 images; there are 12"):
        scores(torch.zeros(12, 3)).estimate()
