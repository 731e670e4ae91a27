"""What is under way at the same time, by seat, by address and in all: requests, bodies that are still coming, pages' websockets.

How fast the messages of a websocket are taken, too: those that come faster wait in the sender's own network.
"""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import NamedTuple

from starlette.types import Message, Receive

from ganlab.app.security import classroom, quotas
from ganlab.app.security.buckets import READS, Limit, network
from ganlab.app.security.quotas import Per
from ganlab.app.security.rights import Action, Role
from ganlab.app.security.visitor import Visitor

Who = Mapping[Per, str]
"""The client, as each kind of limit counts it."""

PAGES = "You have so many pages of this app open that no more can follow: close some, then reload this one."
BUSY = "So much is under way from here that no more can follow: wait a moment."
_BYTES_OF_ONE = 50_000  # of a message; a longer one counts as several
_SHORTEST = 0.01  # seconds of sleep
_PAGE = re.compile(r"/(?!live$)[a-z]*")  # where Streamlit's pages are, each with a websocket


class Wanted(NamedTuple):
    """A request or a websocket, as far as it is counted; `size` is that of its body in bytes."""

    action: Action
    path: str
    method: str
    size: int = 0
    shown: bool = False  # what a browser shows as a page of its own

    @property
    def page(self) -> bool:
        """Whether it is a page of Streamlit's, or the websocket that each has."""
        shown = self.shown and self.action is Action.WATCH and bool(_PAGE.fullmatch(self.path))
        return shown or self.method == "WEBSOCKET"

    @property
    def brings(self) -> bool:
        """Whether a body follows that is kept until it is whole. What joins brings little, and waits for no one."""
        return self.method not in READS and self.size > 0 and self.action is not Action.JOIN


def who(user: Visitor, host: str) -> Who:
    """Outside of a classroom there are addresses only; in it the teacher and strangers share none with a class."""
    if not classroom.wanted():
        return {"address": network(host), "server": ""}
    if user.role is Role.STRANGER:
        return {"address": f"strangers at {network(host)}", "server": ""}
    if user.role is Role.TEACHER:
        return {"seat": user.name, "server": ""}
    return {"seat": user.name, "address": network(host), "server": ""}


class _Count:
    """How many of one row of the table there are now; `pers` are its columns."""

    def __init__(self, name: str, *pers: Per) -> None:
        self._most = {per: quotas.most(name, per) for per in pers}
        self._now: Counter[tuple[Per, str]] = Counter()

    def full(self, clients: Who) -> bool:
        """Whether one more is too many."""
        return any(self._now[key] >= self._most[key[0]] for key in clients.items() if key[0] in self._most)

    @contextmanager
    def one(self, clients: Who) -> Iterator[None]:
        """Count one more as long as the block lasts."""
        self._now.update(clients.items())
        try:
            yield
        finally:
            self._now.subtract(clients.items())
            for key in clients.items():
                if not self._now[key]:
                    del self._now[key]


class UnderWay:
    """The counts of one server. For its event loop alone; `clock` counts seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._requests = _Count("requests", "seat", "address")
        self._bodies, self._pages = (_Count(name, "seat", "address", "server") for name in ("bodies", "pages"))
        rates: dict[Per, quotas.Rate] = {per: quotas.rate("messages", per) for per in ("seat", "address")}
        self._messages = {per: Limit(*rate, clock) for per, rate in rates.items()}
        self._dearest = min(rate.burst for rate in rates.values())  # what a bucket can ever hold

    def refusal(self, wanted: Wanted, clients: Who) -> str:
        """Why this must not begin, in one sentence; "" where it may."""
        if wanted.page:
            return PAGES if self._pages.full(clients) else ""
        return BUSY if self._requests.full(clients) or (wanted.brings and self._bodies.full(clients)) else ""

    @contextmanager
    def counted(self, wanted: Wanted, clients: Who, receive: Receive) -> Iterator[Receive]:
        """Count it as long as the block lasts; what is received through the result is counted and slowed down."""
        with ExitStack() as stack:
            if wanted.method == "WEBSOCKET":
                stack.enter_context(self._pages.one(clients))
                yield self._paced(clients, receive)
                return
            stack.enter_context(self._requests.one(clients))
            if not wanted.brings:
                yield receive
                return
            body = stack.enter_context(ExitStack())
            body.enter_context(self._bodies.one(clients))
            yield _noting_its_end(body, receive)

    def _paced(self, clients: Who, receive: Receive) -> Receive:
        async def received() -> Message:
            message = await receive()
            if message["type"] == "websocket.receive":
                size = len(message.get("bytes") or message.get("text") or "")
                cost = min(1 + size / _BYTES_OF_ONE, self._dearest)
                limits = [(limit, clients[per]) for per, limit in self._messages.items() if per in clients]
                while wait := max(limit.wait(client, cost) for limit, client in limits):
                    await asyncio.sleep(max(wait, _SHORTEST))
                for limit, client in limits:
                    limit.spend(client, cost)
            return message

        return received


def _noting_its_end(body: ExitStack, receive: Receive) -> Receive:
    async def received() -> Message:
        message = await receive()
        if not message.get("more_body"):  # the last part, or the client has left
            body.close()
        return message

    return received
