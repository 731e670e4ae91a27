"""G's closest picture: what it drew itself comes back, nothing but z moves, and a search ends when it should."""

from __future__ import annotations

import time
from itertools import pairwise

import numpy as np
import pytest
import torch
from PIL import Image

from ganlab import Pipeline
from ganlab.analysis.explore.invert import Inversion, invert

QUICK = {"steps": 40, "seeds": 16}


@pytest.fixture(scope="module")
def digits() -> Pipeline:
    return Pipeline.load("digits-quick-conditional")


@pytest.fixture(scope="module")
def clustered() -> Pipeline:
    return Pipeline.load("digits-quick")


def last(*args: object, **settings: object) -> Inversion:
    *_, end = invert(*args, **settings)  # type: ignore[arg-type]
    return end


def test_a_generators_own_picture_comes_back_with_its_class(digits: Pipeline) -> None:
    image = digits.sample(1, seed=3, label=4)[0]
    found = last(digits, image, steps=80, seeds=20)
    assert found.label == 4
    assert found.error < 0.01 and found.residual.max() < 0.3
    assert found.error < 0.1 * np.abs(np.asarray(digits.sample(1, seed=8, label=4)[0]) / 255 - np.asarray(image) / 255).mean()
    drawn = digits.generate(found.z[None], found.label)[0]
    assert (drawn.int() - found.picture.int()).abs().max() <= 1  # its z says how to draw it again


def test_z_that_draws_a_cluster_is_found_too(clustered: Pipeline) -> None:
    found = last(clustered, clustered.sample(1, seed=5)[0], steps=60)
    assert found.error < 0.01 and found.label is None


def test_the_best_never_gets_worse_and_progress_is_told(digits: Pipeline) -> None:
    events = list(invert(digits, digits.sample(1, seed=1, label=7)[0], label=7, every=10, **QUICK))
    assert [one.step for one in events] == [0, 10, 20, 30, 40]
    assert [one.finished for one in events] == [False] * 4 + [True]
    curve = events[-1].curve
    assert len(curve) == 41 and all(after <= before for before, after in pairwise(curve))
    assert curve[-1] < 0.2 * curve[0]
    assert all(one.label == 7 for one in events)
    assert events[0].picture.shape == (1, 28, 28) and events[0].picture.dtype == torch.uint8


def test_only_z_moves(digits: Pipeline) -> None:
    before = {name: tensor.clone() for name, tensor in digits.generator.state_dict().items()}
    threads = torch.get_num_threads()
    last(digits, Image.effect_noise((40, 60), 90), label=1, steps=5, seeds=4)
    assert not digits.generator.training and torch.get_num_threads() == threads and torch.is_grad_enabled()
    assert all(not weight.requires_grad and weight.grad is None for weight in digits.generator.parameters())
    assert all(torch.equal(before[name], tensor) for name, tensor in digits.generator.state_dict().items())


def test_a_seed_decides_everything(digits: Pipeline) -> None:
    image = Image.effect_noise((28, 28), 90)
    one, same, other = (last(digits, image, label=2, steps=6, seeds=4, seed=seed) for seed in (1, 1, 2))
    assert one.curve == same.curve and torch.equal(one.z, same.z)
    assert not torch.equal(one.z, other.z)


def test_it_ends_in_time_and_can_be_stopped(digits: Pipeline) -> None:
    image = Image.effect_noise((28, 28), 90)
    events = list(invert(digits, image, steps=10**6, seeds=4, seconds=0.5))
    assert events[-1].finished and len(events[-1].curve) < 10**5
    search = invert(digits, image, steps=10**6, seeds=4, seconds=1e6)
    next(search)
    started = time.monotonic()
    search.close()
    assert time.monotonic() - started < 1


def test_a_model_without_classes_or_without_z_says_so(digits: Pipeline, clustered: Pipeline) -> None:
    image = Image.new("L", (28, 28))
    with pytest.raises(ValueError, match="not conditional"):
        invert(clustered, image, label=1)
    with pytest.raises(ValueError, match="label = 10 is out of range"):
        invert(digits, image, label=10)
    with pytest.raises(ValueError, match="steps = 0"):
        invert(digits, image, steps=0)


def test_a_diverged_generator_is_told(digits: Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    nan = torch.nn.Module()
    nan.forward = lambda z, label: z.sum() * torch.full((len(z), 1, 28, 28), float("nan"))  # type: ignore[assignment]
    monkeypatch.setitem(digits.generators, "G", nan)
    with pytest.raises(ValueError, match="diverged"):
        last(digits, Image.new("L", (28, 28)), label=0, steps=3, seeds=2)
