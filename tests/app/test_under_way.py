"""What is under way at the same time: websockets, requests and bodies of a seat, of an address and of the server."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from ganlab.app.security import classroom, quotas
from ganlab.app.security.gate import Gate
from ganlab.app.security.rights import Action, Role
from ganlab.app.security.under_way import BUSY, PAGES, UnderWay, Wanted, Who, who
from ganlab.app.security.visitor import HERE, STRANGER, Visitor
from tests.support.whole_app import Asked, headers

SOCKET = Wanted(Action.WATCH, "/_stcore/stream", "WEBSOCKET")
PAGE = Wanted(Action.WATCH, "/train", "GET", shown=True)
READ = Wanted(Action.WATCH, "/api/runs", "GET")
SENT = Wanted(Action.PLAY, "/playground/gradio_api/queue/join", "POST", 1000)
ANN: Who = {"seat": "ann", "address": "192.0.2.1", "server": ""}
BEN: Who = {"seat": "ben", "address": "192.0.2.1", "server": ""}


async def nothing() -> Any:
    return {"type": "http.request", "body": b"", "more_body": True}


@pytest.fixture
def clock() -> list[float]:
    return [0.0]


@pytest.fixture
def under_way(clock: list[float]) -> UnderWay:
    return UnderWay(lambda: clock[0])


@pytest.mark.parametrize(
    ("name", "wanted", "refusal"), [("pages", SOCKET, PAGES), ("requests", READ, BUSY), ("bodies", SENT, BUSY)]
)
def test_a_seat_has_so_many_and_another_its_own(under_way: UnderWay, name: str, wanted: Wanted, refusal: str) -> None:
    with ExitStack() as stack:
        for _ in range(quotas.most(name, "seat")):
            assert not under_way.refusal(wanted, ANN)
            stack.enter_context(under_way.counted(wanted, ANN, nothing))
        assert under_way.refusal(wanted, ANN) == refusal
        assert not under_way.refusal(wanted, BEN)
    assert not under_way.refusal(wanted, ANN), "all are over"


def test_an_address_and_the_server_have_so_many(under_way: UnderWay) -> None:
    with ExitStack() as stack:
        for number in range(quotas.most("pages", "address")):
            stack.enter_context(under_way.counted(SOCKET, ANN | {"seat": str(number // 10)}, nothing))
        assert under_way.refusal(SOCKET, ANN)
        assert under_way.refusal(SOCKET, {"server": ""}), "a teacher shares no address, and the server with all"


def test_the_page_says_why_before_its_websocket_is_refused(under_way: UnderWay) -> None:
    with ExitStack() as stack:
        for _ in range(quotas.most("pages", "seat")):
            stack.enter_context(under_way.counted(SOCKET, ANN, nothing))
        assert under_way.refusal(PAGE, ANN) == under_way.refusal(PAGE._replace(path="/"), ANN) == PAGES
        for path in ("/live", "/live/app.js", "/static/js/index.js", "/playground/"):
            assert not under_way.refusal(PAGE._replace(path=path), ANN), path
        assert not under_way.refusal(READ, ANN) and not under_way.refusal(SENT, ANN)


def test_a_body_counts_until_it_is_there(under_way: UnderWay) -> None:
    parts = [{"type": "http.request", "body": b"x", "more_body": more} for more in (True, False)]

    async def receive() -> Any:
        return parts.pop(0)

    with ExitStack() as stack:
        for _ in range(quotas.most("bodies", "seat") - 1):
            stack.enter_context(under_way.counted(SENT, ANN, nothing))
        received = stack.enter_context(under_way.counted(SENT, ANN, receive))
        for full in (True, False):
            assert bool(under_way.refusal(SENT, ANN)) is True
            asyncio.run(received())  # type: ignore[arg-type]
            assert bool(under_way.refusal(SENT, ANN)) is full


def test_messages_that_come_too_fast_wait(under_way: UnderWay, clock: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        clock[0] += seconds

    async def receive() -> Any:
        return {"type": "websocket.receive", "bytes": b"x" * 100}

    monkeypatch.setattr(asyncio, "sleep", sleep)
    burst, per_second = quotas.rate("messages", "seat")

    async def taken(clients: Who, count: int) -> None:
        with under_way.counted(SOCKET, clients, receive) as received:
            for _ in range(count):
                assert (await received())["type"] == "websocket.receive"

    asyncio.run(taken(ANN, int(burst) - 1))
    assert not slept
    asyncio.run(taken(ANN, 81))
    assert sum(slept) == pytest.approx(80 / per_second, rel=0.1)
    slept.clear()
    asyncio.run(taken(BEN, 40))
    assert not slept, "another seat's come at once"


def test_a_long_message_counts_as_many_and_none_waits_for_ever(clock: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        clock[0] += seconds

    async def receive() -> Any:
        return {"type": "websocket.receive", "bytes": bytes(2**20)}

    monkeypatch.setattr(asyncio, "sleep", sleep)
    monkeypatch.setenv(quotas.VARIABLE, "0.1")
    tight = UnderWay(lambda: clock[0])

    async def take() -> None:
        with tight.counted(SOCKET, ANN, receive) as received:
            for _ in range(3):
                await received()

    asyncio.run(take())
    assert 1 < sum(slept) < 60


@pytest.mark.parametrize(
    ("user", "kinds"),
    [
        (Visitor(Role.STUDENT, "ann"), {"seat", "address", "server"}),
        (Visitor(Role.TEACHER, "eve"), {"seat", "server"}),
        (STRANGER, {"address", "server"}),
    ],
)
def test_whose_it_counts_as(user: Visitor, kinds: set[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(classroom.VARIABLE, "1")
    assert set(who(user, "192.0.2.1")) == kinds
    assert who(STRANGER, "192.0.2.1")["address"] != who(Visitor(Role.STUDENT, "ann"), "192.0.2.1")["address"]
    monkeypatch.setenv(classroom.VARIABLE, "")
    assert set(who(HERE, "192.0.2.1")) == {"address", "server"}


def test_the_gate_refuses_what_is_too_much_and_forgets_what_has_failed(
    own_directories: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(classroom.VARIABLE, "1")
    student, held = headers(Role.STUDENT), []  # type: dict[str, str], list[Any]

    async def open_for_long(scope: Any, receive: Any, send: Any) -> None:
        if scope["path"] == "/broken":
            raise RuntimeError("the app failed")
        await asyncio.get_running_loop().create_future()

    gate = Gate(open_for_long)
    asked = Asked(gate)
    scope = {"path": "/_stcore/stream", "query_string": b"", "scheme": "http", "client": ("192.0.2.9", 1), "type": "websocket"}
    scope["headers"] = [(name.lower().encode(), value.encode()) for name, value in student.items()]

    async def fill() -> None:
        for _ in range(quotas.most("pages", "seat")):
            held.append(asyncio.ensure_future(gate(dict(scope), nothing, nothing)))  # type: ignore[arg-type]
        await asyncio.sleep(0)
        assert asked("WEBSOCKET", "/_stcore/stream", student).status == 1008
        shown = asked("GET", "/train", student | {"Accept": "text/html"})
        assert (shown.status, shown.error) == (429, PAGES)
        for task in held:
            task.cancel()
        await asyncio.gather(*held, return_exceptions=True)

    asyncio.run(fill())
    for _ in range(quotas.most("requests", "seat") + 1):
        with pytest.raises(RuntimeError):
            asked("GET", "/broken", student)


@pytest.mark.parametrize("path", ["/" + "a" * 2000, "/x?" + "q" * 32_001, "/" + "%41" * 2000])
@pytest.mark.parametrize("method", ["GET", "POST", "WEBSOCKET"])
def test_an_endless_address_is_refused_before_anything_is_kept_of_it(path: str, method: str) -> None:
    answer = Asked()(method, path)
    assert answer.status == (1008 if method == "WEBSOCKET" else 414)
