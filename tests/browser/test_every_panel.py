"""Once through every panel of the playground, as after a first start: shipped weights, no data, no run, no network."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from app_server import AppServer

PATIENCE = 90_000  # milliseconds
PIXELS = "id => document.getElementById(id).toDataURL()"
CHANGED = "([id, old]) => document.getElementById(id).toDataURL() !== old"
LOADED = "selector => [...document.querySelectorAll(selector)].some(image => image.naturalWidth > 20 && image.offsetParent)"


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory, browser: Any) -> Iterator[AppServer]:
    home = tmp_path_factory.mktemp("app")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HF_HUB_OFFLINE", "1")
        patch.setenv("HF_HOME", str(home / "empty-cache"))
        with AppServer(home, home / "no-data") as server:
            yield server


@pytest.fixture
def foreign(page: Any) -> list[str]:
    """Addresses beyond this machine that the page asked for; none is let through."""
    asked: list[str] = []

    def refuse(route: Any) -> None:
        asked.append(route.request.url)
        route.abort()

    page.context.route(lambda url: urlsplit(url).scheme.startswith(("http", "ws")) and "127.0.0.1" not in url, refuse)
    return asked


def test_every_panel_works_on_shipped_weights_without_a_network(page: Any, app: AppServer, foreign: list[str]) -> None:
    page.set_default_timeout(PATIENCE)
    page.goto(f"{app.url}/playground/")
    for panel in (draw_from_z, explore, classes, draw, translate, layers):
        panel(page)
    assert page.get_by_test_id("toast-body").count() == 0  # how Gradio tells an error
    assert foreign == []


def opened(page: Any, name: str) -> None:
    """Click on the panel's tab."""
    page.get_by_role("tab", name=name, exact=True).click()


def draw_from_z(page: Any) -> None:
    page.locator("#picture[data-drawn]").wait_for()
    before = page.evaluate(PIXELS, "picture")
    slider = page.get_by_label("range slider for Direction 1", exact=True)
    slider.focus()
    for _ in range(20):
        page.keyboard.press("ArrowRight")
    page.wait_for_function(CHANGED, arg=["picture", before])
    page.get_by_text(re.compile(r"^Step [\d,]+ · drawn in")).wait_for()
    page.wait_for_function(LOADED, arg="#sheet")


def explore(page: Any) -> None:
    opened(page, "Explore")
    page.wait_for_function(LOADED, arg=".figures.along img")
    page.get_by_role("tab", name="Loop").click()
    page.get_by_role("button", name="Make the loop").click()
    page.wait_for_function(LOADED, arg=".crisp img")
    page.get_by_role("tab", name="Map").click()
    page.wait_for_function(LOADED, arg="#map img")
    page.get_by_role("tab", name="A − B + C").click()
    page.wait_for_function(LOADED, arg=".figures.sum img")
    page.get_by_role("tab", name="Is it a copy?").click()
    page.get_by_role("button", name="Find the nearest training images").click()
    page.get_by_text("is not on this machine").first.wait_for()  # one sentence where the data would be needed


def classes(page: Any) -> None:
    opened(page, "Classes")
    page.locator("#mixture-caption", has_text="50 %").wait_for()
    before = page.evaluate(PIXELS, "mixture")
    page.get_by_label("range slider for Share of the second class").press("End")
    page.wait_for_function(CHANGED, arg=["mixture", before])
    page.wait_for_function(LOADED, arg=".classes img")


def draw(page: Any) -> None:
    opened(page, "Draw")
    box = page.locator("#pad").bounding_box()
    corners = [(box["x"] + box["width"] * x, box["y"] + box["height"] * y) for x, y in ((0.3, 0.25), (0.66, 0.25), (0.45, 0.75))]
    page.mouse.move(*corners[0])
    page.mouse.down()
    for corner in corners[1:]:
        page.mouse.move(*corner, steps=8)
    page.mouse.up()
    page.get_by_alt_text("What the model is shown").wait_for()
    page.get_by_role("button", name="Find G's closest picture").click()
    page.get_by_text(re.compile(r"Found: [\d.]+ % off")).wait_for()
    page.wait_for_function(LOADED, arg='.shot img[alt="G\'s closest picture"]')


def translate(page: Any) -> None:
    opened(page, "Translate photos")
    page.locator(".gallery img, .gallery-item img").locator("visible=true").first.click()
    page.get_by_test_id("image").locator("img:visible").first.wait_for()
    page.get_by_role("button", name="Translate", exact=True).click()
    page.get_by_text("pixels in").locator("visible=true").wait_for()


def layers(page: Any) -> None:
    opened(page, "Layers")
    page.wait_for_function(LOADED, arg="#maps img")
    first = page.locator("#layer-caption").inner_text()
    page.locator("#layer input[type=range]").press("ArrowRight")
    page.wait_for_function("old => document.getElementById('layer-caption').innerText !== old", arg=first)
    assert "Total" in page.locator(".layers tfoot").inner_text()
