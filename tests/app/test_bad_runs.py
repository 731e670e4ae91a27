"""Damaged runs break nothing but themselves; `benchmarks/bad_runs.py` does the same to 2,000 of them."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from ganlab.app.api import routes
from ganlab.app.serving.pipelines import Pipelines
from ganlab.cli.main import main
from ganlab.core import kept
from ganlab.runtime import run_settings, store
from ganlab.runtime.run import Run, damaged_runs, runs, runs_root
from tests.app.test_pages import ran, texts, visit
from tests.support.bad_runs import bad_run
from tests.support.every_look import PAGES, Looks
from tests.support.fake_runs import FakeRun

COUNT = 60


@pytest.fixture
def whole(fake: Callable[..., FakeRun]) -> Run:
    return fake(recipe="shapes-quick", steps=300).start().train(200).checkpoint().train(100).checkpoint().finish().run


def test_no_look_at_damaged_runs_raises(whole: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logging.getLogger("ganlab"), "propagate", True)
    model = Path(shutil.copytree(whole.path, tmp_path / "model"))
    bad = [bad_run(Random(number), model, runs_root(), number) for number in range(COUNT)]
    looks = Looks(tmp_path)
    for page in PAGES:
        looks.page(page, bad[0].name)
    plain = [path.name for path in bad if path.name.isascii() and path.name.isprintable()]
    looks.routes(whole.id, plain[:10])
    looks.verbs(whole.id, plain[:3])
    looks.delete_the_damaged()
    assert looks.faults == [] and whole.id in {run.id for run in runs()}


def test_a_damaged_run_can_be_deleted_on_the_page(whole: Run) -> None:
    broken = Run(Path(shutil.copytree(whole.path, runs_root() / "20261130-000000-broken")))
    for path in broken.path.rglob("config.json"):
        path.write_text('{"config": null}')
    page = visit("runs")
    assert "recipe is missing: restore it or delete the run" in texts(page).replace("\\", "")
    (button,) = (button for button in page.button if button.key and button.key.startswith("runs.broken/"))
    page = ran(button.click().run())
    ran(page.button(key="runs.delete").click().run())
    assert damaged_runs() == {} and [run.id for run in runs()] == [whole.id]


def test_the_list_comes_in_pages_with_its_total(fake: Callable[..., FakeRun]) -> None:
    ids = sorted((fake().id for _ in range(5)), reverse=True)
    (Run.open(ids[1]).path / "config.json").write_text("{")
    client, seen = TestClient(Starlette(routes=routes())), []
    address = "/api/runs?limit=2"
    while address:
        answer = client.get(address)
        assert answer.headers["X-Total-Count"] == "5" and len(answer.json()) <= 2
        seen += [item["id"] for item in answer.json()]
        address = f"/api/runs{answer.links['next']['url']}" if answer.links else ""
    assert seen == ids
    for query in ("limit=0", "limit=201", "limit=-1", "limit=x", "offset=x"):
        assert client.get(f"/api/runs?{query}").status_code == (200 if query == "limit=0" else 400), query
    assert client.get("/api/runs?offset=99999999999").json() == []


def test_a_second_look_reads_only_what_has_changed(
    whole: Run, fake: Callable[..., FakeRun], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(kept, "_SETTLED", -1)
    for _ in range(5):
        fake(steps=10).start().finish()
    assert main(["runs"]) == 0
    opened: list[object] = []
    begun, read = store._begun, run_settings.read_bounded
    monkeypatch.setattr(store, "_begun", lambda *words: opened.append(words) or begun(*words))
    monkeypatch.setattr(run_settings, "read_bounded", lambda *words: opened.append(words) or read(*words))
    assert main(["runs"]) == 0 and opened == []
    (whole.path / "config.json").write_text((whole.path / "config.json").read_text() + "\n")
    assert main(["runs"]) == 0 and len(opened) == 1
    first, again, changed = capsys.readouterr().out.split(whole.id)[1:]
    assert first.splitlines()[0] == again.splitlines()[0] == changed.splitlines()[0]


def test_a_damaged_sheet_costs_its_card_alone(whole: Run) -> None:
    whole.sample_path(whole.samples()[-1]).write_bytes(b"no picture")
    page = ran(visit("home"))
    assert "Its newest picture is damaged." in texts(page) and "Ten shapes" in texts(page)


def test_weights_that_are_a_link_in_a_circle_are_one_sentence(whole: Run) -> None:
    model = whole.checkpoints()[-1] / "model.safetensors"
    model.unlink()
    model.symlink_to(model.name)
    with pytest.raises(ValueError, match=r"cannot be read \(Too many"):
        Pipelines().get(whole.id)
