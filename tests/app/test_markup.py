"""Text from outside on the pages: names, titles and sentences are shown as they are, and nothing of them is Markdown."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from ganlab.__main__ import main
from ganlab.analysis.jobs import Job
from ganlab.app.views import permissions
from ganlab.app.views.wording import escaped
from ganlab.runtime.run import runs_root
from tests.support import ROOT
from tests.support.fake_runs import FakeRun
from tests.support.whole_app import APP

LOUD = "![x](https://evil.example/a.png) :red[**b**]"
MARKDOWN = re.compile(r"(?<!\\)!(?<!\\)\[x|(?<!\\):red(?<!\\)\[")
PLAIN = {"selectbox", "arrow_data_frame", "text_input", "text_area", "multiselect"}  # shown as text, whatever it is


@pytest.fixture(autouse=True)
def own(own_directories: Path) -> None:
    """Runs and data of the test's own."""


@pytest.mark.parametrize("page", ["home", "runs", "watch", "evaluate", "train"])
def test_no_name_is_markdown_on_a_page(page: str) -> None:
    run = FakeRun(runs_root(), dataset="folder", data_path=f"/data/{LOUD}").start().train(100).checkpoint()
    run.fail(f"{LOUD}: it holds no images.")
    settings = json.loads((run.run.path / "config.json").read_text())
    fork = FakeRun(runs_root(), dataset="folder", data_path="/data/b").start().train(100)
    fork.finish("stopped")
    changes = {"run": run.id, "step": 100, "changes": {"data_path": [LOUD, "b"]}}
    (fork.run.path / "config.json").write_text(json.dumps(settings | {"recipe": LOUD, "parent": changes}))
    asked = {"subjects": [LOUD], "metrics": ["frechet-lenet"], "n": 100, "reference": f"/a/{LOUD}", "split": "train", "seed": 0}
    job = Job.create("evaluate", asked | {"floors": False, "device": "auto"}, LOUD)
    job.write("failures.json", [f"{LOUD}: it holds no images."])
    job.write("outcome.json", {"state": "failed", "sentence": f"failed: {LOUD}"})
    shown = AppTest.from_file(str(APP), default_timeout=120).switch_page(f"pages/{page}.py")
    shown.query_params["data_path"] = LOUD
    shown.query_params["lr"] = LOUD
    shown.run()
    assert not shown.exception
    found = [part.type for part in shown._tree if getattr(part, "type", "") not in PLAIN and MARKDOWN.search(_values(part))]
    assert not found


def _values(part: object) -> str:
    """The texts of an element, as they are sent."""
    values = (getattr(part, name, "") for name in ("value", "label", "help", "body", "placeholder"))
    return "\n".join(value for value in values if isinstance(value, str))


@given(st.text(max_size=60))
def test_an_escaped_text_is_one_line_without_control(text: str) -> None:
    line = escaped(text)
    assert len(line.splitlines()) <= 1 and "\x1b" not in line
    for mark in "*_[]<>`$:!":
        assert line.count(mark) == line.count(f"\\{mark}"), "each is taken literally"


def test_why_something_failed_is_text() -> None:
    assert not MARKDOWN.search(permissions.error_text(ValueError(LOUD)))
    assert "\x1b" not in permissions.error_text(ValueError("\x1b[2J"))


def test_no_page_shows_an_error_as_it_comes() -> None:
    """Through error_text, which escapes it."""
    for path in [*(ROOT / "ganlab" / "app" / "views").rglob("*.py"), *(ROOT / "pages").glob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func).startswith("st.") and node.args:
                assert not ast.unparse(node.args[0]).startswith("str(error"), (path, ast.unparse(node))


def test_label_names_reach_a_terminal_escaped(capsys: pytest.CaptureFixture[str]) -> None:
    run = FakeRun(runs_root(), family="cgan").start().train(10).checkpoint()
    info = run.run.checkpoints()[-1] / "config.json"
    values = json.loads(info.read_text())
    info.write_text(json.dumps(values | {"labels": ["\x1b[2J\n" + str(number) for number in range(len(values["labels"]))]}))
    for arguments in (["sample", run.id, "--label", "99"], ["sample", run.id, "--label", "\x1b[31m"], ["zoo"], ["runs"]):
        main(arguments)
        printed = "".join(capsys.readouterr())
        assert "\x1b" not in printed, arguments
