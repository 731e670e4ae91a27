"""A teacher and five students who work: what they ask for, how long they wait, and what fails."""

from __future__ import annotations

import asyncio
import random
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any

import httpx
from websockets.exceptions import WebSocketException

from benchmarks.streamlit_page import run_page
from benchmarks.under_siege.client import PATIENCE, Client, picture
from benchmarks.under_siege.server import Target

STUDENTS = 5
PAGES = ("", "watch", "runs", "evaluate")
EVERY = {"watch": 1.0, "picture": 0.4, "page": 4.0, "arrive": 4.0, "queue": 6.0, "translate": 15.0}  # seconds, each person
_BUSY = (429, 503)  # asked for again, as the pages do, and late by that
_BROKEN = (httpx.HTTPError, WebSocketException, OSError, TimeoutError)


@dataclass
class Seen:
    """Seconds that each kind of request took, and what failed."""

    waits: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    failures: list[str] = field(default_factory=list)


class Failed(Exception):
    """What a person did not get."""


class Person:
    """One seat that does everything a class does, each kind at its own pace, until `over` is set."""

    def __init__(self, target: Target, number: int, seen: Seen, over: asyncio.Event, run: str) -> None:
        self.client = Client(target, f"127.0.0.{10 + number}")
        self.number, self.seen, self.over, self.run = number, seen, over, run
        self.random, self._photo, self._query = random.Random(number), "", ""
        self._sockets, self._socket = AsyncExitStack(), None

    async def enter(self, photo: bytes) -> None:
        """Join, and give the photo that is to be translated."""
        await self.client.join(teacher=self.number == 0)
        self._photo = await self.client.upload("photo.png", photo)

    async def warm_up(self) -> None:
        """Ask for everything once: what a server imports and loads for its first visitor is no part of a siege."""
        for act in self._kinds().values():
            await act()
        for page in PAGES if self._socket else ():
            await run_page(self._socket, page)

    async def work(self) -> None:
        """Until it is over; what is under way then is waited for."""
        await asyncio.gather(*(self._again_and_again(kind, act) for kind, act in self._kinds().items()))

    def _kinds(self) -> dict[str, Callable[[], Awaitable[None]]]:
        served = EVERY if self.client.target.code else ("picture", "queue", "translate")
        return {kind: getattr(self, f"_{kind}") for kind in served}

    async def _again_and_again(self, kind: str, act: Callable[[], Awaitable[None]]) -> None:
        await self._pause(EVERY[kind] * self.random.random())
        while not self.over.is_set():
            began = time.monotonic()
            try:
                async with asyncio.timeout(PATIENCE):
                    await act()
            except (*_BROKEN, Failed) as error:
                self.seen.failures.append(f"{kind}: {error!r}"[:200])
            finally:  # also what is still unanswered in the end has been waited for
                self.seen.waits[kind].append(time.monotonic() - began)
            await self._pause(max(0.0, EVERY[kind] - (time.monotonic() - began)))

    async def _pause(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self.over.wait(), seconds)
        except TimeoutError:
            return

    async def _get(self, path: str, client: Client | None = None) -> httpx.Response:
        """An answer, asked for again while the server is busy, or where it had just closed an idle connection."""
        for attempt in range(100):
            try:
                answer = await (client or self.client).get(path)
            except (httpx.ReadError, httpx.RemoteProtocolError):
                if attempt:
                    raise
                continue
            if answer.status_code not in _BUSY:
                break
            await asyncio.sleep(float(answer.headers.get("Retry-After", "1")))
        if answer.status_code not in (200, 303, 304):
            raise Failed(f"GET {path[:60]}: {answer.status_code} {answer.text[:80]}")
        return answer

    async def _watch(self) -> None:
        """The live view's poll, and the newest sheet."""
        delta = (await self._get(f"/api/runs/{self.run}/delta{self._query}")).json()
        for step in delta["sheets"][-1:]:
            await self._get(f"/api/runs/{self.run}/sheets/{step}.png")
        if delta["sheets"] or not self._query:
            self._query = f"?since={delta['cursor']}&sheets={max(delta['sheets'], default=-1)}&notes=0"

    async def _picture(self) -> None:
        """A slider that is dragged."""
        await self._get(f"/api/picture?model=digits-quick&seed={self.number}&offsets={self.random.uniform(-4, 4):.2f}")

    async def _arrive(self) -> None:
        """A tab that is opened, with a connection of its own, on the list of runs."""
        async with Client(self.client.target, self.client.address) as tab:
            tab.cookies = self.client.cookies
            await self._get("/", tab)
            await self._get("/api/runs", tab)

    async def _page(self) -> None:
        """A page over Streamlit's websocket, which stays open for the next."""
        if self._socket is None:
            self._socket = await self._sockets.enter_async_context(self.client.socket())
        try:
            if shown := await run_page(self._socket, self.random.choice(PAGES)):
                raise Failed(shown[0])
        except (*_BROKEN, asyncio.CancelledError):
            self._socket = None
            raise

    async def _queue(self) -> None:
        await self._queued("explore_strip", ["digits-quick", "0", "1", "slerp", 5, ""])

    async def _translate(self) -> None:
        await self._queued("translate", [picture(self._photo), "horse2zebra-light", "AtoB", 128, False, False])

    async def _queued(self, endpoint: str, data: list[Any]) -> None:
        for _ in range(100):
            try:
                last = await self.client.queued(endpoint, data)
                break
            except httpx.HTTPStatusError as error:
                if error.response.status_code not in _BUSY:
                    raise
                await asyncio.sleep(float(error.response.headers.get("Retry-After", "1")))
        if not last.get("success"):
            raise Failed(f"{endpoint}: {str(last.get('output', last))[:120]}")


async def lesson(
    target: Target, run: str, photo: bytes, seconds: float, begin: Callable[[], None], end: Callable[[], None]
) -> Seen:
    """Let everybody come in and look around; then count for `seconds` from `begin`; `end` is called with all still there."""
    seen, over = Seen(), asyncio.Event()
    people = [Person(target, number, seen, over, run) for number in range(1 + STUDENTS)]
    for person in people:
        await person.enter(photo)
    await people[0].warm_up()
    begin()
    working = [asyncio.ensure_future(person.work()) for person in people]
    await asyncio.sleep(seconds)
    over.set()
    _, late = await asyncio.wait(working, timeout=PATIENCE)
    seen.failures += [f"unanswered: {len(late)}"] if late else []
    await asyncio.to_thread(end)
    for task in working:
        task.cancel()
    await asyncio.gather(*working, return_exceptions=True)
    for person in people:
        await person.client.aclose()
    return seen
