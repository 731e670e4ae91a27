"""A run that is deleted while somebody looks at it is a sentence or an empty answer, never a traceback."""

from __future__ import annotations

import io
import shutil
import zipfile
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from ganlab.app.api import routes
from ganlab.app.api.export import export_zip
from ganlab.runtime.run import Gone, Run, runs_root
from ganlab.runtime.store import Reader
from tests.support.fake_runs import FakeRun


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


@pytest.mark.parametrize("private", [True, False])
def test_a_run_deleted_while_its_zip_is_sent_lacks_nothing_but_sheets_and_the_zip_says_so(private: bool) -> None:
    fake = FakeRun(runs_root()).start().train(200).checkpoint().finish()
    checkpoint = fake.run.checkpoints()[-1].name
    whole = b"".join(export_zip(fake.run, private=private))
    parts = export_zip(fake.run, private=private)
    begun = next(parts)
    fake.run.delete()
    with zipfile.ZipFile(io.BytesIO(whole)) as before, zipfile.ZipFile(io.BytesIO(begun + b"".join(parts))) as after:
        assert after.testzip() is None
        names = {name.removeprefix(f"{fake.id}/") for name in after.namelist()}
        assert {"metrics.csv", "config.json", f"checkpoints/{checkpoint}/model.safetensors"} < names
        assert all(after.read(f"{fake.id}/{name}") == before.read(f"{fake.id}/{name}") for name in names - {"INCOMPLETE.txt"})
        missing = set(before.namelist()) - set(after.namelist())
        assert {Path(name).parent.name for name in missing} == {
            "samples"
        } and f"{fake.id}/INCOMPLETE.txt" not in before.namelist()
        text = after.read(f"{fake.id}/INCOMPLETE.txt").decode().splitlines()
        assert "was deleted" in text[0] and set(text[1:]) == {name.removeprefix(f"{fake.id}/") for name in missing}


def test_who_asks_a_deleted_run_for_its_settings_is_told() -> None:
    run = FakeRun(runs_root()).start().finish().run
    again = Run(run.path)
    run.delete()
    with pytest.raises(Gone, match=f"There is no run named '{run.id}' any more"):
        _ = again.settings
    again.request_stop()
