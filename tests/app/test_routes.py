"""The routes under a plain Starlette app: what they answer, what they refuse."""

from __future__ import annotations

import csv
import errno
import io
import json
import os
import zipfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from ganlab.app.api import routes
from ganlab.core.events import Intervened
from ganlab.core.interventions import Intervention
from tests.support.fake_runs import FakeRun

OURS = {"X-GANLab": "1"}


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GANLAB_RUNS", str(tmp_path))
    return tmp_path


@pytest.fixture
def client(root: Path) -> TestClient:
    return TestClient(Starlette(routes=routes()), raise_server_exceptions=False)


@pytest.fixture
def finished(root: Path) -> FakeRun:
    return FakeRun(root, recipe="digits-quick", steps=300).start().train(200).checkpoint().train(100).checkpoint().finish()


def test_runs_come_newest_first(root: Path, client: TestClient) -> None:
    names = ["first", "second", "third"]
    for name in names:
        FakeRun(root, recipe=name)
    listed = client.get("/api/runs").json()
    assert [item["id"] for item in listed] == sorted((item["id"] for item in listed), reverse=True)
    assert {item["title"] for item in listed} == set(names)


def test_a_summary_tells_what_the_run_is_and_where_it_stands(finished: FakeRun, client: TestClient) -> None:
    facts = client.get(f"/api/runs/{finished.id}").json()
    assert (facts["title"], facts["about"]) == ("Quick digits", "DCGAN on Shapes")
    assert (facts["family"], facts["dataset"]) == ("dcgan", "shapes")
    assert facts["status"] | {"state": "finished", "step": 300, "steps": 300, "active": False} == facts["status"]
    assert facts["steps_per_epoch"] == 6400 / 64
    assert facts["checkpoints"] == [200, 300]
    assert facts["labels"] == ["disc", "ring"]
    assert (facts["sheets"], facts["last_sheet"]) == (4, 300)
    assert facts["metrics"]["loss/D/adversarial"] == finished.run.last_metrics()["loss/D/adversarial"]
    assert facts["config"] == finished.config.to_dict() | {"betas": list(finished.config.betas)}


def test_a_summary_names_the_runs_started_together(root: Path, client: TestClient) -> None:
    pair = [FakeRun(root, recipe=name, group="g1", group_size=2) for name in ("duel-bce", "duel-mse")]
    FakeRun(root, recipe="alone", group="g2")
    assert client.get(f"/api/runs/{pair[1].id}").json()["group_runs"] == sorted(fake.id for fake in pair)


def test_a_damaged_run_does_not_hide_the_others(finished: FakeRun, root: Path, client: TestClient) -> None:
    broken = FakeRun(root).run
    (broken.path / "config.json").write_text("{")
    whole, damaged = client.get("/api/runs").json()
    assert whole["id"] == finished.id and "problem" not in whole
    assert damaged == {
        "id": broken.id,
        "problem": f"config.json of the run {broken.id} is damaged, it is not JSON: restore it or delete the run.",
    }


@pytest.mark.parametrize("id", ["nope", "..", "%2e%2e", "..%2f..%2fetc", "a%2fb", ".deleted-x", "UPPER", "%00"])
@pytest.mark.parametrize("what", ["", "/delta", "/sheets/0.png", "/thumbnail.png", "/metrics.csv", "/export.zip"])
def test_no_path_comes_from_outside(client: TestClient, id: str, what: str) -> None:
    answer = client.get(f"/api/runs/{id}{what}")
    assert answer.status_code == 404
    if answer.headers["content-type"] == "application/json":
        assert answer.json()["error"].startswith("There is no run named")


