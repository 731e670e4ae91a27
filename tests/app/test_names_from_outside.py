"""1,000 names of any bytes, as folders, zips, classes, runs and addresses: every page and route answers, the rest lives."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient
from streamlit.testing.v1 import AppTest

from ganlab.app.api import routes
from ganlab.app.api.generators import routes as generator_routes
from ganlab.app.api.pictures import routes as picture_routes
from ganlab.app.playground.choice import asked_for
from ganlab.app.playground.latent.panel import arrived, choose
from ganlab.app.playground.model_info import described
from ganlab.app.serving.hub_models import HUB_MODELS, playable
from ganlab.app.serving.pipelines import Pipelines
from ganlab.app.views.status_wording import damage_text
from ganlab.cli.main import main
from ganlab.core.errors import DataError
from ganlab.core.interventions import Command
from ganlab.core.names import clean, decoded, located, message, shown
from ganlab.core.types import Conditioning
from ganlab.data.hub.address import Address, parse
from ganlab.metrics.value import Value
from ganlab.models.catalogue import find_here, models
from ganlab.models.hub.choose_file import choose as choose_file
from ganlab.models.publish.push import content
from ganlab.models.publish.space import write
from ganlab.runtime.checkpoint import INFO
from ganlab.runtime.run import Run, damaged_runs, runs
from ganlab.runtime.worker import work
from tests.support import ROOT
from tests.support.folders import picture, raw_fill, raw_zip
from tests.support.loading import loaded
from tests.support.outside_names import as_text, outside_names
from tests.support.small import small
from tests.support.whole_app import Asked

NAMES = outside_names(1000)
TEXTS = [as_text(name) for name in NAMES]
PIXELS = picture(9, (2, 2))
WHOLE, OLD = "20261130-000001-whole", "20261130-000002-old"


@pytest.fixture(autouse=True)
def nothing_shipped(own_directories: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Only the models that a test makes."""
    monkeypatch.setattr("ganlab.models.catalogue.SHIPPED", own_directories / "shipped")
    monkeypatch.setattr("ganlab.models.pretrained.HUB", ())
    return own_directories / "shipped"


def fit(text: str) -> bool:
    """Whether every place takes this text."""
    return text.encode().decode() == text == shown(text)


# -- data -------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["folder", "zip", "zip that says UTF-8"])
def test_classes_and_files(kind: str, tmp_path: Path) -> None:
    files = {b"%s/%d.png" % (name, i): PIXELS for i, name in enumerate(NAMES[:500])}
    files |= {b"last/%s.png" % name: PIXELS for name in NAMES[500:]}
    if kind == "folder":
        path = raw_fill(tmp_path / as_text(NAMES[0]), files)
    else:
        path = raw_zip(tmp_path / as_text(NAMES[0] + b".zip"), files, utf8=kind != "zip")
    try:
        data = loaded("folder", data_path=shown(str(path)), image_size=8, conditioning=Conditioning.LABEL)
    except DataError as error:
        assert kind == "zip that says UTF-8" and fit(str(error))
        return
    assert all(map(fit, data.label_names)) and len(data.label_names) > 450
    assert len(data.images) >= 990  # names that begin with a dot once they are read are hidden


def test_the_text_of_a_path_leads_back_to_it() -> None:
    plain = [f"/nowhere/{text}" for text in TEXTS if "\\" not in text]
    assert [str(located(shown(path))) for path in plain] == plain


# -- runs -------------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that ended, of classes called by these names."""
    home = tmp_path_factory.mktemp("trained")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GANLAB_DATA", str(home / "data"))
        raw_fill(home / as_text(NAMES[0]), {b"%s/%d.png" % (name, i): PIXELS for name in NAMES[:40] for i in range(2)})
        config = small(
            "cgan", dataset="folder", data_path=str(home / as_text(NAMES[0])), image_size=8, steps=2, checkpoint_every=1
        )
        run = Run.create(config, root=home / "runs")
        work(run)
        assert run.status().state == "finished", run.status()
    return run.path


