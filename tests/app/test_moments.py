"""The checkpoint slider of Play: which moments of a run there are, and that each draws with its own weights."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from ganlab.analysis.explore.tiles import tile
from ganlab.app.api.pictures import Order, draw
from ganlab.app.playground.choice import asked_for
from ganlab.app.playground.latent.panel import arrived
from ganlab.app.playground.moments import Moment, listed, moments
from ganlab.app.serving.hub_models import training_of
from ganlab.app.serving.pipelines import PIPELINES
from ganlab.runtime.checkpoint import read_info
from ganlab.runtime.run import Run
from ganlab.runtime.worker import work
from tests.support.small import small


@pytest.fixture
def run(own_directories: Path) -> Iterator[Run]:
    """With checkpoints at 2 and 4, and sheets at every step."""
    run = Run.create(small("cgan", steps=4, checkpoint_every=2, sample_every=1))
    work(run)
    yield run


def test_every_checkpoint_and_every_sheet_is_a_moment(run: Run) -> None:
    found = moments(run.id)
    assert [moment for moment in found if moment.kept] == [Moment(2, True), Moment(4, True)]
    assert {moment.step for moment in found} == {*run.samples(), 2, 4} and found == sorted(found)
    assert moments(f"{run.id}?step=2") == found
    assert f'data-run="{run.id}"' in listed(run.id, found) and "1s,2,3s,4" in listed(run.id, found)
    assert moments("digits-quick") == moments(None) == moments("gone") == []


def test_a_moment_draws_the_same_z_with_its_own_weights(run: Run) -> None:
    names = [run.id, f"{run.id}?step=2", f"{run.id}?step=4"]
    newest, early, last = (draw(Order(name, seed=3, label=0), PIPELINES.get(name)) for name in names)
    assert newest == last != early
    assert [PIPELINES.get(name).step for name in names] == [4, 2, 4]
    assert training_of(PIPELINES.get(names[1]))["family"] == "cgan"


@pytest.mark.parametrize("step", ["3", "-1", "9" * 40, "../2", "2/", "²"])
def test_a_step_without_a_checkpoint_is_one_sentence(run: Run, step: str) -> None:
    with pytest.raises(ValueError, match=r"This run keeps no checkpoint of step .{1,9}: choose another step"):
        PIPELINES.get(f"{run.id}?step={step}")


def test_an_address_names_a_step_and_a_picture_of_the_sheet(run: Run) -> None:
    query = {"model": run.id, "step": "2", "tile": "5"}
    name, loaded = asked_for(query, "draws")
    assert (name, loaded) == (f"{run.id}?step=2", [])
    z, label = tile(read_info(run.checkpoints()[0]), 5)
    state = arrived(name, query)
    assert torch.equal(torch.tensor([float(number) for number in state[-3].split(",")]), z)
    assert state[4]["value"] == label
    assert asked_for({"model": run.id, "step": "two"}, "draws")[0] == run.id


@pytest.mark.parametrize("number", ["999999", "-1", "x"])
def test_a_picture_that_is_none_is_said_and_the_seed_drawn(run: Run, number: str, monkeypatch: pytest.MonkeyPatch) -> None:
    warned: list[str] = []
    monkeypatch.setattr("gradio.Warning", lambda text, **_: warned.append(text))
    assert arrived(run.id, {"tile": number})[-3] == "" and re.match("tile = -?[0-9]+ is not a picture", warned[0])
