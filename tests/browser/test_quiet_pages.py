"""Every page stands still while it opens, asks for nothing in vain, and can be read and worked by all: axe-core finds nothing
serious in either theme, a phone has the whole navigation, and the keyboard reaches a run of the table in three keys.
"""

from __future__ import annotations

from typing import Any

import pytest

from benchmarks.pages import OBSERVE, PAGES, cumulative, wait
from tests.support import ROOT
from tests.support.app_server import AppServer
from tests.support.fake_runs import FakeRun

PATIENCE = 90_000  # milliseconds
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
FINDINGS = """async () => (await axe.run(document, { iframes: false, resultTypes: ["violations"] })).violations
    .filter(({ impact }) => ["serious", "critical"].includes(impact))
    .flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html.slice(0, 200)} ${node.failureSummary}`))"""
SCREENS = """() => {
    const main = document.querySelector("[data-testid=stMain]");
    return [main.scrollHeight / innerHeight, main.scrollWidth, document.documentElement.scrollWidth];
}"""
IN_THE_TABLE = "() => document.activeElement.tagName === 'CANVAS'"


@pytest.fixture(scope="module")
def run(app: AppServer) -> str:
    made = FakeRun(app.runs_root, recipe="shapes-quick", steps=600)
    made.start().train(600).checkpoint().finish()
    return made.id


def opened(page: Any, app: AppServer, run: str, name: str) -> None:
    """Go to a page and wait until what a person came for is there."""
    path, _, whole = PAGES[name]
    page.goto(f"{app.url}/{path.format(run=run)}")
    wait(page, whole)


@pytest.mark.parametrize(("theme", "width"), [("light", 1280), ("dark", 1920)])
def test_pages_are_still_and_have_no_serious_finding(browser: Any, app: AppServer, run: str, theme: Any, width: int) -> None:
    if not AXE.is_file():
        pytest.skip("no axe-core: npm ci")
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=theme)
    context.add_init_script(OBSERVE)
    page, wrong, axe = context.new_page(), [], AXE.read_text()
    page.set_default_timeout(PATIENCE)
    page.on("response", lambda answer: answer.status == 404 and wrong.append(f"404: {answer.url}"))
    page.on("pageerror", lambda error: wrong.append(f"thrown: {error}"))
    for name in PAGES:
        opened(page, app, run, name)
        page.wait_for_timeout(300)
        frames = [frame for frame in page.frames if frame.url.startswith("http")]
        shift = sum(cumulative(frame.evaluate("() => window.benchShifts")) for frame in frames)
        wrong += [f"{name}: shift {shift:.2f}"] * (shift >= 0.1)
        for frame in frames:
            frame.evaluate(axe)
            wrong += [f"{name}, {theme}: {finding}" for finding in frame.evaluate(FINDINGS)]
    context.close()
    assert wrong == []


def test_a_phone_has_the_navigation_and_a_short_home(page: Any, app: AppServer) -> None:
    page.set_default_timeout(PATIENCE)
    page.set_viewport_size({"width": 390, "height": 844})
    opened(page, app, "", "Home")
    page.get_by_text("Models here").wait_for()
    screens, *widths = page.evaluate(SCREENS)
    assert screens < 4 and max(widths) <= 390
    for name in PAGES:
        box = page.locator(".st-key-phone-nav").get_by_role("link", name=name, exact=True).bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= 390 and box["y"] < 150, name
    menu = page.get_by_test_id("stMainMenuButton")
    assert menu.bounding_box()["x"] + 28 <= 390
    page.locator(".st-key-phone-nav").get_by_role("link", name="Train", exact=True).click()
    page.get_by_role("heading", name="Train a GAN").wait_for()


def test_the_keyboard_opens_a_run_of_the_table_in_three_keys(page: Any, app: AppServer, run: str) -> None:
    page.set_default_timeout(PATIENCE)
    opened(page, app, run, "Runs")
    for _ in range(30):
        page.keyboard.press("Tab")
        if page.evaluate(IN_THE_TABLE):
            break
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Shift+Space")
    page.get_by_role("button", name="Watch").wait_for()
    page.keyboard.press("w")
    page.wait_for_url(f"**/watch?run={run}")
