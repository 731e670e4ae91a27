"""A ten-minute lesson, compressed: a teacher and three students, whose screens follow; nobody reloads a page by hand."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ganlab.app.security import classroom
from ganlab.core.events import Continued, Intervened, Paused
from ganlab.core.interventions import Command, Intervention
from ganlab.runtime.mailbox import Mailbox
from tests.browser.conftest import playwright
from tests.browser.test_classroom import School, window
from tests.browser.test_doctor_card import won_by_d
from tests.support.app_server import AppServer
from tests.support.fake_runs import FakeRun
from tests.support.workers import wait_for

expect = playwright.expect
LIVE, LINE = "iframe[src*='live/?']", "iframe[src*='class.html']"
SMALL = """() => [...document.querySelectorAll("body *")].filter((one) => {
    const text = [...one.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
    return text && !one.closest("option") && one.getBoundingClientRect().width && parseFloat(getComputedStyle(one).fontSize) < 20;
}).map((one) => one.outerHTML.slice(0, 80))"""


@pytest.fixture(scope="module")
def school(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AppServer]:
    home = tmp_path_factory.mktemp("lesson")
    with School(home, home / "data") as server:
        server.url = next(iter(classroom.addresses(server.port)), server.url)
        yield server


def joined(school: AppServer, browser: Any) -> Any:
    """A student's page as the QR code opens it, with a mark that a reload would lose."""
    page = window(browser)
    page.goto(f"{school.url}/join?code={classroom.keys(school.runs_root).code}")
    page.get_by_role("button", name="Join").click()
    page.frame_locator(LINE).get_by_text("Your screen will show what your teacher shows.").wait_for()
    page.evaluate("window.since = 'the beginning'")
    return page


def obey(fake: FakeRun, mailbox: Mailbox, expected: str) -> None:
    """Carry out the next command as the run's worker would."""
    commands: list[Command] = []
    wait_for(lambda: commands.extend(mailbox.new()) or commands)
    (command,) = commands
    assert command.command == expected
    if expected == "change":
        change = Intervention(fake.step, command.name, command.value, command.who)
        fake.recorder.record(Intervened(change, change.effect(fake.config)))
    else:
        fake.recorder.record((Paused if expected == "pause" else Continued)(fake.step, command.who))


def test_three_students_follow_a_lesson(school: AppServer, browser: Any) -> None:
    teacher = window(browser)
    teacher.goto(classroom.keys(school.runs_root).teacher_link(school.url))
    students = [joined(school, browser) for _ in range(3)]
    follower, alone, _ = students
    expect(teacher.frame_locator(LINE).locator("#class")).to_contain_text("3 students here.")
    screens = [page.frame_locator(LIVE) for page in (teacher, *students)]

    def on_all(check: Callable[[Any], None]) -> None:
        for screen in screens:
            check(screen)

    # A run begins: one who waits on Watch sees it at once, the others when the teacher looks at it.
    alone.get_by_role("link", name="Watch", exact=True).click()
    alone.get_by_text("No runs yet").wait_for()
    run = FakeRun(school.runs_root, steps=2000, channels=1).start().train(300)
    expect(alone.frame_locator(LIVE).locator(".badge")).to_have_text("Running")
    teacher.get_by_role("link", name="Watch", exact=True).click()
    led = screens[0]
    on_all(lambda screen: expect(screen.locator(".badge")).to_have_text("Running"))

    # It is paused, changed and goes on.
    mailbox = run.run.mailbox
    led.get_by_role("button", name="Pause").first.click()
    obey(run, mailbox, "pause")
    on_all(lambda screen: expect(screen.locator(".badge")).to_have_text("Paused"))
    led.get_by_text("Adjust").click()
    led.get_by_label("Learning rate", exact=True).fill("0.001")
    led.get_by_role("button", name="Apply").click()
    obey(run, mailbox, "change")
    on_all(lambda screen: screen.locator(".mark.changed .flag[title*='0.001']").first.wait_for(state="attached"))
    led.get_by_role("button", name="Resume training").click()
    obey(run, mailbox, "continue")
    on_all(lambda screen: expect(screen.locator(".badge")).to_have_text("Running"))

    # Step and axis are the teacher's; one student looks around alone, and comes back.
    led.get_by_label("Step of the sheet").fill("0")
    led.get_by_role("button", name="Time", exact=True).click()
    on_all(lambda screen: expect(screen.locator("canvas").first).to_have_attribute("data-step", "0"))
    on_all(lambda screen: expect(screen.get_by_role("button", name="Time", exact=True)).to_have_attribute("aria-pressed", "true"))
    own = alone.frame_locator(LIVE)
    own.get_by_role("button", name="Log y").click()
    expect(own.locator("#class")).to_contain_text("Paused: you look around on your own.")
    led.get_by_role("button", name="Step", exact=True).click()
    expect(follower.frame_locator(LIVE).get_by_role("button", name="Step", exact=True)).to_have_attribute("aria-pressed", "true")
    expect(own.get_by_role("button", name="Time", exact=True)).to_have_attribute("aria-pressed", "true")
    own.get_by_role("button", name="Back to the teacher").click()
    on_all(lambda screen: expect(screen.get_by_role("button", name="Log y")).to_have_attribute("aria-pressed", "false"))

    # Another run fails, and the doctor says why.
    sick = FakeRun(school.runs_root, d_steps=20, channels=1, recipe="D is too strong")
    sick.point = won_by_d  # type: ignore[method-assign]
    sick.start().train(700).fail("The loss of D is not finite.")
    led.locator("#class").get_by_role("button", name="Watch it").click()
    on_all(lambda screen: expect(screen.locator(".badge")).to_have_text("Failed"))
    on_all(lambda screen: expect(screen.locator("details[data-kind='d-wins']")).to_contain_text("D wins"))

    # On the projector: one panel, large, with how to join; the students' screens mark it.
    with teacher.context.expect_page() as opened:
        teacher.get_by_role("link", name="Present").click()
    projector = opened.value
    projector.set_viewport_size({"width": 1920, "height": 1080})
    expect(projector.locator("#invitation")).to_contain_text(
        re.compile(rf"{re.escape(school.url)}.*3\s*students here", re.DOTALL)
    )
    projector.wait_for_function("document.querySelector('#invitation img')?.naturalWidth > 0")
    projector.wait_for_function("document.querySelector('.chart.loss .plot')?.data?.length > 0")
    ticks = "document.querySelector('.chart.loss .plot')._fullLayout.xaxis.tickfont.size"
    assert projector.evaluate(ticks) >= 20 and projector.evaluate(SMALL) == []
    projector.keyboard.press("ArrowRight")
    expect(projector.locator(".chart.score")).to_be_visible()
    expect(projector.locator(".chart.loss")).to_be_hidden()
    expect(follower.frame_locator(LIVE).locator(".chart.score")).to_have_attribute("data-led", "")
    projector.keyboard.press("Escape")
    expect(projector.locator(".chart.loss")).to_be_visible()
    projector.close()

    # Compare, then play; one student has a screen that stays.
    students[2].frame_locator(LIVE).locator("#class .switch").click()
    teacher.goto(f"{school.url}/watch?runs={run.id},{sick.id}")
    for screen in screens[:3]:
        expect(screen.locator("#comparison")).to_be_visible()
    run.finish()
    teacher.get_by_role("link", name="Play", exact=True).click()
    for page in students[:2]:
        page.wait_for_url("**/play*")
    assert "/watch" in students[2].url
    follower.frame_locator("iframe[src*='playground']").locator("#picture[data-drawn]").wait_for()
    expect(alone.frame_locator(LINE).locator("#class")).to_contain_text("You see what your teacher shows.")
    assert [page.evaluate("window.since") for page in students] == ["the beginning"] * 3
    for page in (teacher, *students):
        page.context.close()
