"""One admission for every way into heavy work: shares of the places, and nothing left behind."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request

from ganlab.app.security import admission, classroom, quotas
from ganlab.app.security.admission import Left, Line, Places, Refused, mark_busy, ticket_of
from ganlab.app.security.body_limits import FewValues
from ganlab.app.security.rights import Role
from ganlab.app.security.tabs import Tabs
from ganlab.app.security.turns import Ticket
from ganlab.app.security.visitor import Visitor, remember

SEATS = [Ticket(f"seat {number}", f"address {number % 4}", 1000) for number in range(12)]


@pytest.fixture(autouse=True)
def a_class(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(classroom.VARIABLE, "1")


class Sender:
    """A request with a body of `size` bytes, whose client can go away."""

    def __init__(self, who: Visitor | None = None, address: str = "192.0.2.1", size: int = 0) -> None:
        self.left = asyncio.Event()
        headers = [(b"content-length", str(size).encode())]
        self.request = Request({"type": "http", "client": (address, 1), "headers": headers}, self._receive)
        if who:
            remember(self.request, who)

    async def _receive(self) -> dict[str, Any]:
        await self.left.wait()
        return {"type": "http.disconnect"}


def student(number: int) -> Visitor:
    return Visitor(Role.STUDENT, f"seat {number}")


def test_a_ticket_is_that_of_a_seat_or_outside_of_a_class_of_an_address(monkeypatch: pytest.MonkeyPatch) -> None:
    assert ticket_of(Sender(student(3), size=70).request) == ("seat 3", "192.0.2.1", 70)
    teacher = ticket_of(Sender(Visitor(Role.TEACHER, "seat 0")).request)
    assert teacher.address != "192.0.2.1" and teacher.per == "seat" and teacher.seat == "seat 0"
    monkeypatch.setenv(classroom.VARIABLE, "")
    anyone = ticket_of(Sender(address="2001:db8::1").request)
    assert anyone == ticket_of(Sender(address="2001:db8::2").request) and anyone.per == "address"


@given(st.lists(st.tuples(st.sampled_from(SEATS), st.booleans()), max_size=150))
def test_no_seat_is_refused_while_another_holds_more(events: list[tuple[Ticket, bool]]) -> None:
    """Any order of arrivals and ends; the limits are small here, so that they are met."""
    limits = {"seat": 3, "address": 8, "server": 36}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(quotas, "most", lambda row, per: limits[per] if row == "jobs waiting" else 10**6)
        waiting: list[Ticket] = []
        places = Places()
        places.count(lambda: waiting)
        for ticket, comes in events:
            if not comes:
                waiting[:1] = []
                continue
            held = waiting.count(ticket)
            try:
                places.admit(ticket)
                waiting.append(ticket)
                assert held < limits["seat"]
            except Refused as refused:
                behind = [one for one in waiting if one.address == ticket.address]
                assert held == limits["seat"] if refused.per == "seat" else len(behind) == limits["address"]
                assert refused.per != "server", "the server has room for every address's share"


def test_what_waiting_jobs_have_brought_is_bounded_too() -> None:
    waiting = [Ticket("seat 1", "a", 2 * 10**6)] * 8
    places = Places()
    places.count(lambda: waiting)
    with pytest.raises(Refused) as refused:
        places.admit(Ticket("seat 1", "a", 1))
    assert (refused.value.row, refused.value.per) == ("bytes waiting", "seat")
    places.admit(Ticket("seat 2", "a", 2 * 10**6))


def test_the_class_of_the_review_is_served() -> None:
    """One student's 41 jobs, of which others felt 105 refusals of 105."""
    waiting: list[Ticket] = []
    places = Places()
    places.count(lambda: waiting)
    refused = 0
    for _ in range(41):
        try:
            places.admit(SEATS[0])
            waiting.append(SEATS[0])
        except Refused:
            refused += 1
    assert refused == 41 - quotas.most("jobs waiting", "seat")
    for other in range(1, 12):
        for _ in range(10):
            places.admit(SEATS[other])
            waiting.append(SEATS[other])


