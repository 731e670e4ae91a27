"""What the pages load by address is there, in its place, and complete."""

from __future__ import annotations

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
    assert len(named) > 30
    assert not [name for name in named if not name.startswith("data:") and client.get(urljoin("/live/", name)).status_code != 200]


def test_every_module_of_the_live_view_is_loaded_ahead() -> None:
    live = STATIC / "live"
    pages = [page.read_text() for page in live.glob("*.html") if page.name != "index.html"]
    others = {name for page in pages for name in re.findall(r'module" src="([^"]+)"', page)}
    modules = {path.relative_to(live).as_posix() for path in live.rglob("*.js")} - others
    assert modules == set(re.findall(r'(?:modulepreload" href|module" src)="([^"]+)"', (live / "index.html").read_text()))


def test_the_join_page_finds_its_styles(client: TestClient) -> None:
    named = re.findall(r'rel="stylesheet" href="([^"]+)"', (STATIC / "join" / "join.html").read_text())
    answers = {name: client.get(f"/{name}") for name in named}
    assert answers.keys() == {"shared/tokens.css", "join/join.css"}
    assert all(answer.status_code == 200 and answer.headers["cache-control"] == "no-cache" for answer in answers.values())


def test_the_playground_leaves_out_none_of_its_files() -> None:
    folder: Path = STATIC / "playground"
    assert all(path.read_text() in theme.head() for path in folder.glob("*.js"))
    assert all(path.read_text() in theme.style() + theme.head() for path in folder.glob("*.css"))
