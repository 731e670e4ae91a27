"""Images held out of training: which they are, and that asking D about them leaves no trace."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import torch
from torch import nn

from ganlab.core.errors import DataError
from ganlab.core.events import Checkpoint, Progress
from ganlab.core.progress import finish
from ganlab.core.types import Batch, Conditioning
from ganlab.data import Dataset, registry
from ganlab.data.sets import in_memory
from ganlab.training import held_out
from ganlab.training.engine import train
from ganlab.training.families import FAMILIES
from ganlab.training.held_out import HeldOut, logits_without_trace, set_apart
from tests.support.small import small
from tests.training.test_augment import FROM_Z, batches, built

PICTURES = Dataset.from_tensors(torch.randint(256, (40, 1, 28, 28), generator=torch.Generator().manual_seed(5)).byte())


def own(**changes: Any) -> Any:
    return small("dcgan", dataset=in_memory.named(PICTURES), steps=10, **changes)


def test_what_is_held_out_is_not_trained_on_and_is_the_same_for_all_seeds() -> None:
    parts = [set_apart(own(held_out=9, seed=seed), PICTURES, Conditioning.NONE) for seed in (0, 1)]
    for rest, apart in parts:
        assert apart is not None and (len(rest.images), len(apart.images)) == (31, 9)
        every = {image.numpy().tobytes() for image in (*rest.images, *apart.images)}
        assert len(every) == 40
    assert parts[0][1] is not None and parts[1][1] is not None and torch.equal(parts[0][1].images, parts[1][1].images)
    assert set_apart(own(), PICTURES, Conditioning.NONE) == (PICTURES, None)


def test_too_few_to_learn_is_said() -> None:
    with pytest.raises(DataError, match=r"^held_out = 30 leaves 10 of 40 images to learn: hold out fewer\.$"):
        set_apart(own(held_out=30), PICTURES, Conditioning.NONE)


@pytest.mark.parametrize("name", FROM_Z)
def test_asking_d_changes_nothing(name: str) -> None:
    training = built(name)
    stream = batches(training)
    training.step(stream)
    before, stream_before = copy.deepcopy(training.state_dict()), torch.get_rng_state()
    scores = training.known_scores(HeldOut(next(stream), next(stream)))
    assert scores.keys() == {"known/trained", "known/held_out"}
    assert all(score.ndim == 0 and score.isfinite() and not score.requires_grad for score in scores.values())
    after = training.state_dict()
    assert all(torch.equal(after["networks"][key], value) for key, value in before["networks"].items())
    assert torch.equal(after["noise"], before["noise"]) and torch.equal(torch.get_rng_state(), stream_before)
    assert training.D.training and all(module.training for module in training.D.modules())


def test_d_normalises_as_in_training_and_drops_nothing() -> None:
    class Normed(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.norm, self.drop = nn.BatchNorm2d(1), nn.Dropout(0.5)

        def forward(self, images: torch.Tensor, condition: torch.Tensor | None) -> torch.Tensor:
            return self.drop(self.norm(images))

    images = torch.rand(8, 1, 4, 4) * 5 + 3
    found = logits_without_trace(network := Normed(), Batch(images))
    torch.testing.assert_close(found, (images - images.mean()) / (images.var(unbiased=False) + 1e-5).sqrt())
    assert network.norm.num_batches_tracked == 0 and network.norm.running_mean.item() == 0


def test_a_run_records_both_and_trains_as_it_would_without(monkeypatch: pytest.MonkeyPatch) -> None:
    def run(few: int) -> tuple[dict[int, dict[str, float]], dict[str, torch.Tensor]]:
        monkeypatch.setattr(held_out, "FEW", few)
        events = list(train(own(held_out=9)))
        points = {step: values for event in events if isinstance(event, Progress) for step, values in event.points}
        return points, dict(next(event.model for event in reversed(events) if isinstance(event, Checkpoint)))

    (points, model), (bare, without) = run(5_000), run(0)
    names = {"known/trained", "known/held_out"}
    assert [step for step in points if names <= points[step].keys()] == [5, 10]
    assert not any(names & values.keys() for values in bare.values())
    assert all(torch.equal(model[key], without[key]) for key in model)


def test_the_test_part_is_taken_where_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    few = PICTURES.first(20)
    monkeypatch.setattr(registry, "load", lambda name, split, **how: iter_of(PICTURES if split == "test" else few))
    dcgan = FAMILIES["dcgan"].conditioning
    found = finish(held_out.held_out(own(), few, None, dcgan, "cpu", layout=torch.contiguous_format))
    assert found is not None and len(found.known.real) == len(found.unknown.real) == 20
    monkeypatch.setattr(registry, "load", lambda name, **how: absent())
    assert finish(held_out.held_out(own(), few, None, dcgan, "cpu", layout=torch.contiguous_format)) is None


def iter_of(dataset: Dataset) -> Any:
    return dataset
    yield


def absent() -> Any:
    raise DataError("There is no test part.")
    yield
