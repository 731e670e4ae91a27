"""What a newcomer does, in a real browser against the real app: train, watch, scrub, stop, play."""

from __future__ import annotations

from typing import Any

import pytest

from ganlab.runtime.run import Run, runs
from tests.browser.conftest import playwright
from tests.support.app_server import AppServer

LOSSES = ".chart.loss .plot"
PATIENCE = 60_000  # milliseconds: two cores train, serve and render at the same time


@pytest.fixture
def window(app: AppServer, page: Any) -> Any:
    page.set_default_timeout(PATIENCE)
    return page


def pick(page: Any, label: str, option: str) -> None:
    """Choose from one of Streamlit's select boxes as a person does; again, where the page was drawn anew under the pointer."""
    for patience in (5_000, 5_000, PATIENCE):
        page.get_by_role("combobox", name=label).click()
        page.keyboard.type(option)
        try:
            page.get_by_role("option", name=option).first.click(timeout=patience)
            return
        except playwright.TimeoutError:
            page.keyboard.press("Escape")
    raise AssertionError(f"{option} could not be chosen from {label}")


def enter(page: Any, label: str, value: int) -> None:
    field = page.get_by_role("spinbutton", name=label, exact=True)
    field.fill(str(value))
    field.press("Enter")


def start(page: Any, app: AppServer, dataset: str) -> Run:
    """A small, fast run through the form; ends on its live view."""
    before = {run.id for run in runs(app.runs_root)}
    page.get_by_role("link", name="Train", exact=True).click()
    page.get_by_role("radio", name="A family and a data set").click()
    pick(page, "Family", "GAN (2014)")
    pick(page, "Data set", dataset)
    page.get_by_text(f"GAN on {dataset}").wait_for()
    for label, value in (("Batch size", 16), ("Sheet every … steps", 20), ("Steps", 50_000)):
        enter(page, label, value)
    page.get_by_text("50,000 steps").wait_for()
    page.get_by_role("button", name="Start training").dblclick()
    page.wait_for_url("**/watch?run=*")
    (run,) = [run for run in runs(app.runs_root) if run.id not in before]  # the double click started one
    assert page.url.endswith(f"run={run.id}")
    assert run.settings.batch_size == 16
    return run


def live(page: Any) -> Any:
    """The live view inside the page."""
    return page.frame_locator("iframe[title='Live view']")


def wait_until(page: Any, title: str, condition: str, argument: Any = None) -> None:
    """Until the condition holds inside the frame of that title."""
    frame(page, title).wait_for_function(condition, arg=argument, timeout=PATIENCE)


def frame(page: Any, title: str) -> Any:
    """A frame whose scripts can be asked, once it has loaded."""
    inside = page.locator(f"iframe[title='{title}']").element_handle().content_frame()
    inside.wait_for_url(lambda url: url.startswith("http"))
    return inside


def shown_step(page: Any) -> int:
    return int(live(page).locator("canvas").first.get_attribute("data-step"))


def test_a_form_starts_one_run(window: Any, app: AppServer) -> None:
    window.goto(app.url)
    run = start(window, app, "Shapes")
    live(window).locator("canvas").first.wait_for()
    stop(window, run)


def test_without_a_network_from_home_to_a_trained_model(window: Any, app: AppServer) -> None:
    before = {run.id for run in runs(app.runs_root)}
    window.goto(app.url)
    window.get_by_role("heading", name="Watch a machine learn to draw").wait_for()
    window.get_by_role("button", name="Train digits now").click()
    window.get_by_text("The digits cannot be downloaded now").wait_for()
    assert {run.id for run in runs(app.runs_root)} == before
    window.get_by_role("button", name="Train shapes").click()
    window.wait_for_url("**/watch?run=*")
    (run,) = [run for run in runs(app.runs_root) if run.id not in before]
    curves_and_sheets_advance(window)
    zoom_is_kept(window)
    scrubs(window)
    stop(window, run)
    window.get_by_role("link", name="Home", exact=True).click()
    window.get_by_role("link", name="Play with this").first.wait_for()
    assert run.id in window.get_by_role("link", name="Play with this").first.get_attribute("href")
    window.go_back()
    window.get_by_role("button", name="Play with this").click()
    window.wait_for_url("**/play?model=*")
    plays(window, run)


