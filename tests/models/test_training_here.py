"""What `ganlab.train` returns: events one after another, and what a run on disk offers too, of a training in this process."""

from __future__ import annotations

from typing import Any

import pytest
from torch import nn

import ganlab
from ganlab.core.events import Checkpoint, Progress, Samples, Started
from ganlab.models import training_here
from ganlab.training import meter
from tests.support.notebooks import notebook_cell

TINY: dict[str, Any] = {"steps": 4, "image_size": 16, "width": 4, "batch_size": 4, "samples": 4, "log_every": 1, "device": "cpu"}


@pytest.fixture(autouse=True)
def little(little_data: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """A report at every step, shown at once."""
    monkeypatch.setattr(meter, "FLUSH_SECONDS", 0.0)
    monkeypatch.setattr(training_here, "_SECONDS", 0.0)


@pytest.fixture
def cell(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What a notebook shows in one place, one after another."""
    return notebook_cell(monkeypatch)


def test_it_is_an_iterator_over_events_that_print_on_one_line() -> None:
    training = ganlab.train("shapes", family="cgan", **TINY)
    assert iter(training) is training and repr(training) == "<Training of cgan on shapes: queued, step 0 of 4>"
    events = list(training)
    assert repr(training) == "<Training of cgan on shapes: finished, step 4 of 4>"
    for kind in (Started, Samples, Checkpoint):
        (event, *_) = (event for event in events if isinstance(event, kind))
        assert len(repr(event)) < 400 and "tensor(" not in repr(event)
    assert sum(isinstance(event, Progress) for event in events) >= 4


def test_what_it_has_shown_so_far(cell: list[str]) -> None:
    training = ganlab.train("shapes", family="cgan", **TINY)
    for early in (training.sheet, training.pipeline):
        with pytest.raises(ValueError, match="finish"):
            early()
    training._ipython_display_()
    assert len(cell) == 1 and "queued" in cell[0] and "<svg" not in cell[0]  # nothing was trained for that
    assert training.finish() is training and training.status().state == "finished"
    assert "running" in cell[-3] and "finished" in cell[-1] and "<svg" in cell[-1] and "data:image/png" in cell[-1]
    columns = training.metrics()
    assert columns["step"].tolist() == [1, 2, 3, 4] and len(columns["loss/G/adversarial"]) == 4
    assert training.sheet().width > 16 and "Losses" in training.plot().html
    pipeline = training.pipeline()
    assert pipeline.sample(2, label="star")[0].size == (16, 16) and "labels circle" in repr(pipeline)


def test_networks_of_ones_own_draw_after_it(tmp_path: Any) -> None:
    own = {
        "G": nn.Sequential(nn.Linear(100, 256), nn.Tanh(), nn.Unflatten(1, (1, 16, 16))),
        "D": nn.Sequential(nn.Flatten(), nn.Linear(256, 1)),
    }
    training = ganlab.train("shapes", networks=own, channels=1, **TINY).finish()
    pipeline = training.pipeline()
    assert pipeline.sample(3)[0].size == (16, 16) and "labels" not in repr(pipeline)
    with pytest.raises(ValueError, match=r"no settings of ours describe"):
        pipeline.save_pretrained(tmp_path)


def test_what_ends_it_early_is_shown_and_raised(cell: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    training = ganlab.train("shapes", family="gan", **TINY)
    training._ipython_display_()
    for event in training:
        if isinstance(event, Samples):
            break

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(meter.Meter, "add", interrupted)
    with pytest.raises(KeyboardInterrupt):
        training.finish()
    assert training.status().state == "stopped" and "stopped" in cell[-1]
    training.close()
    assert list(training) == []