@pytest.fixture(scope="module")
def folder_of_runs(trained: Path) -> Path:
    """That run, beside one as an older version kept it, with surrogates in every file, and folders of all names."""
    root = trained.parents[1] / f"listed{TEXTS[0]}"
    shutil.copytree(trained, root / WHOLE)
    old = Path(shutil.copytree(trained, root / OLD))
    bad = "".join(TEXTS[:40])
    for file in old.rglob("config.json"):
        values = json.loads(file.read_text())
        values["config"] |= {"data_path": f"/data/{bad}"}
        values |= {
            "recipe": bad,
            **({"labels": [f"{bad}{i}" for i in range(len(values["labels"]))]} if "labels" in values else {}),
        }
        file.write_text(json.dumps(values))
    with sqlite3.connect(old / "metrics.sqlite") as database:
        database.execute("UPDATE state SET value = ? WHERE key = 'sheet_titles'", (json.dumps(TEXTS[:40]),))
        data = json.dumps({"reason": "message", "text": bad})
        database.execute("INSERT INTO annotations(step, time, kind, text, data) VALUES (2, 1, 'failed', '', ?)", (data,))
        database.execute(
            "INSERT INTO annotations(step, time, kind, text) VALUES (2, 1, CAST(x'ffbb' AS TEXT), CAST(x'ff' AS TEXT))"
        )
        database.execute("INSERT INTO metrics VALUES (CAST(x'bbe7' AS TEXT), 1, 'no number')")
    for number, name in enumerate(NAMES):
        folder = root / as_text(name)
        folder.mkdir()
        (folder / "config.json").write_bytes((trained / "config.json").read_bytes() if number % 2 else name)
    for number, values in enumerate(
        ("null", "3", '{"config": null}', '{"config": {"steps": "no"}}', json.dumps({"config": bad}))
    ):
        (root / f"20261130-00001{number}-odd").mkdir()
        (root / f"20261130-00001{number}-odd" / "config.json").write_text(values)
    _measured(root / ".jobs", bad)
    return root


def _measured(folder: Path, bad: str) -> None:
    """A measurement of things called by these names, and others of which nothing can be read."""
    asked = {"subjects": [*TEXTS[:20], OLD], "metrics": ["frechet-lenet"], "n": 20, "reference": bad, "split": "train", "seed": 0}
    facts = {"kind": "evaluate", "arguments": asked | {"floors": True, "device": "auto"}, "title": bad, "created": 1.0}
    value = Value("lenet-mnist distance", 5.19, 0.25, 20, 60, bad, "lenet-mnist b1", "bilinear 28", 0).to_dict()
    measured = [value | {"subject": text} for text in (*TEXTS[:20], OLD)]
    kept = {"values": measured, "failures": TEXTS[:20], "outcome": {"state": "finished", "reason": "", "details": {"parts": bad}}}
    odd: list[dict[str, object]] = [dict.fromkeys((*kept, "progress"), junk) for junk in (3, [3], {"state": 3}, "text", None)]
    for number, files in enumerate([*odd, kept]):
        job = folder / f"20261130-00003{number}-job"
        job.mkdir(parents=True)
        for name, values in ({"job": facts} | files).items():
            (job / f"{name}.json").write_text(json.dumps(values))
    (folder / "20261130-000020-odd").mkdir()
    (folder / "20261130-000020-odd" / "job.json").write_text('{"kind": 3, "arguments": null, "title": [], "created": "x"}')


