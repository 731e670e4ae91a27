"""A run that goes wrong, seen by a student: the finding on Watch, its sheet, and the fork that comes filled in."""

from __future__ import annotations

import math
from typing import Any

from ganlab.core.events import Point
from ganlab.runtime.run import Run
from tests.browser.conftest import playwright
from tests.support.app_server import AppServer
from tests.support.fake_runs import FakeRun

expect = playwright.expect


def won_by_d(step: int) -> Point:
    """D becomes sure within 150 steps and stays so."""
    doubt = max(0.002, 0.5 * math.exp(-step / 40))
    losses = {"loss/D/adversarial": 2 * doubt, "loss/G/adversarial": -math.log(doubt)}
    return step, losses | {"score/real": 1 - doubt, "score/fake": doubt, "gradient/G": 3 / doubt, "gradient/D": doubt}


def sick(root: Any) -> Run:
    fake = FakeRun(root, d_steps=20, channels=1, recipe="D is too strong")
    fake.point = won_by_d  # type: ignore[method-assign]
    fake.start().train(100).checkpoint().train(600).checkpoint().finish("stopped")
    return fake.run


def test_a_finding_leads_to_its_sheet_and_to_a_filled_in_fork(page: Any, app: AppServer) -> None:
    run = sick(app.runs_root)
    page.set_default_timeout(60_000)
    page.goto(f"{app.url}/watch?run={run.id}")
    live = page.frame_locator("iframe[src*='live/']").first
    card = live.locator("details[data-kind='d-wins']")
    expect(card).to_contain_text("D wins", timeout=60_000)
    expect(card).to_contain_text("d_steps 20 → 1")
    expect(card.locator("svg polyline").first).to_be_visible()
    expect(card.locator("svg polyline").first).to_have_attribute("style", "stroke: var(--real)")  # as on the chart of scores
    card.get_by_role("button", name="See the sheet of step 700").click()
    expect(live.locator(".player-bar .step")).to_contain_text("step 700")
    with page.context.expect_page() as opened:  # a frame of Streamlit's may not lead its page elsewhere
        card.get_by_role("link", name="Fork with the fix").click()
    dialog = opened.value.get_by_role("dialog")
    expect(dialog).to_contain_text("The doctor's advice is filled in: D steps per step.", timeout=60_000)
    expect(dialog.get_by_role("spinbutton", name="D steps per step")).to_have_value("1")
    expect(dialog.get_by_role("combobox", name="From step")).to_have_value("100")  # the checkpoint from before D was sure


def test_a_healthy_run_says_so_in_a_line_and_a_failed_look_too(page: Any, app: AppServer) -> None:
    fake = FakeRun(app.runs_root, channels=1).start().train(300)
    page.clock.install()
    page.route("**/doctor", lambda route: route.fulfill(status=500, body="Internal Server Error"))
    page.goto(f"{app.url}/live/?run={fake.id}")
    expect(page.locator("#doctor")).to_have_text("Doctor The last examination of this run failed; the next is in 20 s.")
    page.unroute("**/doctor")
    page.clock.fast_forward(20_000)
    expect(page.locator("#doctor")).to_have_text("Doctor Healthy so far: nothing in the curves or the pictures looks wrong.")
    fake.finish()
