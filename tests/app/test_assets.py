"""What the pages load by address is there, in its place, and complete."""

from __future__ import annotations

import json
import re
from pathlib import Path
from urllib.parse import urljoin

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from ganlab.app.api.assets import STATIC, asset_routes
from ganlab.app.playground import theme


@pytest.fixture(scope="module")
def client() -> TestClient:
    return TestClient(Starlette(routes=asset_routes()))


def test_everything_that_the_live_page_names_is_served(client: TestClient) -> None:
    named = re.findall(r'(?:href|src)="([^"]+)"', client.get("/live/").text)
    answers = [client.get(urljoin("/live/", name)) for name in named if not name.startswith("data:")]
    assert len(answers) > 30 and all(answer.status_code == 200 for answer in answers)
    kept = [answer for answer in answers if "immutable" in answer.headers["cache-control"]]
    assert len(kept) == len(answers) - 1, "a later visit asks for none of them, and for Plotly once a day"


def test_a_page_loads_all_that_it_imports_ahead_and_by_the_same_addresses(client: TestClient) -> None:
    live = STATIC / "live"
    modules = {path.relative_to(live).as_posix() for path in live.rglob("*.js")}
    loaded = set()
    for page in ("", "class.html"):
        text = client.get(f"/live/{page}").text
        ahead = re.findall(r'modulepreload" href="([^"?]+)(\?[^"]+)"', text)
        imports = json.loads(re.findall(r'importmap">([^<]+)<', text)[0])["imports"]
        assert imports == {f"./{path}": f"./{path}{query}" for path, query in ahead}
        loaded |= {path for path, _ in ahead}
    assert loaded == modules


@pytest.mark.parametrize("query", ["", "?v=", "?v=1-2", "?w=1"])
def test_a_file_in_another_version_is_asked_for_each_time(client: TestClient, query: str) -> None:
    assert client.get(f"/live/live.js{query}").headers["cache-control"] == "no-cache"
    assert client.get(f"/live/none.js{query}").status_code == 404


def test_the_join_page_finds_its_styles(client: TestClient) -> None:
    named = re.findall(r'rel="stylesheet" href="([^"]+)"', (STATIC / "join" / "join.html").read_text())
    answers = {name: client.get(f"/{name}") for name in named}
    assert answers.keys() == {"shared/tokens.css", "join/join.css"}
    assert all(answer.status_code == 200 and answer.headers["cache-control"] == "no-cache" for answer in answers.values())


def test_the_playground_leaves_out_none_of_its_files() -> None:
    folder: Path = STATIC / "playground"
    assert all(path.read_text() in theme.head() for path in folder.glob("*.js"))
    assert all(path.read_text() in theme.style() + theme.head() for path in folder.glob("*.css"))
