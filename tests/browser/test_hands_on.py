"""A teacher's hands on a real run: pause, one network alone, a rate; the mark on the charts; a killed worker."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from ganlab.app.security.visitor import HERE, recorded_name
from ganlab.runtime.launch import launch
from ganlab.runtime.run import Run
from tests.browser.conftest import WebServer, playwright
from tests.support.small import small
from tests.support.workers import wait_for, worker_pid

expect = playwright.expect
WHO = recorded_name(HERE, "127.0.0.1")


@pytest.fixture
def run(root: Path) -> Iterator[Run]:
    run = launch(small(steps=1_000_000, checkpoint_every=200, sample_every=200))
    wait_for(lambda: run.status().step > 20)
    yield run
    run.request_stop()
    wait_for(lambda: not run.status().active)


def test_pause_step_adjust_within_the_range_continue(page: playwright.Page, server: WebServer, run: Run) -> None:
    page.goto(f"{server.url}/live/?run={run.id}")
    expect(page.get_by_role("button", name="D alone")).to_be_hidden()
    page.get_by_role("button", name="Pause").click()
    expect(page.locator(".badge")).to_have_text("Paused")
    step = run.status().step
    page.get_by_role("button", name="D alone").click()
    wait_for(lambda: [one.name for one in run.interventions()] == ["D"])
    expect(page.locator(".controls .hint")).to_have_text(f"D updated alone ({WHO}).")
    page.get_by_role("button", name="One step").click()
    wait_for(lambda: run.status().step == step + 1)

    page.get_by_text("Adjust").click()
    page.get_by_label("Learning rate", exact=True).fill("7")
    page.get_by_role("button", name="Apply").click()
    refused = "lr = 7.0 is out of range: 1e-07 to 1."
    expect(page.locator(".message")).to_contain_text(refused)
    for _ in range(2):  # when the second is asked for, the first has been shown
        page.wait_for_event("response", lambda response: "/delta" in response.url)
    assert refused in page.locator(".message").inner_text()
    assert [one.name for one in run.interventions()] == ["D"]
    page.get_by_label("Learning rate", exact=True).fill("0.001")
    page.get_by_role("button", name="Apply").click()
    wait_for(lambda: run.config_now.lr == 0.001)
    expect(page.locator(".controls .hint")).to_have_text(f"Learning rate 0.0002 → 0.001 ({WHO}). 2 changes since the pause.")
    expect(page.locator(".message")).to_be_hidden()
    flag = page.locator(".mark.changed .flag").first
    expect(flag).to_have_attribute("title", f"Paused by {WHO}. D updated alone ({WHO}). (step {step:,})")
    expect(page.locator(".mark.changed .flag").last).to_have_attribute(
        "title", f"Learning rate 0.0002 → 0.001 ({WHO}). (step {step + 1:,})"
    )

    page.get_by_role("button", name="Resume training").click()
    expect(page.locator(".badge")).to_have_text("Running")
    wait_for(lambda: run.status().step > step + 20)


def test_a_killed_worker_is_told_on_the_page(page: playwright.Page, server: WebServer, run: Run) -> None:
    page.goto(f"{server.url}/live/?run={run.id}")
    wait_for(run.checkpoints)
    os.kill(worker_pid(run), signal.SIGKILL)
    expect(page.locator(".badge")).to_have_text("Lost")
    expect(page.locator(".message")).to_contain_text("The worker was killed. Its last checkpoint is kept")
    expect(page.get_by_role("button", name="Pause")).to_be_hidden()
