"""Draw from z by the browser itself: the same pictures as the server's, and one sentence where it cannot be."""

from __future__ import annotations

import io
import os
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from ganlab.app.api.generators import package
from tests.support.app_server import AppServer

PATIENCE = 90_000  # milliseconds
PIXELS = """() => {
    const from = document.getElementById("picture"), copy = document.createElement("canvas");
    [copy.width, copy.height] = [from.width, from.height];
    const context = copy.getContext("2d");
    context.drawImage(from, 0, 0);
    return [...context.getImageData(0, 0, from.width, from.height).data].filter((_, index) => index % 4 === 0);
}"""
DRAWN_BY = "([by, old]) => { const d = document.getElementById('picture').dataset; return d.by === by && d.drawn !== old; }"


@pytest.fixture
def window(page: Any, app: AppServer) -> Any:
    page.set_default_timeout(PATIENCE)
    page.goto(f"{app.url}/playground/?model=shapes-quick&label=4&seed=11")
    page.locator("#picture[data-drawn]").wait_for()
    page.get_by_text("Draw in this browser").click()
    return page


def moved(page: Any, by: str) -> None:
    """Two steps of the first slider; the picture is then drawn `by` the one that is asked for."""
    before = page.locator("#picture").get_attribute("data-drawn")
    slider = page.get_by_label("range slider for Direction 1", exact=True)
    for _ in range(2):
        slider.press("ArrowRight")
        page.wait_for_timeout(50)
    page.wait_for_function(DRAWN_BY, arg=[by, before])


def test_a_cdn_out_of_reach_is_one_sentence_and_the_server_goes_on(window: Any) -> None:
    window.context.route("https://cdn.jsdelivr.net/**", lambda route: route.abort())
    window.get_by_label("This browser, by jsDelivr").check()
    window.get_by_text(
        "onnxruntime-web could not be loaded from cdn.jsdelivr.net (is there a connection?); the server goes on drawing."
    ).wait_for()
    moved(window, "server")


def test_a_cdn_that_sends_something_else_is_not_run(window: Any) -> None:
    evil = {"body": "globalThis.evil = true", "content_type": "text/javascript", "headers": {"Access-Control-Allow-Origin": "*"}}
    window.context.route("https://cdn.jsdelivr.net/**", lambda route: route.fulfill(**evil))
    window.get_by_label("This browser, by jsDelivr").check()
    window.get_by_text("is not the file that is known (wrong checksum); the server goes on drawing.").wait_for()
    assert window.evaluate("globalThis.evil") is None
    moved(window, "server")


@pytest.mark.skipif(package() is None, reason="no onnxruntime-web: set GANLAB_ORT to the dist folder of the npm package")
@pytest.mark.parametrize("way", ["This browser", "This browser, by jsDelivr"])
def test_the_browser_draws_what_the_server_draws(window: Any, app: AppServer, way: str) -> None:
    folder = Path(os.environ["GANLAB_ORT"])
    open_to_all = {"Access-Control-Allow-Origin": "*"}
    window.context.route(
        re.compile(r"https://cdn\.jsdelivr\.net/npm/onnxruntime-web@1\.30\.0/dist/"),
        lambda route: route.fulfill(path=folder / route.request.url.rpartition("/")[2], headers=open_to_all),
    )
    window.get_by_label(way, exact=True).check()
    window.locator("#local-state[data-state=ready]").wait_for()
    asked: list[str] = []
    window.on("request", lambda request: asked.append(request.url) if "/api/picture" in request.url else None)
    moved(window, "browser")
    moved(window, "browser")
    query = window.locator("#picture").get_attribute("data-drawn")
    ours = np.array(window.evaluate(PIXELS))
    assert not [url for url in asked if "&n=" not in url and "count=" not in url]  # no picture by the server but the sheet
    answer = window.request.get(f"{app.url}/api/picture?{query}")
    theirs = np.asarray(Image.open(io.BytesIO(answer.body())).convert("L")).astype(int)
    assert np.abs(ours.reshape(theirs.shape) - theirs).max() <= 1 and theirs.std() > 10
    window.get_by_text(re.compile(r"this browser draws, \d+ pictures")).wait_for()
    window.get_by_label("Server", exact=True).check()
    moved(window, "server")