def curves_and_sheets_advance(page: Any) -> None:
    last = "plot => document.querySelector(plot)?.data?.[0]?.x.at(-1) ?? -1"
    wait_until(page, "Live view", f"plot => ({last})(plot) > 0", LOSSES)
    live(page).locator("canvas").first.wait_for()
    point, sheet = frame(page, "Live view").evaluate(last, LOSSES), shown_step(page)
    wait_until(page, "Live view", f"([plot, point]) => ({last})(plot) > point", [LOSSES, point])
    wait_until(page, "Live view", "step => Number(document.querySelector('canvas').dataset.step) > step", sheet)
    # The frame is as tall as what it shows: only the page scrolls.
    overflow = frame(page, "Live view").evaluate("document.documentElement.scrollHeight - document.documentElement.clientHeight")
    assert overflow <= 1


def zoom_is_kept(page: Any) -> None:
    box = live(page).locator(f"{LOSSES} .nsewdrag").bounding_box()
    y = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + 0.2 * box["width"], y)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.6 * box["width"], y, steps=6)
    page.mouse.up()
    axis = "plot => document.querySelector(plot).layout.xaxis"
    wait_until(page, "Live view", f"plot => ({axis})(plot).autorange !== true", LOSSES)
    zoomed = frame(page, "Live view").evaluate(f"plot => ({axis})(plot).range", LOSSES)
    step = "() => Number(document.querySelector('dd').textContent.split(' ')[0].replaceAll(',', ''))"
    then = frame(page, "Live view").evaluate(step)
    wait_until(page, "Live view", f"then => ({step})() >= then + 20", then)
    assert frame(page, "Live view").evaluate(f"plot => ({axis})(plot).range", LOSSES) == pytest.approx(zoomed)


def scrubs(page: Any) -> None:
    scrubber = live(page).get_by_role("slider", name="Step")
    newest = live(page).locator("canvas").first.evaluate("canvas => canvas.toDataURL()")
    scrubber.focus()
    page.keyboard.press("Home")
    wait_until(page, "Live view", "() => document.querySelector('canvas').dataset.step === '0'")
    assert live(page).locator("canvas").first.evaluate("canvas => canvas.toDataURL()") != newest


def stop(page: Any, run: Run) -> None:
    live(page).get_by_role("button", name="Stop", exact=True).click()
    live(page).locator("dialog").get_by_role("button", name="Stop").click()
    live(page).get_by_text("Stopped", exact=True).wait_for()
    page.get_by_role("button", name="Resume").wait_for()
    assert run.status().state == "stopped"
    assert run.checkpoints()


def plays(page: Any, run: Run) -> None:
    playground = page.frame_locator("iframe[title='Playground']")
    playground.locator("#picture[data-drawn]").wait_for()
    pixels = "() => { const canvas = document.querySelector('#picture'); return [canvas.width, canvas.toDataURL()]; }"
    size, before = frame(page, "Playground").evaluate(pixels)
    assert size == 28
    assert run.id in playground.locator("#picture").get_attribute("data-drawn")
    slider = playground.get_by_role("slider", name="range slider for Direction 1", exact=True)
    slider.focus()
    page.keyboard.press("End")
    wait_until(page, "Playground", "() => document.querySelector('#picture').dataset.drawn.includes('offsets=4')")
    moved = frame(page, "Playground").evaluate(pixels)[1]
    assert moved != before
    playground.get_by_role("button", name="Reset sliders").click()
    wait_until(page, "Playground", "() => !document.querySelector('#picture').dataset.drawn.includes('offsets')")
    assert frame(page, "Playground").evaluate(pixels)[1] == before
    playground.get_by_role("button", name="Resample").click()
    wait_until(page, "Playground", "() => !document.querySelector('#picture').dataset.drawn.includes('seed=0')")
    drawn = frame(page, "Playground").evaluate(pixels)[1]
    assert drawn != before
    href = "document.querySelector('#link').href"  # links follow a little later than the picture
    wait_until(page, "Playground", f"() => {href}.includes('/play?') && !{href}.includes('seed=0')")
    page.goto(playground.locator("#link").get_attribute("href"))  # what was copied leads back to the same picture
    playground.locator("#picture[data-drawn]").wait_for()
    assert frame(page, "Playground").evaluate(pixels)[1] == drawn