def run(scene: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(asyncio.wait_for(scene(), 10))


async def settled() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


class Work:
    """Jobs in a line of two places, one for each seat."""

    def __init__(self, at_once: int = 2, each: int = 1) -> None:
        self.line, self.begun, self.most = Line(Places(), at_once, each), list[int](), 0
        self._working = 0

    async def do(self, sender: Sender, number: int, done: asyncio.Event) -> None:
        async with self.line.place(sender.request):
            self.begun.append(number)
            self._working += 1
            self.most = max(self.most, self._working)
            try:
                await done.wait()
            finally:
                self._working -= 1

    def empty(self) -> bool:
        return not self.line._waiting and not self.line._working


def test_a_seat_leaves_a_place_for_the_others() -> None:
    async def scene() -> None:
        work, done = Work(), [asyncio.Event() for _ in range(5)]
        jobs = [asyncio.create_task(work.do(Sender(student(0)), number, done[number])) for number in range(4)]
        await settled()
        assert work.begun == [0]
        jobs.append(asyncio.create_task(work.do(Sender(student(1)), 4, done[4])))
        await settled()
        assert work.begun == [0, 4]
        for event in done:
            event.set()
        await asyncio.gather(*jobs)
        assert work.begun == [0, 4, 1, 2, 3] and work.most == 2 and work.empty()

    run(scene)


def test_a_client_that_goes_away_leaves_its_place() -> None:
    async def scene() -> None:
        work, done = Work(), asyncio.Event()
        senders = [Sender(student(0)) for _ in range(4)]
        jobs = [asyncio.create_task(work.do(sender, number, done)) for number, sender in enumerate(senders)]
        await settled()
        senders[1].left.set()  # while it waits
        jobs[2].cancel()
        await settled()
        assert isinstance(jobs[1].exception(), Left) and jobs[2].cancelled()
        done.set()
        await asyncio.gather(jobs[0], jobs[3])
        assert work.begun == [0, 3] and work.empty()

    run(scene)


def test_work_that_fails_leaves_its_place() -> None:
    async def scene() -> None:
        work = Work(at_once=1)
        for _ in range(3):
            with pytest.raises(ZeroDivisionError):
                async with work.line.place(Sender(student(0)).request):
                    raise ZeroDivisionError
        assert work.empty()

    run(scene)


@given(st.lists(st.tuples(st.integers(0, 5), st.sampled_from(["comes", "ends", "leaves", "is cancelled"])), max_size=60))
def test_nothing_leaks_whatever_happens(events: list[tuple[int, str]]) -> None:
    async def scene() -> None:
        work, jobs = Work(at_once=3, each=2), list[tuple[Sender, asyncio.Event, asyncio.Task[None]]]()
        for number, what in events:
            if what == "comes":
                sender, done = Sender(student(number)), asyncio.Event()
                jobs.append((sender, done, asyncio.create_task(work.do(sender, len(jobs), done))))
            elif number < len(jobs):
                sender, done, job = jobs[number]
                {"ends": done.set, "leaves": sender.left.set, "is cancelled": job.cancel}[what]()
            if number % 2:
                await settled()
        for _, done, _ in jobs:
            done.set()
        await asyncio.gather(*(job for *_, job in jobs), return_exceptions=True)
        assert work.empty() and work.most <= 3

    run(scene)


@pytest.mark.parametrize(("marked", "status"), [(True, 429), (False, 500)])
def test_a_refusal_for_want_of_a_place_is_a_429(marked: bool, status: int) -> None:
    sent: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if marked:
            mark_busy(Request(scope))
        await send({"type": "http.response.start", "status": 500, "headers": []})

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(admission.Busy(app)({"type": "http"}, None, send))  # type: ignore[arg-type]
    assert (sent[0]["status"] == status and (b"retry-after", b"2") in sent[0]["headers"]) or not marked


def test_tabs_are_bounded_by_seat_and_the_oldest_begins_anew() -> None:
    forgotten: list[str] = []
    tabs = Tabs(forgotten.append)
    for number in range(10):
        tabs.used(SEATS[0], f"tab {number}")
    tabs.used(SEATS[0], "tab 0")
    for number in range(2000):
        tabs.used(SEATS[1], f"name {number}")
    assert len(forgotten) == 1990 and "name 1989" in forgotten, "whatever one calls its tabs, others keep theirs"
    tabs.used(SEATS[0], "one more")
    assert forgotten[-1] == "tab 1"


@pytest.mark.parametrize(
    ("body", "passes"),
    [
        ('{"data":[' + "[]," * 650_000 + "1]}", False),
        ('{"data":[' + "[[[[[[[[[[]]]]]]]]]]," * 90_000 + "1]}", False),
        ('{"data":["' + "A" * 2_000_000 + '"]}', True),  # a drawing
        ('{"data":["' + "0.25, " * 1024 + '"]}', True),  # a z
        ("", True),
    ],
)
def test_json_of_many_values_is_refused_before_it_is_parsed(body: str, passes: bool) -> None:
    read: list[bytes] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        read.append((await receive())["body"])
        await send({"type": "http.response.start", "status": 299, "headers": []})

    parts = [body[start : start + 2**16].encode() for start in range(0, len(body) or 1, 2**16)]
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": parts.pop(0), "more_body": bool(parts)}

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(FewValues(app)({"type": "http", "method": "POST", "headers": []}, receive, send))
    assert sent[0]["status"] == (299 if passes else 413)
    assert read == ([body.encode()] if passes else [])
