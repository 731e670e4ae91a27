"""A teacher's hands on a real run: pause, D alone, a rate and its mark, a fork, a comparison, a killed worker, a resume."""

from __future__ import annotations

import os
import re
import signal

import pytest

from ganlab.app.security.visitor import HERE, recorded_name
from ganlab.runtime.launch import launch
from ganlab.runtime.run import Run, runs
from tests.browser.conftest import playwright
from tests.support.app_server import AppServer
from tests.support.small import small
from tests.support.workers import wait_for, worker_pid

expect = playwright.expect
WHO = recorded_name(HERE, "127.0.0.1")
PATIENCE = 60_000  # milliseconds: two cores train twice, serve and render at the same time


@pytest.fixture
def run(app: AppServer, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("GANLAB_RUNS", str(app.runs_root))
    run = launch(small(steps=1_000_000, checkpoint_every=100, sample_every=100))
    wait_for(run.checkpoints)
    return run


def test_a_lesson(page: playwright.Page, app: AppServer, run: Run) -> None:
    page.set_default_timeout(PATIENCE)
    page.goto(f"{app.url}/watch?run={run.id}")
    live = page.frame_locator("iframe[src*='live']")
    hands_on(page, live, run)
    page.get_by_role("button", name="Fork", exact=True).click()
    page.get_by_role("button", name="Start the fork").click()
    wait_for(lambda: len(runs()) == 2)
    (fork,) = (other for other in runs() if other.id != run.id)
    page.wait_for_url(f"**/watch?run={fork.id}")
    wait_for(lambda: fork.status().active)

    page.goto(f"{app.url}/watch?runs={run.id},{fork.id}")
    live.get_by_text("At the same step").wait_for()
    live.get_by_text("changed while training").wait_for()
    expect(live.locator("#comparison li").last).to_contain_text("Learning rate 0.0002 → 0.001")  # a line each
    live.get_by_role("button", name="Draw from the same new z in each").click()
    pictures = live.locator("#comparison img")
    expect(pictures).to_have_count(2, timeout=PATIENCE)
    wait_for(lambda: pictures.evaluate_all("all => all.every(one => one.complete && one.naturalWidth > 0)"))
    live.get_by_role("button", name="Time", exact=True).click()
    page.wait_for_url(re.compile(r"/watch\?runs=.*#(x=time&seed=\d+|seed=\d+&x=time)$"))
    page.reload()
    live.get_by_text("At the same training time").wait_for()
    expect(pictures).to_have_count(2, timeout=PATIENCE)

    os.kill(worker_pid(run), signal.SIGKILL)
    page.goto(f"{app.url}/watch?run={run.id}")
    expect(live.locator(".badge")).to_have_text("Lost", timeout=PATIENCE)
    expect(live.locator(".message")).to_contain_text("The worker was killed. Its last checkpoint is kept", timeout=PATIENCE)
    expect(live.get_by_role("button", name="Pause")).to_be_hidden()
    kept = run.status().step
    page.get_by_role("button", name="Resume").click()
    wait_for(lambda: run.status().state in ("queued", "running"))
    fork.request_stop()  # it has the device by now
    wait_for(lambda: run.status().step > kept)


def hands_on(page: playwright.Page, live: playwright.FrameLocator, run: Run) -> None:
    """Pause, update one network alone, change a rate within its range, and continue."""
    expect(live.get_by_role("button", name="D alone")).to_be_hidden(timeout=PATIENCE)
    live.get_by_role("button", name="Pause").click()
    expect(live.locator(".badge")).to_have_text("Paused", timeout=PATIENCE)
    step = run.status().step
    live.get_by_role("button", name="D alone").click()
    wait_for(lambda: [one.name for one in run.interventions()] == ["D"])
    expect(live.locator(".controls .hint")).to_have_text(f"D updated alone ({WHO}).")
    live.get_by_role("button", name="One step").click()
    wait_for(lambda: run.status().step == step + 1)

    live.get_by_text("Adjust").click()
    live.get_by_label("Learning rate", exact=True).fill("7")
    live.get_by_role("button", name="Apply").click()
    refused = "lr = 7.0 is out of range: 1e-07 to 1."
    expect(live.locator(".message")).to_contain_text(refused)
    for _ in range(2):  # when the second is asked for, the first has been shown
        page.wait_for_event("response", lambda response: "/delta" in response.url)
    assert refused in live.locator(".message").inner_text()
    assert [one.name for one in run.interventions()] == ["D"]
    live.get_by_label("Learning rate", exact=True).fill("0.001")
    live.get_by_role("button", name="Apply").click()
    wait_for(lambda: run.config_now.lr == 0.001)
    expect(live.locator(".controls .hint")).to_have_text(f"Learning rate 0.0002 → 0.001 ({WHO}). 2 changes since the pause.")
    expect(live.locator(".message")).to_be_hidden()
    flags = live.locator(".mark.changed .flag")
    expect(flags.first).to_have_attribute("title", f"Paused by {WHO}. D updated alone ({WHO}). (step {step:,})")
    expect(flags.last).to_have_attribute("title", f"Learning rate 0.0002 → 0.001 ({WHO}). (step {step + 1:,})")

    live.get_by_role("button", name="Resume training").click()
    expect(live.locator(".badge")).to_have_text("Running", timeout=PATIENCE)
    wait_for(lambda: run.status().step > step + 20)
