"""The document of Streamlit's pages: what stands in it before Streamlit's own scripts."""

from __future__ import annotations

import re

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from ganlab.app.index_page import PAGES, routes
from tests.support import ROOT


@pytest.fixture(scope="module")
def client() -> TestClient:
    return TestClient(Starlette(routes=routes()))


@pytest.mark.parametrize("page", ["", *PAGES])
def test_styles_and_scripts_come_before_those_of_streamlit(page: str, client: TestClient) -> None:
    answer = client.get(f"/{page}")
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-cache")
    text = answer.text
    assert "<title>GANLab</title>" in text
    order = [text.index(one) for one in ("--page-width", "ganlabArriving =", "__streamlit =", "./static/js")]
    assert order == sorted(order) and order[-1] > 0
    assert ("1760px" in text) == (page in ("watch", "runs", "play"))


def test_every_page_is_one_of_the_files() -> None:
    assert set(PAGES) == {path.stem for path in (ROOT / "pages").glob("*.py")}


def test_no_address_in_it_is_absolute(client: TestClient) -> None:
    """It holds behind a proxy that strips a prefix."""
    assert not re.search(r'(?:src|href)="/', client.get("/train").text)
