"""A lesson in real browsers: the teacher starts a run, a student joins by the code and watches, a stranger stands outside."""

from __future__ import annotations

import re
import signal
import sys
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from ganlab.app.security import classroom
from ganlab.app.security.visitor import COOKIE
from ganlab.runtime.run import runs
from tests.browser.conftest import playwright
from tests.support.app_server import AppServer
from tests.support.workers import wait_for

expect = playwright.expect
PATIENCE = 60_000  # milliseconds: two cores train, serve and render at the same time


class School(AppServer):
    """The app as a teacher starts it."""

    def command(self, port: int | None = None) -> list[str]:
        """The README's command for a class, with a port."""
        return [sys.executable, "-m", "ganlab", "app", "--classroom", "--port", str(port or self.port)]


@pytest.fixture(scope="module")
def school(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AppServer]:
    """`url` is where the class opens it: over plain HTTP browsers treat this machine's own address unlike any other."""
    home = tmp_path_factory.mktemp("school")
    with School(home, home / "data") as server:
        server.url = next(iter(classroom.addresses(server.port)), server.url)  # a machine without a network has no other
        yield server


def window(browser: Any) -> Any:
    """Somebody's own browser."""
    page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
    page.set_default_timeout(PATIENCE)
    expect.set_options(timeout=PATIENCE)
    return page


def test_a_student_trains_in_the_sandbox(school: AppServer, browser: Any) -> None:
    """The teacher opens it; the student starts a run, sees it, pauses it, and it stops when the teacher closes it."""
    keys = classroom.keys(school.runs_root)
    teacher, student = window(browser), window(browser)
    teacher.goto(keys.teacher_link(school.url))
    seat = {COOKIE: keys.seat("STUDENT")}
    student.context.add_cookies([{"name": COOKIE, "value": seat[COOKIE], "url": school.url}])
    student.add_init_script("sessionStorage.setItem('ganlab.follow', 'off')")  # or the teacher's page would lead it away
    teacher.goto(f"{school.url}/runs")
    switch = teacher.get_by_text("Sandbox: students may start small runs")
    switch.click()
    wait_for((school.runs_root / ".sandbox").exists, 30)

    student.goto(f"{school.url}/train")
    student.get_by_role("button", name="Start my run").click()
    student.wait_for_url("**/watch?run=*")
    (own,) = (run for run in runs(school.runs_root) if run.settings.owner)
    live = student.frame_locator("iframe")
    expect(live.locator(".badge")).to_have_text("Running", timeout=PATIENCE)
    live.get_by_role("button", name="Pause training").click()
    expect(live.locator(".badge")).to_have_text("Paused", timeout=PATIENCE)
    student.goto(f"{school.url}/train")
    expect(student.get_by_role("heading", name="Your runs")).to_be_visible()
    expect(student.get_by_role("button", name="Start my run")).to_be_hidden()

    switch.click()
    wait_for(lambda: own.status().state == "stopped")
    assert own.checkpoints()
    control = f"{school.url}/api/runs/{own.id}/control"
    assert httpx.post(control, cookies=seat, headers={"X-GANLab": "1"}, json={"command": "pause"}).status_code == 409
    for page in (teacher, student):
        page.context.close()
    own.delete()


def test_a_lesson(school: AppServer, browser: Any) -> None:
    keys = classroom.keys(school.runs_root)
    assert keys.spoken in school.log.read_text() and keys.token in school.log.read_text()

    teacher = window(browser)
    teacher.goto(keys.teacher_link(school.url))
    assert keys.token not in teacher.url
    teacher.get_by_role("button", name="Train shapes").click()
    teacher.wait_for_url("**/watch?run=*")
    (run,) = runs(school.runs_root)
    wait_for(lambda: run.status().step > 0, 60)
    teacher.frame_locator("iframe").get_by_role("button", name="Time", exact=True).click()  # which the class follows

    student = window(browser)
    student.goto(f"{school.url}/watch?run={run.id}#x=time")
    expect(student.get_by_role("heading", name="Join the class")).to_be_visible()
    student.get_by_label("Join code").fill("1234")
    student.get_by_role("button", name="Join").click()
    expect(student.get_by_role("alert")).to_have_text(re.compile("not the join code"))
    student.get_by_label("Join code").fill(keys.spoken)
    student.get_by_role("button", name="Join").click()
    student.wait_for_url("**/watch?run=*")
    live = student.frame_locator("iframe")
    expect(live.locator(".badge")).to_have_text("Running", timeout=PATIENCE)
    expect(live.get_by_role("button", name="Time", exact=True)).to_have_attribute("aria-pressed", "true")
    expect(live.get_by_text("Only the teacher can pause, change or stop runs.")).to_be_visible()
    expect(live.get_by_role("button", name="Stop")).to_be_hidden()
    expect(live.get_by_role("button", name="Pause training")).to_be_hidden()

    student.goto(f"{school.url}/train")
    expect(student.get_by_text("Only the teacher can start runs.")).to_be_visible(timeout=PATIENCE)
    expect(student.get_by_role("link", name="Watch").last).to_be_visible()
    expect(student.get_by_role("button", name="Start training")).to_be_hidden()

    seat = {COOKIE: next(cookie["value"] for cookie in student.context.cookies() if cookie["name"] == COOKIE)}
    stop = f"{school.url}/api/runs/{run.id}/stop"
    assert httpx.post(stop, cookies=seat, headers={"X-GANLab": "1"}).status_code == 403
    assert httpx.post(stop, headers={"X-GANLab": "1"}).status_code == 401
    assert len(runs(school.runs_root)) == 1 and run.status().active and not run.stop_requested()

    stranger = window(browser)
    for path in ("", "/runs", f"/live/?run={run.id}", "/playground/"):
        stranger.goto(school.url + path)
        expect(stranger.get_by_role("heading", name="Join the class")).to_be_visible()

    teacher.frame_locator("iframe").get_by_role("button", name="Stop").click()
    teacher.frame_locator("iframe").locator("dialog").get_by_role("button", name="Stop").click()
    wait_for(run.stop_requested, 30)
    wait_for(lambda: not run.status().active)
    student.goto(f"{school.url}/play")
    student.frame_locator("iframe[src*='playground']").locator("#picture[data-drawn]").wait_for()
    school._process.send_signal(signal.SIGINT)
    school._process.wait(20)  # though pages are open
    for page in (teacher, student, stranger):
        page.context.close()
