"""Turns of pages: one client's many pages wait for each other, and not others for them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ganlab.app.serving.reruns import LONGEST, Reruns


class Lesson:
    """Pages "client/number", whose scripts the test begins and ends."""

    def __init__(self, of_one: int = 2, in_all: int = 3) -> None:
        self.now, self.scripts = 0.0, []  # type: float, list[str]
        self.reruns = Reruns(of_one, in_all, lambda page: page.partition("/")[0], lambda: self.now)

    def ask(self, page: str) -> None:
        self.reruns.ask(page, lambda: self.begin(page))

    def begin(self, page: str) -> None:
        self.scripts.append(page)
        self.reruns.started(page)

    def end(self, page: str, seconds: float = 0.1) -> None:
        self.now += seconds
        self.scripts.remove(page)
        self.reruns.ended(page)


def test_a_page_is_computed_at_once_where_nothing_is() -> None:
    lesson = Lesson()
    lesson.ask("ann/1")
    lesson.ask("ben/1")
    assert lesson.scripts == ["ann/1", "ben/1"]


def test_one_clients_pages_wait_for_each_other() -> None:
    lesson = Lesson(in_all=100)
    for number in range(30):
        lesson.ask(f"evil/{number}")
    assert lesson.scripts == ["evil/0", "evil/1"]
    lesson.ask("ann/1")
    assert lesson.scripts[-1] == "ann/1"
    lesson.end("evil/0")
    assert lesson.scripts == ["evil/1", "ann/1", "evil/2"]


def test_who_has_taken_least_comes_first() -> None:
    lesson = Lesson(of_one=2, in_all=2)
    for number in range(4):
        lesson.ask(f"evil/{number}")
    lesson.end("evil/0", 5.0)
    assert lesson.scripts == ["evil/1", "evil/2"]
    lesson.ask("ann/1")
    lesson.end("evil/1")
    assert lesson.scripts == ["evil/2", "ann/1"], "though another has waited longer"


def test_a_newer_wish_ends_an_older_script_and_a_third_waits() -> None:
    lesson = Lesson()
    for _ in range(3):
        lesson.ask("ann/1")
    assert lesson.scripts == ["ann/1"] * 2
    lesson.end("ann/1")
    assert lesson.scripts == ["ann/1"], "the second one goes on: the turn is not over"
    lesson.end("ann/1")
    assert lesson.scripts == ["ann/1"], "the third"
    lesson.end("ann/1")
    assert not lesson.scripts


def test_what_was_asked_while_waiting_is_done_in_its_order() -> None:
    lesson, done = Lesson(of_one=1), []  # type: Lesson, list[int]
    lesson.ask("ann/1")
    for number in range(3):
        lesson.reruns.ask("ann/2", lambda number=number: (done.append(number), lesson.begin("ann/2")))  # type: ignore[misc]
    assert not done
    lesson.end("ann/1")
    for _ in range(3):
        lesson.end("ann/2")
    assert done == [0, 1, 2]


def test_a_page_that_is_kept_busy_for_long_is_not_waited_for() -> None:
    lesson = Lesson(of_one=1, in_all=1)
    lesson.ask("ann/1")
    lesson.ask("ben/1")
    lesson.now = LONGEST + 1
    lesson.ask("eve/1")
    assert lesson.scripts == ["ann/1", "ben/1"]


def test_what_starts_no_script_takes_no_turn() -> None:
    lesson, heard = Lesson(of_one=1, in_all=1), []  # type: Lesson, list[int]
    for number in range(5):
        lesson.reruns.ask(f"ann/{number}", lambda number=number: heard.append(number))  # type: ignore[misc]
    assert heard == [0, 1, 2, 3, 4]
    assert not lesson.reruns._pages


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3), st.booleans()), max_size=200))
def test_limits_hold_and_everything_comes_to_its_turn(steps: list[tuple[int, int, bool]]) -> None:
    lesson = Lesson(of_one=2, in_all=3)
    for client, page, ends in steps:
        if ends and lesson.scripts:
            lesson.end(lesson.scripts[(client + page) % len(lesson.scripts)])
        else:
            lesson.ask(f"{client}/{page}")
        pages = set(lesson.scripts)
        assert len(pages) <= 3 and all(sum(one.startswith(f"{client}/") for one in pages) <= 2 for client in range(4))
    while lesson.scripts:
        lesson.end(lesson.scripts[0])
    assert not lesson.reruns._pages, "nothing waits for ever"
