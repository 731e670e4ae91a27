"""Ctrl-C ends the server at once, though pages are open: answers that go on for as long as a page does are ended first, and
after a few seconds all that is left.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ganlab.app.serving.upload_folder import remove_uploads

LONGEST = 2.0  # seconds from a signal to the end, whatever is under way; runs and jobs are processes of their own and go on


def end_process(number: int) -> None:
    """End this process as signal `number` does, without waiting for a thread."""
    remove_uploads()
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os._exit(128 + number)


@contextmanager
def ending(streams: Callable[[], None], at_last: Callable[[int], None] | None = None) -> Iterator[None]:
    """Inside, a signal that asks this process to end calls `streams` in the event loop, beside what it does already.

    uvicorn waits for every answer that is underway before it lets the application end, and Python for every thread; so
    `at_last(number)` is called LONGEST seconds after the signal, in a thread of its own, also when the block has ended.
    """
    if threading.current_thread() is not threading.main_thread():  # where no signal can be heard
        yield
        return
    loop = asyncio.get_running_loop()
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def heard(number: int, frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(streams)
        if at_last is not None:
            timer = threading.Timer(LONGEST, at_last, (number,))
            timer.daemon = True
            timer.start()
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
