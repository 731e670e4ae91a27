"""One model for all panels of Play, its checkpoints, an address that loses nothing, and failures where the person looks."""

from __future__ import annotations

from typing import Any

import pytest

from ganlab.runtime.run import Run
from ganlab.runtime.worker import work
from tests.browser.conftest import playwright
from tests.support.app_server import AppServer
from tests.support.small import small

expect = playwright.expect
PATIENCE = 90_000  # milliseconds
PIXELS = "() => document.getElementById('picture').toDataURL()"
SAME = "wanted => document.getElementById('picture')?.toDataURL() === wanted"


@pytest.fixture
def run(app: AppServer, monkeypatch: pytest.MonkeyPatch) -> Run:
    """With checkpoints at 20 and 40, and sheets at every tenth step."""
    monkeypatch.setenv("GANLAB_DATA", str(app.data))
    run = Run.create(small("cgan", steps=40, checkpoint_every=20, sample_every=10), root=app.runs_root)
    work(run)
    return run


def moved(frame: Any, place: int) -> None:
    """The checkpoint slider, by the keyboard."""
    slider = frame.get_by_label("Checkpoint")
    slider.focus()
    slider.press("Home")
    for _ in range(place):
        slider.press("ArrowRight")


def test_a_model_chosen_in_one_panel_is_every_panels_and_survives_a_reload(page: Any, app: AppServer, run: Run) -> None:
    page.set_default_timeout(PATIENCE)
    page.goto(f"{app.url}/play?model={run.id}&seed=5")
    inner = page.frame_locator("iframe").first
    inner.locator("#picture[data-drawn]").wait_for()
    expect(inner.locator("#moment-words")).to_have_text("Step 40, the newest")
    moved(inner, 1)
    expect(inner.locator("#caption")).to_contain_text("No checkpoint was kept at step 10")
    expect(inner.locator("#moment-sheet")).to_be_visible()
    moved(inner, 2)
    inner.locator("#picture[data-drawn*='step%3D20']").wait_for()
    page.wait_for_url("**step%3D20*seed=5*")
    page.reload()
    inner.locator("#picture[data-drawn*='step%3D20&seed=5']").wait_for()
    inner.get_by_role("tab", name="Classes").click()
    inner.locator("#mixture[data-drawn*='step%3D20']").wait_for()
    page.wait_for_url("**tab=classes*")
    inner.get_by_role("tab", name="Translate photos").click()
    inner.get_by_text("draws from z and cannot translate a photo").wait_for()
    inner.get_by_role("button", name="Use “Horses into zebras").click()
    page.wait_for_url("**tab=translate*horse2zebra-light*direction=AtoB*")
    inner.get_by_role("tab", name="Explore").click()
    inner.get_by_text("translates photos and draws nothing from z").locator("visible=true").wait_for()


def test_a_failure_is_read_in_the_panel_below_what_was_used(page: Any, app: AppServer) -> None:
    page.set_default_timeout(PATIENCE)
    page.goto(f"{app.url}/playground/?tab=draw&model=digits-quick")
    find = page.get_by_role("button", name="Find G's closest picture")
    find.click()
    problem = page.get_by_role("alert").filter(has_text="Nothing is drawn yet: draw something first.")
    problem.wait_for()
    distance = problem.bounding_box()["y"] - find.bounding_box()["y"]
    assert 0 < distance < 200
    expect(page.get_by_test_id("toast-body")).to_have_count(0)
    page.get_by_role("button", name="Close this message").click()
    expect(problem).to_have_count(0)


def test_a_way_gets_a_name_and_pictures_come_back(page: Any, app: AppServer) -> None:
    page.set_default_timeout(PATIENCE)
    page.goto(f"{app.url}/playground/?model=digits-cgan&label=3")
    page.locator("#picture[data-drawn]").wait_for()
    known = "() => document.getElementById('copy-z').dataset.latent"
    page.wait_for_function(known)
    first = page.evaluate(PIXELS)
    page.get_by_role("button", name="Start here").click()
    page.get_by_label("range slider for Direction 1", exact=True).press("End")
    page.wait_for_function("old => document.getElementById('picture').toDataURL() !== old", arg=first)
    page.wait_for_function(known)
    there = page.evaluate(PIXELS)
    page.get_by_label("Name of the direction").fill("slant")
    page.get_by_role("button", name="Save the way to here").click()
    for button, expected in (("Undo", first), ("Redo", there), ("Reset sliders", first)):
        page.get_by_role("button", name=button, exact=True).click()
        page.wait_for_function(SAME, arg=expected)
        page.wait_for_function(known)
    page.get_by_role("button", name="Back to picture 1 of").click()
    page.wait_for_function(SAME, arg=first)
    page.reload()  # this browser has kept the direction
    page.wait_for_function(SAME, arg=first)
    expect(page.locator("#own-sliders .own")).to_contain_text("slant")