@pytest.fixture
def listed(folder_of_runs: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The whole run of the folder of runs, which no test changes."""
    monkeypatch.setenv("GANLAB_RUNS", str(folder_of_runs))
    return Run.open(WHOLE)


def test_every_route_answers(listed: Run) -> None:
    client = TestClient(Starlette(routes=[*routes(), *picture_routes(Pipelines()), *generator_routes(Pipelines())]))
    answer = client.get("/api/runs")
    assert answer.status_code == 200
    pages = [
        client.get(f"/api/runs?limit=200&offset={offset}").json()
        for offset in range(0, int(answer.headers["X-Total-Count"]), 200)
    ]
    ids = {item["id"]: item for page in pages for item in page}
    assert {listed.id, OLD} <= {id for id, item in ids.items() if "problem" not in item}
    assert all(fit(item["problem"]) for item in ids.values() if "problem" in item)
    assert len(ids) == 2 + 5 + len({shown(text) for text in TEXTS})
    for id in (listed.id, OLD):
        for what in ("", "/delta", "/detail?from=0&to=2", "/doctor", "/thumbnail.png", "/metrics.csv", "/export.zip"):
            assert client.get(f"/api/runs/{id}{what}").status_code == 200, what
        for address in (
            f"/api/picture?model={id}&seed=1&label=0",
            f"/api/shown?model={id}&seed=1&label=0",
            f"/api/latent?model={id}",
            f"/api/generator?model={id}",
        ):
            assert client.get(address).status_code == 200, address
    assert client.get(f"/api/compare?runs={WHOLE},{OLD}").status_code == 200
    ask = Asked(client.app)
    for number, name in enumerate(NAMES):
        path = ("", "/delta", "/metrics.csv", "/sheets/1.png")[number % 4]
        assert ask("GET", f"/api/runs/{name.decode(errors='replace').replace('?', '')}{path}").status == 404, name
    for name in NAMES[:20]:
        for address in ("/api/compare?runs=", "/api/picture?model=", "/api/shown?model=", "/api/generator?model="):
            assert 400 <= client.get(f"{address}{quote(name)}").status_code < 500, (address, name)
        for command in (as_text(name), "change", "update"):
            with pytest.raises(ValueError) as refusal:
                Command.parse({"command": command, "name": as_text(name)}, listed.config)
            message(refusal.value).encode()


@pytest.mark.parametrize("page", ["home", "runs", "watch", "evaluate", "train"])
def test_every_page_answers(page: str, listed: Run) -> None:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=90)
    app.switch_page(f"pages/{page}.py")
    app.query_params["run"] = OLD
    for number, name in enumerate(("model", "job", "dataset", "data_path", "start_from", "recipe", "fork")):
        app.query_params[name] = shown(TEXTS[number])
    app.run()
    assert not app.exception, [element.message for element in app.exception]
    kinds = (app.markdown, app.caption, app.info, app.warning, app.error)
    said = "\n".join(element.value for kind in kinds for element in kind)
    said.encode()
    if page == "runs":
        assert "is damaged" in said and "more cannot be shown" in said


def test_the_playground_answers(listed: Run) -> None:
    for name in (listed.id, OLD):
        updates = [*arrived(asked_for({"model": name}, "draws")[0], {"model": name}), *choose(name), described(name)]
        assert json.dumps(updates, ensure_ascii=False, default=str).encode()
        assert name in {model.name for model in playable()}
    for text in TEXTS[:4]:
        query = {"model": text, "label": text, "offsets": text, "z": text}
        arrived(asked_for(query, "draws")[0], query)


@pytest.mark.parametrize("words", [["runs"], ["runs", "--json"], ["zoo"], ["zoo", "--json"], ["queue"]])
def test_every_list_of_the_terminal_answers(words: list[str], listed: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 0
    said, _ = capsys.readouterr()
    assert said.encode() and (listed.id in said or words == ["queue"])


def test_a_terminal_that_prints_ascii_alone_is_enough(listed: Run) -> None:
    made = subprocess.run(
        [sys.executable, "-m", "ganlab", "runs"], capture_output=True, env=os.environ | {"PYTHONIOENCODING": "ascii"}, cwd=ROOT
    )
    assert made.returncode == 0 and listed.id.encode() in made.stdout, made.stderr[-500:]


def test_what_cannot_be_a_run_is_named_once(listed: Run) -> None:
    assert {run.id for run in runs()} == {listed.id, OLD}
    sentences = [damage_text(run.id, damage) for run, damage in damaged_runs().items()]
    assert len(sentences) == 5 + len({shown(text) for text in TEXTS}) and all(map(fit, sentences))
    for text in TEXTS:
        with pytest.raises(ValueError):
            Run.open(text)


# -- models and the Hub -----------------------------------------------------------------------------------------------------


def test_shipped_folders_of_any_name(listed: Run, nothing_shipped: Path, tmp_path: Path) -> None:
    newest = listed.checkpoints()[-1]
    for text in TEXTS[:20]:
        (nothing_shipped / text).mkdir(parents=True)
        shutil.copy(newest / INFO, nothing_shipped / text / INFO)
        (nothing_shipped / text / "README.md").write_bytes(b"---\nlicense: \xff\x1b\nsummary: \xbb\n---\n# " + os.fsencode(text))
    found = models()
    assert len(found) == 22 and all(
        fit(text) for model in found for text in (model.name, model.title, model.summary, model.licence)
    )
    assert all(find_here(model.name) for model in found[::5])
    write(tmp_path / "space", [found[5].name])
    assert (tmp_path / "space" / "README.md").read_text("utf-8")
    pushed = content(OLD, "org/name")
    assert all(fit(line) for line in pushed["README.md"].decode().splitlines())
    kept = json.loads(pushed["config.json"])
    assert kept == clean(kept)


def test_addresses_on_the_hub(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    for text in TEXTS:
        for typed in (text, f"org/{text}", f"org/name@{text}", f"org/name/{text}.pth", f"https://huggingface.co/{text}"):
            try:
                parse(typed)
            except ValueError as error:
                assert fit(str(error)), typed
    for text in TEXTS[:100]:
        with pytest.raises(ValueError) as refusal:
            next(HUB_MODELS.fetching(f"org/{text}"))
        str(refusal.value).encode()


def test_files_of_a_repository() -> None:
    for text in TEXTS:
        try:
            choose_file([text, f"{text}.pth", f"{text}/{text}.bin"], Address("org/name"))
        except ValueError as error:
            str(error).encode()


def test_names_are_read_the_same_in_any_order() -> None:
    assert decoded(NAMES) == decoded(reversed(NAMES))