def test_a_sheet_is_kept_forever_and_the_thumbnail_is_the_newest(finished: FakeRun, client: TestClient) -> None:
    sheet = client.get(f"/api/runs/{finished.id}/sheets/300.png")
    assert sheet.content == finished.run.sample_path(300).read_bytes()
    assert (sheet.headers["content-type"], "immutable" in sheet.headers["cache-control"]) == ("image/png", True)
    thumbnail = client.get(f"/api/runs/{finished.id}/thumbnail.png")
    assert thumbnail.content == sheet.content
    again = client.get(f"/api/runs/{finished.id}/thumbnail.png", headers={"If-None-Match": thumbnail.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_what_is_not_there_yet_is_a_404_with_a_sentence(root: Path, client: TestClient) -> None:
    fake = FakeRun(root)
    for what in ("sheets/100.png", "thumbnail.png"):
        answer = client.get(f"/api/runs/{fake.id}/{what}")
        assert (answer.status_code, answer.json()["error"]) == (404, answer.json()["error"])
        assert "has no sample sheet" in answer.json()["error"]


def test_numbers_that_are_none_are_refused(finished: FakeRun, client: TestClient) -> None:
    answer = client.get(f"/api/runs/{finished.id}/delta?since=ten")
    assert (answer.status_code, answer.json()["error"]) == (400, "since = 'ten' is not a whole number.")


def test_the_csv_holds_every_point(finished: FakeRun, client: TestClient) -> None:
    rows = list(csv.DictReader(io.StringIO(client.get(f"/api/runs/{finished.id}/metrics.csv").text)))
    series = finished.run.series()
    assert list(rows[0]) == ["step", *series]
    for name, whole in series.items():
        found = [(int(row["step"]), float(row[name])) for row in rows if row[name]]
        assert found == list(zip(whole.steps.tolist(), whole.values.tolist(), strict=True)), name


def test_the_csv_of_a_run_without_metrics_is_its_header(root: Path, client: TestClient) -> None:
    assert client.get(f"/api/runs/{FakeRun(root).id}/metrics.csv").text.split() == ["step"]


def test_the_zip_holds_what_lasts(finished: FakeRun, client: TestClient) -> None:
    archive = zipfile.ZipFile(io.BytesIO(client.get(f"/api/runs/{finished.id}/export.zip").content))
    assert archive.testzip() is None
    sheets = [f"samples/step-{step:06d}.png" for step in (0, 100, 200, 300)]
    newest = [f"checkpoints/step-000300/{name}" for name in ("config.json", "model.safetensors")]
    assert archive.namelist() == [f"{finished.id}/{name}" for name in ("metrics.csv", "config.json", *sheets, *newest)]
    path = finished.run.path / newest[1]
    assert archive.read(f"{finished.id}/{newest[1]}") == path.read_bytes()
    assert json.loads(archive.read(f"{finished.id}/config.json")) == json.loads(json.dumps(finished.run.settings.to_dict()))


@pytest.mark.parametrize("what", ["metrics.csv", "export.zip", "delta", "detail?from=0&to=9"])
def test_a_damaged_record_is_one_sentence(what: str, finished: FakeRun, client: TestClient) -> None:
    finished.run.database.write_bytes(b"not a database" * 999)
    for suffix in ("-wal", "-shm"):
        Path(f"{finished.run.database}{suffix}").unlink(missing_ok=True)
    answer = client.get(f"/api/runs/{finished.id}/{what}")
    assert answer.status_code in (500, 503), answer.text
    refusal = answer.json()["error"]
    assert refusal.endswith(".") and str(finished.run.path) not in refusal


@pytest.mark.parametrize(
    ("problem", "status", "words"),
    [
        (errno.ENOSPC, 507, "disk is full, so this was not done"),
        (errno.EDQUOT, 507, "disk is full"),
        (errno.EACCES, 500, "Permission denied"),
    ],
)
def test_what_the_disk_refuses_is_one_sentence(
    problem: int, status: int, words: str, root: Path, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = FakeRun(root).start().train(50)

    def refuse(*_: object) -> int:
        raise OSError(problem, os.strerror(problem), str(fake.run.path))

    for what, body in (("stop", {}), ("control", {"command": "pause"})):
        with monkeypatch.context() as patch:
            patch.setattr("ganlab.runtime.mailbox.os.write", refuse)
            answer = client.post(f"/api/runs/{fake.id}/{what}", headers=OURS, json=body)
        assert answer.status_code == status and words in answer.json()["error"]
        assert str(root) not in answer.text
    fake.finish("stopped")


def test_a_stop_from_this_app_reaches_the_worker(root: Path, client: TestClient) -> None:
    fake = FakeRun(root).start()
    own = {**OURS, "Origin": "http://testserver"}
    assert client.post(f"/api/runs/{fake.id}/stop", headers=own).status_code == 202
    assert fake.run.stop_requested()
    fake.finish("stopped")
    refused = client.post(f"/api/runs/{fake.id}/stop", headers=own)
    assert (refused.status_code, "nothing to stop" in refused.json()["error"]) == (409, True)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Sec-Fetch-Site": "same-origin"},
        {**OURS, "Sec-Fetch-Site": "cross-site"},
        {**OURS, "Sec-Fetch-Site": "same-site"},
        {**OURS, "Origin": "http://evil.example"},
        {**OURS, "Origin": "null"},
        {**OURS, "Origin": "http://testserver:81"},
    ],
)
def test_a_stop_from_elsewhere_is_refused(root: Path, client: TestClient, headers: dict[str, str]) -> None:
    fake = FakeRun(root).start()
    answer = client.post(f"/api/runs/{fake.id}/stop", headers=headers)
    assert (answer.status_code, answer.json()["error"][:8]) == (403, "Requests")
    assert not fake.run.stop_requested()


CONTROL = [
    {"command": "pause", "who": "Ada"},
    {"command": "continue"},
    {"command": "step"},
    {"command": "update", "name": "D"},
    {"command": "change", "name": "lr", "value": 0.001},
]


@pytest.mark.parametrize("asked", CONTROL, ids=lambda asked: asked["command"])
def test_what_a_person_asks_reaches_the_worker(root: Path, client: TestClient, asked: dict[str, Any]) -> None:
    fake = FakeRun(root).start()
    assert client.post(f"/api/runs/{fake.id}/control", headers=OURS, json=asked).status_code == 202
    (command,) = fake.run.mailbox.new()
    given = {key: value for key, value in asdict(command).items() if value}
    assert given == asked | {"who": command.who, "id": command.id} and command.who
    assert client.post(f"/api/runs/{fake.id}/control", json=asked).status_code == 403
    fake.finish("stopped")
    assert client.post(f"/api/runs/{fake.id}/control", headers=OURS, json=asked).status_code == 409


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{",
        b'{"command": "change", "name": "width", "value": 8}',
        b'{"command": "x"}',
        b"{}" + b" " * 2000,
        b"\xff\xfe\xfa",
        b"[" * 990,
    ],
)
def test_what_makes_no_sense_is_refused_in_one_sentence(root: Path, client: TestClient, body: bytes) -> None:
    fake = FakeRun(root).start()
    answer = client.post(f"/api/runs/{fake.id}/control", headers=OURS, content=body)
    assert answer.status_code == 400 and answer.json()["error"].endswith(".") and "codec" not in answer.text
    assert fake.run.mailbox.new() == []
    fake.finish("stopped")


