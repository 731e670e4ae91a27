"""Connections that let the server wait: how long each may, and which make room for new ones."""

from __future__ import annotations

import asyncio
import resource
from collections.abc import Callable
from typing import Any

import pytest

from ganlab.app.serving import connections
from ganlab.app.serving.connections import SECONDS, SLOWEST, Connections, Wait


class Fake:
    """A connection whose state the test sets."""

    def __init__(self, wait: Wait = Wait.HEAD, length: int = 0) -> None:
        self.state: tuple[Wait, Any] = (wait, None)
        self.dropped, self._length = False, length

    def waits_for(self) -> tuple[Wait, Any]:
        return self.state

    def length(self) -> int:
        return self._length

    def drop(self) -> None:
        self.dropped = True


def in_a_loop(test: Callable[[], None]) -> None:
    async def run() -> None:
        test()

    asyncio.run(run())


@pytest.mark.parametrize("wait", [Wait.HEAD, Wait.BODY, Wait.READING, Wait.NEXT])
def test_each_wait_has_its_time(wait: Wait) -> None:
    now = [0.0]
    counted = Connections(9, 9, clock=lambda: now[0])
    late, busy = Fake(wait), Fake(Wait.NOTHING)

    def test() -> None:
        for one in (late, busy):
            counted.opened(one, "192.0.2.1")
        counted.drop_late()
        now[0] = SECONDS[wait]
        counted.drop_late()
        assert not late.dropped
        now[0] += 0.1
        counted.drop_late()
        assert late.dropped and not busy.dropped and len(counted) == 1
        now[0] = 1e6
        counted.drop_late()
        assert not busy.dropped, "what the server works on takes as long as it takes"

    in_a_loop(test)


def test_a_long_body_has_longer_and_each_request_its_own_time() -> None:
    now = [0.0]
    counted = Connections(9, 9, clock=lambda: now[0])
    long, lively = Fake(Wait.BODY, length=100 * SLOWEST), Fake(Wait.NEXT)

    def test() -> None:
        for one in (long, lively):
            counted.opened(one, "192.0.2.1")
        for second in range(130):
            now[0] = float(second)
            lively.state = (Wait.NEXT, second // 10)  # asks for something every ten seconds
            counted.drop_late()
        assert not long.dropped and not lively.dropped
        now[0] = 132.0
        counted.drop_late()
        assert long.dropped

    in_a_loop(test)


def test_the_oldest_that_lets_wait_makes_room_and_none_that_is_served() -> None:
    counted = Connections(4, 100)
    served, idle, old, newer = Fake(Wait.NOTHING), Fake(Wait.NEXT), Fake(Wait.HEAD), Fake(Wait.BODY)

    def test() -> None:
        for one in (served, idle, old, newer):
            counted.opened(one, "192.0.2.1")
        counted.opened(Fake(Wait.NOTHING), "192.0.2.2")
        assert not any(one.dropped for one in (served, idle, old, newer)), "another address has its own room"
        for expected in (old, newer, idle):
            counted.opened(Fake(Wait.NOTHING), "192.0.2.1")
            assert expected.dropped
        last = Fake(Wait.HEAD)
        counted.opened(last, "192.0.2.1")
        assert last.dropped and not served.dropped and len(counted) == 5

    in_a_loop(test)


def test_the_server_has_a_limit_too_and_a_proxy_only_that_one() -> None:
    counted = Connections(2, 5, lambda host: host == "192.0.2.1")
    first = [Fake() for _ in range(4)]

    def test() -> None:
        for one in first:
            counted.opened(one, "192.0.2.1")
        counted.opened(Fake(), "192.0.2.2")
        assert not any(one.dropped for one in first)
        guest = Fake()
        counted.opened(guest, "192.0.2.3")
        assert first[0].dropped and not guest.dropped, "the one with most makes room"
        for one in first:
            counted.closed(one, "192.0.2.1")
            counted.closed(one, "192.0.2.1")
        assert len(counted) == 2

    in_a_loop(test)


@pytest.mark.parametrize(
    ("soft", "hard", "wanted"), [(1024, 4096, 4096), (1024, 1024, 1024), (1024, -1, 65_536), (20_000, 10**6, 65_536)]
)
def test_as_many_files_as_the_system_lets_open(soft: int, hard: int, wanted: int, monkeypatch: pytest.MonkeyPatch) -> None:
    limits = [(soft, hard)]
    monkeypatch.setattr(resource, "getrlimit", lambda _: limits[-1])
    monkeypatch.setattr(resource, "setrlimit", lambda _, pair: limits.append(pair))
    room = connections.allow_many_files()
    assert limits[-1] == (wanted, hard) and 0 < room < wanted
