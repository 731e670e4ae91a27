"""One source of findings: Watch, Play, Runs and the terminal say the same of a run."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from ganlab.__main__ import main
from ganlab.analysis.doctor import Evidence, Finding
from ganlab.app.playground import model_info
from ganlab.app.serving import examined
from ganlab.app.serving.examined import EXAMINED, Examined
from ganlab.app.views.doctor_wording import diagnosis, titles
from ganlab.app.views.model_wording import record_text
from ganlab.app.views.runs.rows import Row
from tests.support.fake_runs import FakeRun


def won(home: Path) -> FakeRun:
    """A run that D wins."""
    fake = FakeRun(home, d_steps=20, channels=1)
    fake.point = lambda step: (  # type: ignore[method-assign]
        step,
        {"loss/D/adversarial": 0.001, "loss/G/adversarial": 9.0, "score/real": 0.999, "score/fake": 0.001},
    )
    return fake.start().train(300).checkpoint().finish("stopped")


def soon(seen: Any) -> Any:
    """What `seen` returns once it is something."""
    for _ in range(600):
        if (found := seen()) is not None:
            return found
        time.sleep(0.05)
    raise AssertionError("it never came")


def test_watch_play_runs_and_the_terminal_say_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GANLAB_RUNS", str(tmp_path))
    fake = won(tmp_path)
    watch = [one["title"] for one in diagnosis(fake.run)["findings"]]
    main(["doctor", fake.id, "--json"])
    assert [one["title"] for one in json.loads(capsys.readouterr().out)] == watch == ["D wins"]
    assert "The doctor warns: D wins." in model_info.notes_named(fake.id)
    soon(lambda: EXAMINED.known(fake.run))
    row = Row.of(fake.run)
    assert isinstance(row, Row) and row.cells["doctor"] == "D wins"


def test_a_failure_is_called_known_bad_and_a_healthy_run_nothing() -> None:
    collapse = Finding("collapse", "failure", 0, 600, Evidence(numbers={"diversity": 0.037}))
    warning = Finding("stalled-input", "warning", 0, 600, Evidence(numbers={"waiting": 0.5}))
    assert record_text([collapse, warning]).startswith("Known bad: Mode collapse. ") and record_text([]) == ""
    assert titles([collapse, warning, collapse]) == "Mode collapse, The input has stalled"


def test_a_list_does_not_wait_and_a_deleted_run_harms_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(examined, "SECONDS", 0.0)
    one, fake = Examined(), won(tmp_path)
    assert one.known(fake.run) is None
    assert [finding.kind for finding in soon(lambda: one.known(fake.run))] == ["d-wins"]
    fake.run.delete()
    soon(lambda: () if one.known(fake.run) == () else None)
