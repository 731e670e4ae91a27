"""Ctrl-C ends the server at once, though pages are open: answers that go on for as long as a page does are ended first."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from starlette.types import ASGIApp, Message, Receive, Scope, Send


@contextmanager
def ending(streams: Callable[[], None]) -> Iterator[None]:
    """Inside, a signal that asks this process to end calls `streams` in the event loop, beside what it does already.

    uvicorn waits for every answer that is underway, for as long as it takes, and only then tells the application to end.
    """
    if threading.current_thread() is not threading.main_thread():  # where no signal can be heard
        yield
        return
    loop = asyncio.get_running_loop()
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def heard(number: int, frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(streams)
        handler = before[signal.Signals(number)]
        if callable(handler):
            handler(number, frame)

    for number in before:
        signal.signal(number, heard)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class Streams:
    """The requests that listen for their visitor to leave; `end` makes all of them, and later ones, see that as done."""

    def __init__(self) -> None:
        self.over = False
        self._listening: set[asyncio.Future[None]] = set()

    def end(self) -> None:
        """From the event loop."""
        self.over = True
        for one in self._listening:
            if not one.done():
                one.set_result(None)

    async def listen(self, receive: Receive) -> Message:
        """What is received next; once all is over, that the visitor has gone."""
        received, over = asyncio.ensure_future(receive()), asyncio.get_running_loop().create_future()
        self._listening.add(over)
        try:
            if not self.over:
                await asyncio.wait({received, over}, return_when=asyncio.FIRST_COMPLETED)
            return received.result() if received.done() else {"type": "http.disconnect"}
        finally:
            self._listening.discard(over)
            received.cancel()


class Interruptible:
    """ASGI middleware: ends what streams at once when `streams` are over.

    Gradio's own would go on, and say every ten seconds that the server has stopped.
    """

    def __init__(self, app: ASGIApp, streams: Streams) -> None:
        self.app, self._streams = app, streams

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve it, and bring what was broken off to its end."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        underway = False

        async def sending(message: Message) -> None:
            nonlocal underway
            underway = message["type"] == "http.response.start" or bool(message.get("more_body"))
            await send(message)

        await self.app(scope, lambda: self._streams.listen(receive), sending)
        if underway and self._streams.over:
            await send({"type": "http.response.body"})
