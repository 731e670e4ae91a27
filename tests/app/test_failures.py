"""What a visitor and the log read where something failed: one sentence as text, and one line."""

from __future__ import annotations

import ast
import logging
from collections.abc import Iterator
from typing import Any

import gradio as gr
import gradio.queueing
import gradio.route_utils
import gradio.routes
import pytest
from fastapi import FastAPI
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from ganlab.app import compat
from ganlab.app.playground import failures
from ganlab.core.names import shown
from tests.support import ROOT
from tests.support.whole_app import Asked

LOUD = '<img src="https://evil.example/a.png"> ![x](https://evil.example/b.png)'


@pytest.mark.parametrize("notice", [failures.refusal, failures.warn])
def test_what_is_from_outside_is_text(notice: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    warnings: list[str] = []
    monkeypatch.setattr(gr, "Warning", lambda text, **_: warnings.append(text))
    for reason in (f"{LOUD}\x1b[2J", ValueError(f"{LOUD}\x1b[2J")):
        error = notice(reason)
        text = error.message if error else warnings[-1]
        assert "<" not in text and "&lt;img" in text
    assert "\x1b" not in text and "\\x1b" in text, "what an error says is escaped as names are"


def test_notices_are_made_in_one_place() -> None:
    """gr.Error and its like show HTML: what they are given comes through failures.py."""
    makers = {"Error", "Warning", "Info", "Success"}
    for path in (ROOT / "ganlab" / "app").rglob("*.py"):
        calls = [node.func for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
        found = [one.attr for one in calls if isinstance(one, ast.Attribute) and ast.unparse(one.value) == "gr"]
        assert path.name == "failures.py" or not makers & set(found), path


@given(st.text())
def test_an_error_is_one_line(text: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        lines: list[str] = []
        patch.setattr(failures._LOG, "warning", lambda form, *values, **_: lines.append(form % values))
        try:
            raise ValueError(text)
        except ValueError as error:
            failures.log(error)
        (line,) = lines
    assert shown(line) == line and len(line.splitlines()) == 1 and line.startswith("ValueError: ") and "test_failures.py:" in line


@pytest.fixture
def small() -> Iterator[TestClient]:
    """An app of Gradio's whose one endpoint takes a number, behind our own layer."""
    with pytest.MonkeyPatch.context() as patch:
        for module in (gradio.queueing, gradio.route_utils, gradio.routes):
            patch.setattr(module, "traceback", module.traceback)
        compat.log_failures(failures.log)
        with gr.Blocks() as demo:
            number = gr.Number()

            def half(value: float) -> float:
                if value < 0:
                    raise failures.refusal("There is none of it.")
                return 1 / value

            gr.Button().click(half, number, number, api_name="half")
        app = FastAPI()
        gr.mount_gradio_app(app, demo, path="/p", ssr_mode=False, show_error=False)
        next(route.app for route in app.routes if getattr(route, "path", "") == "/p").add_middleware(failures.OneLine)
        with TestClient(app, raise_server_exceptions=False) as client:
            yield client


def test_a_bad_call_is_at_most_one_line(small: TestClient, capfd: Any, caplog: pytest.LogCaptureFixture) -> None:
    bad: list[tuple[str, Any, int]] = [
        ("run/half", {"data": ["x"]}, 1),
        ("run/half", {"data": [0]}, 1),
        ("run/half", {"data": []}, 1),
        ("run/half", {"data": [-1]}, 0),
        ("run/nothing", {"data": [1]}, 1),
        ("queue/join", {"data": [1], "fn_index": 99, "session_hash": "a"}, 1),
    ]
    for path, body, lines in bad:
        caplog.clear()
        answer = small.post(f"/p/gradio_api/{path}", json=body)
        assert answer.status_code >= 400 and len(answer.content) < 300
        written = [record for record in caplog.records if record.levelno >= logging.WARNING]
        assert [len(record.getMessage().splitlines()) for record in written] == [1] * lines, (path, body)
        assert not any(record.exc_info for record in written)
    assert "Traceback" not in "".join(capfd.readouterr())


def test_an_answer_that_was_begun_is_ended(caplog: pytest.LogCaptureFixture) -> None:
    async def broken(scope: Any, receive: Any, send: Any) -> None:
        if scope["path"] == "/begun":
            await send({"type": "http.response.start", "status": 200, "headers": []})
        raise RuntimeError("no\nmore")

    ask = Asked(failures.OneLine(broken))
    assert (ask("GET", "/").status, ask("GET", "/").error) == (400, "This request could not be understood.")
    assert ask("GET", "/begun").status == 200
    assert ask("WEBSOCKET", "/").status == 0
    assert "RuntimeError: no more (test_failures.py:" in caplog.text
