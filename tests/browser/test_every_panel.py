"""Once through every panel of the playground, as after a first start: shipped weights, no data, no run, no network."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.support.app_server import AppServer

PATIENCE = 90_000  # milliseconds
PIXELS = "id => document.getElementById(id).toDataURL()"
CHANGED = "([id, old]) => document.getElementById(id).toDataURL() !== old"
LOADED = "selector => [...document.querySelectorAll(selector)].some(image => image.naturalWidth > 20 && image.offsetParent)"
# The lowest slider is scrolled to, and the picture is still there, above it.
SEEN_TOGETHER = """() => {
    const lowest = [...document.querySelectorAll('.sliders input[type=range]')].at(-1);
    lowest.scrollIntoView({ block: 'end' });
    const [slider, picture] = [lowest, document.getElementById('picture')].map((one) => one.getBoundingClientRect());
    return scrollY > 0 && picture.top >= 0 && picture.bottom < slider.top && slider.bottom <= innerHeight;
}"""


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
        fits_a_phone(page)
    assert page.locator("#problem").count() == 0
    assert foreign == []


def fits_a_phone(page: Any) -> None:
    """Nothing is wider than a phone's window; then the window is as before."""
    before = page.viewport_size
    page.set_viewport_size({"width": 390, "height": 844})
    page.wait_for_function("() => innerWidth === 390 && document.documentElement.scrollWidth <= 390")
    page.set_viewport_size(before)


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
    fits_a_phone(page)
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
    paper = page.locator("#pad")
    for key, times in (("ArrowUp", 12), ("ArrowLeft", 8), (" ", 1), ("ArrowRight", 16), ("ArrowDown", 20), (" ", 1)):
        for _ in range(times):
            paper.press(key)  # a seven, by the keyboard alone; test_draw_layers.py draws with the mouse
    page.get_by_alt_text("What the model sees").wait_for()


def translate(page: Any) -> None:
    opened(page, "Translate photos")
    page.get_by_text("draws from z and cannot translate a photo").wait_for()
    page.get_by_role("button", name="Use “Horses into zebras").click()
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


def test_a_refused_picture_is_asked_for_again_and_a_z_is_taken_along(page: Any, app: AppServer) -> None:
    page.set_default_timeout(PATIENCE)
    refused: list[str] = []

    def refuse_once(route: Any) -> None:
        if "offsets" in route.request.url and not refused:
            refused.append(route.request.url)
            return route.fulfill(status=503, headers={"Retry-After": "1"}, json={"error": "Too many."})
        return route.continue_()

    page.route("**/api/picture?*", refuse_once)
    page.goto(f"{app.url}/playground/?model=digits-cgan")
    page.locator("#picture[data-drawn]").wait_for()
    page.get_by_label("range slider for Direction 1", exact=True).press("End")  # once, and never touched again
    page.locator("#picture[data-drawn*='offsets=4']").wait_for()
    assert refused
    page.wait_for_function("() => document.getElementById('copy-z').dataset.latent")
    moved, latent = page.evaluate(PIXELS, "picture"), page.evaluate("() => document.getElementById('copy-z').dataset.latent")
    page.get_by_role("button", name="Reset sliders").click()
    page.wait_for_function(CHANGED, arg=["picture", moved])
    page.get_by_role("button", name="Draw a copied z").click()
    page.get_by_label("A z as JSON, or a seed").fill(latent)
    page.get_by_role("button", name="Draw it").click()
    page.wait_for_function("([id, old]) => document.getElementById(id).toDataURL() === old", arg=["picture", moved])
    assert "z=" in page.locator("#picture").get_attribute("data-drawn") and "pasted" not in page.url


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_on_a_phone_picture_and_sliders_are_in_sight_and_nothing_is_too_wide(page: Any, app: AppServer, theme: str) -> None:
    page.set_default_timeout(PATIENCE)
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{app.url}/playground/?model=digits-cgan&__theme={theme}")
    page.locator("#picture[data-drawn]").wait_for()
    page.wait_for_function("() => document.querySelector('.sliders input[type=range]').getBoundingClientRect().bottom < 844")
    page.set_viewport_size({"width": 390, "height": 500})  # else all of the sliders fit as it is
    page.wait_for_function(SEEN_TOGETHER)
    ground = page.evaluate("() => getComputedStyle(document.getElementById('drawn')).backgroundColor")
    assert ground == {"light": "rgb(255, 255, 255)", "dark": "rgb(14, 17, 23)"}[theme]
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 390
