"""A stroke of the mouse through the Draw panel and a look through the Layers panel, on the shipped weights alone."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageDraw

from tests.support.app_server import AppServer

PATIENCE = 90_000  # milliseconds
STROKE = [(0.3, 0.25), (0.66, 0.25), (0.45, 0.75)]  # a seven, in parts of the paper


@pytest.fixture
def window(page: Any) -> Any:
    page.set_default_timeout(PATIENCE)
    return page


def draw(page: Any, points: list[tuple[float, float]]) -> None:
    """Press, move and let go on the paper."""
    page.locator("#pad").scroll_into_view_if_needed()
    box = page.locator("#pad").bounding_box()
    places = [(box["x"] + box["width"] * x, box["y"] + box["height"] * y) for x, y in points]
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place, steps=12)
    page.mouse.up()


def open_draw(page: Any, app: AppServer, query: str = "model=digits-quick") -> None:
    page.goto(f"{app.url}/playground/?tab=draw&{query}")
    page.locator("#pad").wait_for()
    page.wait_for_function("() => [...document.querySelectorAll('input')].some(box => box.value.startsWith('Quick digits'))")


def test_a_stroke_is_judged_read_and_found_in_g(window: Any, app: AppServer) -> None:
    open_draw(window, app)
    draw(window, STROKE)
    window.get_by_text("comes without its discriminator").locator("visible=true").first.wait_for()
    window.get_by_text("a classifier trained on this data, reads 7").wait_for()
    window.get_by_role("button", name="Find G's closest picture").click()
    window.get_by_text(re.compile(r"Step \d+ of \d+: ")).wait_for()
    first = window.get_by_alt_text("G's closest picture").get_attribute("src")
    window.get_by_text(re.compile(r"Found: [\d.]+ % off")).wait_for()
    assert window.get_by_alt_text("G's closest picture").get_attribute("src") != first
    assert window.get_by_alt_text("Where they differ").is_visible()
    assert float(window.get_by_text("Found: ").inner_text().split()[1]) < 10
    address = window.get_by_role("tabpanel").locator("visible=true").get_by_text("Copy link").first.get_attribute("href")
    window.get_by_role("button", name="Clear").click()
    window.get_by_text("Draw something").wait_for()
    open_draw(window, app, address.lstrip("?"))
    window.get_by_text("a classifier trained on this data, reads 7").wait_for()  # the drawing was in the address
    assert window.evaluate("() => document.querySelector('#pad').getContext('2d').getImageData(1, 1, 1, 1).data[0]") == 0


def test_undo_and_stop(window: Any, app: AppServer) -> None:
    open_draw(window, app)
    draw(window, STROKE)
    window.get_by_alt_text("What the model sees").wait_for()
    window.get_by_role("button", name="Find G's closest picture").click()
    window.get_by_text(re.compile(r"(Step|Stopped at step) \d+ of \d+: |Found: ")).wait_for()
    window.get_by_role("button", name="Stop").click(force=True)  # a search that has ended meanwhile has disabled it
    window.get_by_text(re.compile(r"(Stopped at step \d+ of \d+|Found): [\d.]+ % off")).wait_for()  # it may be that quick
    window.locator("button:disabled", has_text="Stop").locator("visible=true").wait_for()
    window.get_by_role("button", name="Undo").click()
    window.get_by_text("Draw something").wait_for()


def test_layers_show_their_maps_and_the_table(window: Any, app: AppServer) -> None:
    window.goto(f"{app.url}/playground/?tab=layers&model=digits-quick-conditional&seed=3&label=7")
    window.get_by_text("transposed convolution 1: 32 maps of 14 × 14").wait_for()
    picture = window.locator("#maps img")
    assert picture.evaluate("image => image.naturalWidth") > 500
    before = picture.get_attribute("src")
    assert "Total" in window.locator(".layers tfoot").inner_text()
    window.locator("#layer input[type=range]").press("ArrowRight")
    window.get_by_text("batch norm 2: 32 maps of 14 × 14").wait_for()
    window.wait_for_function("old => document.querySelector('#maps img').src !== old", arg=before)
    assert "batch norm 2" in window.locator(".layers .chosen").inner_text()


def test_the_panels_have_endpoints_with_names(app: AppServer, tmp_path: Path) -> None:
    from gradio_client import Client, handle_file

    image = Image.new("RGB", (100, 100), "white")
    ImageDraw.Draw(image).line([(30, 25), (66, 25), (45, 75)], fill="black", width=8, joint="curve")
    image.save(tmp_path / "seven.png")
    client = Client(f"{app.url}/playground/", verbose=False, download_files=str(tmp_path))
    seven = handle_file(str(tmp_path / "seven.png"))
    closest, residual, found = client.predict(
        photo=seven, model="digits-quick-conditional", label=-1, seed=0, api_name="/draw_closest"
    )
    assert Image.open(closest).size == Image.open(residual).size == (252, 252)
    assert found["reading"] == "7" and found["score"] is None and found["error"] < 0.1 and len(found["z"]) == 16
    picture, caption, table = client.predict(
        photo=None, model="digits-quick", network="G", seed=7, label=0, layer=4, api_name="/layers_maps"
    )
    assert Image.open(picture).width > 500 and "maps of" in caption and table[-1]["layer"] == "total"
