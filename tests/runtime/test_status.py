"""Whether a worker is heard of."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from ganlab.app.views.runs.table import Row
from ganlab.app.views.status_wording import status_text
from ganlab.app.views.wording import progress
from ganlab.runtime import run as run_module
from ganlab.runtime.status import Activity, State, silence
from tests.support.fake_runs import PATIENCE, FakeRun

TRAINING = {"activity": {"phase": "training"}, "heard": 1000.0}


class Later:
    """The clock, so many seconds later."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds

    def time(self) -> float:
        return time.time() + self.seconds


@pytest.mark.parametrize(
    ("state", "facts", "seconds", "silent"),
    [
        ("running", {"progress": {"steps_per_second": 20.0}}, 14, None),
        ("running", {"progress": {"steps_per_second": 20.0}}, 16, 16),
        ("running", {"progress": {"steps_per_second": 0.1}}, 99, None),  # ten of its steps
        ("running", {"progress": {"steps_per_second": 0.1}}, 101, 101),
        ("running", {"progress": {}}, 59, None),  # its first step
        ("running", {}, 61, 61),
        ("queued", {"activity": {"phase": "decoding"}}, 61, 61),
        ("queued", {"activity": {"phase": "waiting_device"}}, 10**6, None),
        ("queued", {"activity": "Reading."}, 61, 61),  # of an older version
        ("paused", {}, 10**6, None),
        ("finished", {}, 10**6, None),
        ("lost", {}, 10**6, None),
        ("running", {}, -(10**6), None),  # a clock that was put back
        ("running", {"heard": None}, 10**6, None),  # of an older version
    ],
)
def test_a_worker_that_should_report_and_does_not_is_silent(
    state: State, facts: dict[str, Any], seconds: float, silent: int | None
) -> None:
    assert silence(state, TRAINING | facts, 1000.0 + seconds) == silent


def test_of_a_silent_worker_no_time_left_is_known_anywhere(fake: Callable[..., FakeRun], monkeypatch: pytest.MonkeyPatch) -> None:
    run = fake(device="cpu").start().train(100).run
    status = run.status()
    assert status.seconds_left and status.silent is None and status_text(status) == "Training."
    monkeypatch.setattr(run_module, "time", Later(PATIENCE + 40))
    status, row = run.status(), Row.of(run)
    assert status.state == "running" and status.seconds_left is None and status.silent in (40, 41)
    assert isinstance(row, Row) and row.cells["status"] == "No news"
    for text in (status_text(status), row.message):
        assert text.endswith(f"No news from its worker for {status.silent} s: it may hang.")
    assert progress(status) == f"100 of 1,000 steps, no news for {status.silent} s"


def test_news_end_the_silence(fake: Callable[..., FakeRun], monkeypatch: pytest.MonkeyPatch) -> None:
    worker = fake(device="cpu").start().train(10)
    monkeypatch.setattr(run_module, "time", Later(PATIENCE + 40))
    assert worker.run.status().silent
    monkeypatch.undo()
    worker.recorder.report(Activity("training"))
    assert worker.run.status().silent is None
