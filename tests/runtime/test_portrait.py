"""A run as it shows itself to a program and in a notebook."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ganlab.runtime import notebook
from tests.support.fake_runs import FakeRun
from tests.support.notebooks import notebook_cell


@pytest.fixture
def training(tmp_path: Path) -> FakeRun:
    return FakeRun(tmp_path, recipe="<b>own").start().train(300)


def test_what_a_run_shows_is_its_state_its_curves_and_its_newest_sheet(training: FakeRun) -> None:
    shown = training.run._repr_html_()
    assert "running" in shown and "step 300 of 1,000" in shown and "&lt;b&gt;own" in shown and "<b>own" not in shown
    assert {"Losses", "Scores of D"} <= set(re.findall(r"<p>([^,]+),", shown)) and shown.count("<polyline") >= 4
    assert "data:image/png;base64," in shown and "<script" not in shown


def test_a_run_without_anything_shows_that_it_waits(tmp_path: Path) -> None:
    queued = FakeRun(tmp_path).queue()
    shown = queued.run._repr_html_()
    assert "queued" in shown and "<svg" not in shown and "<img" not in shown
    with pytest.raises(ValueError, match="has no sheet of samples yet"):
        queued.run.sheet()


def test_its_sheets_are_pictures(training: FakeRun) -> None:
    assert training.run.sheet().size == training.run.sheet(100).size
    with pytest.raises(ValueError, match="no sheet of samples after step 7 yet"):
        training.run.sheet(7)


def test_its_curves_are_charts(training: FakeRun, tmp_path: Path) -> None:
    charts = training.run.plot()
    assert "G/adversarial" in charts._repr_html_() and "Scores of D" in charts.html
    charts.save(tmp_path / "curves.html")
    assert charts.html in (tmp_path / "curves.html").read_text(encoding="utf-8")


def test_waiting_ends_with_the_run_or_the_patience(training: FakeRun) -> None:
    with pytest.raises(TimeoutError, match="still running at step 300"):
        training.run.wait(0.3)
    with ThreadPoolExecutor() as pool:
        ended = pool.submit(training.run.wait, 30)
        training.finish()
        assert ended.result().state == "finished"


def test_a_notebook_follows_a_run_to_its_end(training: FakeRun, monkeypatch: pytest.MonkeyPatch) -> None:
    cell = notebook_cell(monkeypatch)
    monkeypatch.setattr(notebook, "_SECONDS", 0.05)
    following = notebook.show(training.run)
    assert following is not None
    training.train(100)
    training.finish()
    following.join(30)
    assert "running" in cell[0] and "finished" in cell[-1] and not following.is_alive()
    assert notebook.show(training.run) is None  # nothing more will change
