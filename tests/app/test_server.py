"""The one port: what `streamlit run app.py` serves, behind a proxy too, and what it says when the port is taken."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import httpx
import pytest

from ganlab.app.asgi import Prefix
from tests.support.app_server import ROOT, AppServer


@pytest.fixture
def client(app: AppServer) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=app.url) as client:
        yield client


def test_app_py_stays_short() -> None:
    assert len((ROOT / "app.py").read_text().splitlines()) < 120


@pytest.mark.parametrize(
    "path", ["/", "/train", "/watch", "/runs", "/play", "/live/", "/playground/", "/font.woff2", "/api/runs"]
)
def test_everything_is_on_one_port(path: str, client: httpx.Client) -> None:
    assert client.get(path).status_code == 200


def test_the_playground_is_found_without_its_slash(client: httpx.Client) -> None:
    answer = client.get("/playground?model=a&seed=3")
    assert (answer.status_code, answer.headers["location"]) == (307, "playground/?model=a&seed=3")


def test_a_wrong_picture_is_a_sentence(client: httpx.Client) -> None:
    answer = client.get("/api/picture?model=nothing")
    assert (answer.status_code, answer.json()) == (400, {"error": "There is no model named 'nothing'."})


def test_it_holds_behind_a_proxy_that_strips_a_prefix(client: httpx.Client) -> None:
    """As nginx with a trailing slash does: the path comes without the prefix, a header names it."""
    headers = {"X-Forwarded-Prefix": "/lab", "X-Forwarded-Host": "example.org", "X-Forwarded-Proto": "https"}
    for path in ("/", "/train", "/live/", "/api/runs", "/_stcore/health"):
        assert client.get(path, headers=headers).status_code == 200, path
    page = client.get("/playground/", headers=headers).text
    config = json.loads(re.search(r"window\.gradio_config = (\{.*?\});</script>", page)[1])
    assert urljoin("https://example.org/lab/playground/", config["root"]) == "https://example.org/lab/playground/"


def test_uploads_to_the_playground_are_bounded(client: httpx.Client) -> None:
    """Gradio's own limit holds for a client that is no browser."""
    answer = client.post("/playground/gradio_api/upload", files={"files": ("x.bin", b"0" * (2**26 + 2**20))})
    assert answer.status_code >= 400


def test_a_taken_port_is_said_plainly(app: AppServer) -> None:
    second = subprocess.run(app.command(), cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert second.returncode != 0
    assert f"Port {app.port} is not available" in second.stdout + second.stderr
    assert "Traceback" not in second.stderr


def test_it_answers_only_this_machine(app: AppServer) -> None:
    """The server's socket is bound to the loopback address."""
    hexadecimal = f"0100007F:{app.port:04X}"
    listening = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    addresses = {fields[1] for fields in listening if fields[3] == "0A" and fields[1].endswith(f":{app.port:04X}")}
    assert addresses == {hexadecimal}


@pytest.mark.parametrize(
    ("prefix", "base", "asked", "root", "path"),
    [
        ("/lab", "", "/x", "/lab", "/lab/x"),
        ("/a/b/", "", "/x", "/a/b", "/a/b/x"),
        ("", "", "/x", "", "/x"),
        ("evil", "", "/x", "", "/x"),
        ("", "/lab", "/lab/x", "/lab", "/lab/x"),
        ("/hub", "/lab", "/lab/x", "/hub/lab", "/hub/lab/x"),
        ("", "/lab", "/x", "", "/x"),  # a proxy has stripped it
        ("", "/lab", "/labour", "", "/labour"),
    ],
)
def test_the_prefix_becomes_the_root_path(prefix: str, base: str, asked: str, root: str, path: str) -> None:
    seen: list[dict[str, Any]] = []

    async def inner(scope: Any, receive: Any, send: Any) -> None:
        seen.append(scope)

    scope = {"type": "http", "path": asked, "headers": [(b"x-forwarded-prefix", prefix.encode())]}
    coroutine = Prefix(inner, base)(scope, None, None)  # type: ignore[arg-type]
    with pytest.raises(StopIteration):
        coroutine.send(None)
    assert (seen[0].get("root_path", ""), seen[0]["path"]) == (root, path)
