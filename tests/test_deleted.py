"""A run that is deleted while somebody looks at it is a sentence or an empty answer, never a traceback."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from fake_runs import FakeRun
from starlette.applications import Starlette
from starlette.testclient import TestClient

from ganlab.run import Gone, Run, runs_root
from ganlab.store import Reader
from ganlab.web import routes


def test_the_record_of_a_run_that_is_deleted_between_two_looks_reads_as_empty(monkeypatch: pytest.MonkeyPatch) -> None:
    fake = FakeRun(runs_root()).start().train(100)
    reader = Reader(fake.run.database)
    assert reader.names()
    fake.release()
    shutil.rmtree(fake.run.path)
    monkeypatch.setattr(Path, "exists", lambda path: True)  # it was there a moment ago
    assert reader.names() == [] and reader.annotations() == [] and reader.state() == {}


def test_a_sheet_that_vanishes_while_it_is_sent_is_no_crash(monkeypatch: pytest.MonkeyPatch) -> None:
    fake = FakeRun(runs_root()).start().train(100).finish()
    client = TestClient(Starlette(routes=routes()))
    address = f"/api/runs/{fake.id}/sheets/100.png"
    assert client.get(address).headers["content-type"] == "image/png"
    fake.run.sample_path(100).unlink()
    monkeypatch.setattr(Path, "is_file", lambda path: True)
    assert client.get(address).status_code == 503 and "ask again" in client.get(address).json()["error"]


def test_who_asks_a_deleted_run_for_its_settings_is_told() -> None:
    run = FakeRun(runs_root()).start().finish().run
    again = Run(run.path)
    run.delete()
    with pytest.raises(Gone, match=f"There is no run named '{run.id}' any more"):
        _ = again.settings
    again.request_stop()
