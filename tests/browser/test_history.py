"""Back and Forward, in a real browser: each press leads somewhere, and what a form was filled with is there again."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.browser.conftest import playwright
from tests.browser.test_newcomer import enter, pick
from tests.support.app_server import AppServer
from tests.support.fake_runs import FakeRun

expect = playwright.expect
PATIENCE = 60_000  # milliseconds
PAGES = ("train", "watch", "runs", "evaluate", "play")


@pytest.fixture
def trained(app: AppServer) -> list[FakeRun]:
    """Two runs that have ended."""
    return [FakeRun(app.runs_root, seed=seed).start().train(10).checkpoint().finish() for seed in (1, 2)]


def test_back_and_forward_lead_through_every_page(app: AppServer, page: Any, trained: list[FakeRun]) -> None:
    page.set_default_timeout(PATIENCE)
    expect.set_options(timeout=PATIENCE)
    page.goto(app.url)
    page.get_by_role("heading", name="Watch a machine learn to draw").wait_for()
    for name in PAGES:
        page.get_by_role("link", name=name.capitalize(), exact=True).click()
        settled(page, name)
    for name in reversed(PAGES[:-1]):
        page.go_back()
        settled(page, name)
    page.go_back()
    page.get_by_role("heading", name="Watch a machine learn to draw").wait_for()
    for name in PAGES[:2]:  # one with an address that it writes itself, and one with a frame
        page.go_forward()
        settled(page, name)


def settled(page: Any, name: str) -> None:
    """The page is that one, drawn to its end, with the address that it writes."""
    marks = {
        "train": page.get_by_role("button", name="Start training"),
        "watch": page.locator("iframe[title='Live view']"),
        "runs": page.get_by_role("heading", name="Runs"),
        "evaluate": page.get_by_role("button", name="Measure", exact=True),
        "play": page.locator("iframe[title='Playground']"),
    }
    marks[name].wait_for()
    queries = {"train": r"\?.*recipe=", "watch": r"\?run="}
    expect(page).to_have_url(re.compile(f"/{name}{queries.get(name, '')}"))


def test_a_form_is_one_place_and_is_filled_again(app: AppServer, page: Any) -> None:
    page.set_default_timeout(PATIENCE)
    page.goto(app.url)
    page.get_by_role("link", name="Train", exact=True).click()
    settled(page, "train")
    page.get_by_role("radio", name="A family and a data set").click()
    pick(page, "Family", "GAN (2014)")
    page.get_by_text("GAN on Shapes").wait_for()
    enter(page, "Batch size", 16)
    page.wait_for_url("**batch_size=16**")
    enter(page, "Steps", 321)
    page.wait_for_url("**steps=321**")
    page.go_back()
    page.get_by_role("heading", name="Watch a machine learn to draw").wait_for()
    page.go_forward()
    expect(page.get_by_role("spinbutton", name="Steps", exact=True)).to_have_value("321")
    expect(page.get_by_role("spinbutton", name="Batch size", exact=True)).to_have_value("16")


def test_another_run_is_another_place(app: AppServer, page: Any, trained: list[FakeRun]) -> None:
    page.set_default_timeout(PATIENCE)
    first, second = trained
    page.goto(f"{app.url}/runs")
    settled(page, "runs")
    page.get_by_role("link", name="Watch", exact=True).click()
    page.wait_for_url(f"**/watch?run={second.id}")
    pick(page, "Run", first.id)
    page.wait_for_url(f"**/watch?run={first.id}")
    expect(page.locator(f"iframe[src*='{first.id}']")).to_be_visible()
    page.go_back()
    page.wait_for_url(f"**/watch?run={second.id}")
    expect(page.locator(f"iframe[src*='{second.id}']")).to_be_visible()
    page.go_forward()
    expect(page.locator(f"iframe[src*='{first.id}']")).to_be_visible()
    page.get_by_role("button", name="Play with this").click()
    page.wait_for_url(f"**/play?model={first.id}**")
    page.go_back()
    expect(page).to_have_url(re.compile(f"/watch.run={first.id}$"))
    expect(page.locator(f"iframe[src*='{first.id}']")).to_be_visible()
    page.go_back()
    expect(page.locator(f"iframe[src*='{second.id}']")).to_be_visible()
    page.go_back()
    settled(page, "runs")
    expect(page).to_have_url(re.compile("/runs$"))
