"""Explore and Classes in a real browser against the real app, on shipped weights and without data or network."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ganlab.analysis.explore.latents import Latent
from ganlab.app.playground.explore.interpolate import on_the_way
from ganlab.models.pipeline import Pipeline
from tests.support.app_server import AppServer
from tests.support.workers import wait_for

PATIENCE = 60_000  # milliseconds


@pytest.fixture
def window(page: Any) -> Any:
    page.set_default_timeout(PATIENCE)
    return page


def opened(page: Any, app: AppServer, query: str) -> Any:
    page.goto(f"{app.url}/playground/?{query}")
    return page


def latents(page: Any, kind: str) -> list[Latent]:
    """Of the figures that can be seen."""
    page.locator(f".figures.{kind} .latent:visible").first.wait_for()
    texts = page.locator(f".figures.{kind} .latent:visible").evaluate_all("all => all.map(one => one.dataset.latent)")
    return [Latent.parse(text) for text in texts]


def test_a_strip_restores_from_its_link_and_its_latents_can_be_pasted(window: Any, app: AppServer) -> None:
    pipeline = Pipeline.load("shapes-quick")
    wanted = [Latent.of("shapes-quick", z, "heart") for z in on_the_way(pipeline, "3", "4", "slerp", 5)]
    query = "tab=explore&model=shapes-quick&label=heart&between_from=3&between_to=4&between_count=5"
    for _ in range(2):
        opened(window, app, query)
        wait_for(lambda: latents(window, "along") == wanted)  # a strip of the defaults may be drawn before it
        found = latents(window, "along")
        query = window.locator(".copy-link:visible").first.get_attribute("href").removeprefix("?")
    window.context.grant_permissions(["clipboard-read", "clipboard-write"])
    window.locator(".figures.along .latent:visible").last.click()
    window.get_by_text("Latent copied").wait_for()
    window.get_by_label("From: a seed or a latent").focus()
    for keys in ("Control+A", "Control+V"):
        window.keyboard.press(keys)
    window.wait_for_function(
        "z => JSON.parse(document.querySelector('.figures.along .latent').dataset.latent).z[0] === z", arg=found[-1].z[0]
    )
    window.get_by_label("From: a seed or a latent").fill("seven")
    window.get_by_text("This is not JSON").first.wait_for()


def test_a_click_on_the_map_and_the_keyboard_both_find_a_point(window: Any, app: AppServer) -> None:
    opened(window, app, "tab=explore&model=digits-quick&section=map&map_side=5")
    middle = latents(window, "one")[0]
    window.locator("#map img").wait_for()
    box = window.locator("#map img").bounding_box()
    window.mouse.click(box["x"] + box["width"] / 2 + box["height"] * 0.4, box["y"] + box["height"] * 0.1)
    window.get_by_text("+1.00 to the right, +1.00 up").wait_for()
    corner = latents(window, "one")[0]
    assert corner.z != middle.z
    window.get_by_label("range slider for Left to right").focus()
    window.keyboard.press("Home")
    window.get_by_text("-1.00 to the right, +1.00 up").wait_for()


def test_arithmetic_draws_the_sum_of_what_is_typed(window: Any, app: AppServer) -> None:
    opened(window, app, "tab=explore&model=digits-quick&section=sums&sums_a=4&sums_b=4&sums_c=6")
    found = latents(window, "sum")
    assert len(found) == 4 and found[3].z == found[2].z
    window.get_by_label("B: a seed or a latent").fill("5")
    window.wait_for_function(
        "z => JSON.parse([...document.querySelectorAll('.figures.sum .latent')].at(-1).dataset.latent).z[0] !== z",
        arg=found[3].z[0],
    )


def test_a_latent_is_copied_by_a_click(window: Any, app: AppServer) -> None:
    window.context.grant_permissions(["clipboard-read", "clipboard-write"])
    opened(window, app, "tab=explore&model=digits-quick&section=close&close_z=9")
    (latent,) = latents(window, "one")
    window.locator(".figures.one .latent:visible").click()
    window.get_by_text("Latent copied").wait_for()
    assert Latent.parse(window.evaluate("navigator.clipboard.readText()")) == latent
    window.get_by_role("button", name="Find the nearest training images").click()
    window.get_by_text("is not on this machine").first.wait_for()  # MNIST, in this test's empty data folder


def test_two_classes_mix_while_the_slider_moves(window: Any, app: AppServer) -> None:
    opened(window, app, "tab=classes&model=shapes-quick&first=circle&second=heart&seed=5")
    window.get_by_text("50 % circle, 50 % heart").wait_for()
    pixels = "() => document.querySelector('#mixture').toDataURL()"
    half = window.evaluate(pixels)
    slider = window.get_by_label("range slider for Share of the second class")
    slider.focus()
    window.keyboard.press("End")
    window.get_by_text("0 % circle, 100 % heart").wait_for()
    whole = window.evaluate(pixels)
    assert whole != half
    window.keyboard.press("Home")
    window.get_by_text("100 % circle, 0 % heart").wait_for()
    assert window.evaluate(pixels) not in (half, whole)
    assert [latent.label for latent in latents(window, "along")][:3] == ["circle", "square", "triangle"]


def test_the_endpoints_answer_a_client(app: AppServer, tmp_path: Path) -> None:
    from gradio_client import Client
    from PIL import Image

    client = Client(f"{app.url}/playground/", verbose=False, download_files=str(tmp_path))
    picture, latents = client.predict("digits-quick", "0", "1", "slerp", 4, "", api_name="/explore_strip")
    assert Image.open(picture).width == 4 * 58 + 2 and len(latents) == 4
    film = client.predict("digits-quick", "0, 1", "slerp", 4, 10, "GIF", "", api_name="/explore_loop")
    assert Image.open(film).n_frames == 8
    mixed = client.predict("shapes-quick", 0, "circle", "heart", 0.5, 1, api_name="/classes_mix")
    assert Image.open(mixed).size == (28, 28)
    with pytest.raises(Exception, match="no class 'whale'"):
        client.predict("shapes-quick", 0, "circle", "whale", 0.5, 1, api_name="/classes_mix")