def test_the_page_is_told_what_can_be_changed_and_its_value_now(root: Path, client: TestClient) -> None:
    fake = FakeRun(root).start()
    fake.recorder.record(Intervened(Intervention(0, "lr", 0.001), {"name": "lr", "before": 0.0002, "value": 0.001}))
    live = {setting["name"]: setting["value"] for setting in client.get(f"/api/runs/{fake.id}").json()["live"]}
    assert live["lr"] == 0.001 and live["d_steps"] == 1 and "width" not in live
    assert client.get(f"/api/runs/{fake.id}/delta").json()["annotations"][-1]["data"] == {
        "name": "lr",
        "before": 0.0002,
        "value": 0.001,
    }
    fake.finish("stopped")


def test_a_stop_is_not_a_link(finished: FakeRun, client: TestClient) -> None:
    assert client.get(f"/api/runs/{finished.id}/stop", headers=OURS).status_code == 405


def test_the_live_page_is_reached_without_its_slash_and_behind_a_prefix(client: TestClient) -> None:
    answer = client.get("/live?run=x", follow_redirects=False)
    assert answer.headers["location"] == "live/?run=x"
    page = client.get("/live/")
    assert (page.status_code, page.headers["cache-control"]) == (200, "no-cache")
    assert 'src="/' not in page.text
    assert 'href="/' not in page.text


def test_plotly_is_compressed_and_not_sent_twice(client: TestClient) -> None:
    first = client.get("/live/plotly.min.js")
    assert first.headers["content-encoding"] == "gzip"
    assert int(first.headers["content-length"]) < 2_000_000 < len(first.content)
    assert client.get("/live/plotly.min.js", headers={"If-None-Match": first.headers["etag"]}).status_code == 304
    assert client.get("/live/plotly.min.js", headers={"Accept-Encoding": "identity"}).content == first.content
