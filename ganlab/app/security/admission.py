"""Who may wait for heavy work and who begins: one admission for every way into it.

What waits is counted where it waits, so that nothing is left behind when a client goes away. Whose turn it is: `turns.py`.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager

from starlette.requests import HTTPConnection, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ganlab.app.security import body_limits, quotas
from ganlab.app.security.client import client_of
from ganlab.app.security.quotas import Per
from ganlab.app.security.turns import Ticket, Turns, most_at_work

_STATE, _BUSY = "ganlab_ticket", "ganlab_busy"


def ticket_of(connection: HTTPConnection) -> Ticket:
    """The ticket of a request."""
    state = connection.scope.setdefault("state", {})
    if _STATE not in state:
        client = client_of(connection)
        state[_STATE] = Ticket(client.seat, client.address, body_limits.size(connection.headers))
    found: Ticket = state[_STATE]
    return found


class Refused(Exception):
    """No place: the limit `row` of the table is reached for this seat or address, or for the server."""

    def __init__(self, row: str, per: Per, most: int) -> None:
        super().__init__(f"{row} per {per}: {most}")
        self.row, self.per, self.most = row, per, most


class Left(Exception):
    """The client has gone away."""


class Places:
    """How many jobs wait in all lines together, and what they brought, against the table."""

    def __init__(self) -> None:
        self._lines: list[Callable[[], Iterable[Ticket]]] = []

    def count(self, waiting: Callable[[], Iterable[Ticket]]) -> None:
        """Count one more line: `waiting()` has the tickets of those who wait in it now."""
        self._lines.append(waiting)

    def admit(self, ticket: Ticket) -> None:
        """Refused where one job more would be too many."""
        waiting = [one for line in self._lines for one in line()]
        of_seat = [one for one in waiting if one.seat == ticket.seat]
        of_address = [one for one in waiting if one.address == ticket.address]
        known: tuple[tuple[Per, list[Ticket]], ...] = ((ticket.per, of_seat), ("address", of_address), ("server", waiting))
        for per, held in known:
            if len(held) >= (most := quotas.most("jobs waiting", per)):
                raise Refused("jobs waiting", per, most)
            if ticket.size + sum(one.size for one in held) > 1e6 * (most := quotas.most("bytes waiting", per)):
                raise Refused("bytes waiting", per, most)


def mark_busy(connection: HTTPConnection) -> None:
    """Let `Busy` answer this request 429, whatever status the library chooses that it was refused through."""
    connection.scope.setdefault("state", {})[_BUSY] = True


class Busy:
    """ASGI middleware: what was refused for want of a place is answered 429, with when to ask again."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve it."""
        state = scope.setdefault("state", {})

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start" and state.get(_BUSY) and message["status"] >= 400:
                message = {**message, "status": 429, "headers": [*message["headers"], (b"retry-after", b"2")]}
            await send(message)

        await self.app(scope, receive, sending)


class Line:
    """A line before quick work: `at_once` jobs are at work, at most `each` of one seat; the others wait for their turn.

    For one event loop.
    """

    def __init__(self, places: Places, at_once: int, each: int) -> None:
        self._places, self._at_once, self._each = places, at_once, each
        self._turns, self._working = Turns(), Counter[str]()
        self._waiting: list[tuple[Ticket, asyncio.Future[None]]] = []
        places.count(lambda: [ticket for ticket, _ in self._waiting])

    @asynccontextmanager
    async def place(self, connection: Request) -> AsyncIterator[None]:
        """A place at work while the block lasts; Refused where there is none to wait in, Left where the client goes away."""
        ticket = ticket_of(connection)
        if not self._has_room(ticket):  # where it has, none waits who could take the place
            await self._wait(ticket, connection)
        else:
            self._working[ticket.seat] += 1
        try:
            yield
        finally:
            self._leave(ticket)

    async def _wait(self, ticket: Ticket, request: Request) -> None:
        """Until a place at work is taken for this ticket."""
        self._places.admit(ticket)
        turn, left = asyncio.get_running_loop().create_future(), asyncio.ensure_future(_left(request))
        self._waiting.append((ticket, turn))
        self._turns.order(self._waiting, _ticket)  # from now on it is in the round
        try:
            await asyncio.wait({turn, left}, return_when=asyncio.FIRST_COMPLETED)
            if not turn.done():
                raise Left
        except BaseException:
            if turn.done():  # its turn came in the same moment
                self._leave(ticket)
            else:
                self._waiting.remove((ticket, turn))
            raise
        finally:
            left.cancel()

    def _leave(self, ticket: Ticket) -> None:
        self._working -= Counter({ticket.seat: 1})  # drops a seat that has none left
        for job in self._turns.order(self._waiting, _ticket):
            if self._has_room(job[0]):
                self._waiting.remove(job)
                self._turns.served(job[0])
                self._working[job[0].seat] += 1
                job[1].set_result(None)

    def _has_room(self, ticket: Ticket) -> bool:
        held = self._working
        return held.total() < self._at_once and held[ticket.seat] < most_at_work(ticket, self._at_once, self._each)


async def _left(request: Request) -> None:
    """Return when the client has gone away; its request must have been read."""
    while (await request.receive())["type"] != "http.disconnect":
        await asyncio.sleep(0)


def _ticket(job: tuple[Ticket, object]) -> Ticket:
    return job[0]
