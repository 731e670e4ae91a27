"""A server that is told to end does so at once, though a page is open."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import AsyncIterator
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.routing import Route

from ganlab.app.serving import shutdown
from ganlab.app.serving.shutdown import Interruptible, Streams, ending


async def endless(request: Request) -> StreamingResponse:
    async def ticks() -> AsyncIterator[str]:
        while True:
            yield "tick"
            await asyncio.sleep(0.01)

    return StreamingResponse(ticks())


async def echo(request: Request) -> PlainTextResponse:
    return PlainTextResponse((await request.body()).decode())


ROUTES = [Route("/endless", endless), Route("/echo", echo, methods=["POST"])]


async def answered(path: str, streams: Streams, body: bytes = b"") -> list[dict[str, Any]]:
    """What is sent for one request, as uvicorn asks it; the visitor stays until the end."""
    app, sent, given = Interruptible(Starlette(routes=ROUTES), streams), [], [body]
    method = "POST" if body else "GET"
    scope = {"type": "http", "asgi": {"version": "3.0", "spec_version": "2.3"}, "method": method, "path": path, "headers": []}

    async def receive() -> dict[str, Any]:
        if given:
            return {"type": "http.request", "body": given.pop()}
        await asyncio.sleep(3600)
        raise AssertionError("the visitor never leaves")

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)
        if len(sent) == 5:
            streams.end()

    await asyncio.wait_for(app({**scope, "query_string": b""}, receive, send), 20)
    return sent


def test_a_stream_ends_when_the_server_does_and_is_brought_to_its_end() -> None:
    sent = asyncio.run(answered("/endless", Streams()))
    assert [message.get("body") for message in sent[1:4]] == [b"tick"] * 3
    assert sent[-1] == {"type": "http.response.body"}


def test_any_other_answer_is_as_without() -> None:
    streams = Streams()
    for _ in range(2):  # in two event loops, as of a test client
        start, body, *rest = asyncio.run(answered("/echo", streams, b"hello"))
        assert (start["status"], body["body"], rest) == (200, b"hello", [])


def test_what_still_holds_the_process_is_ended_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutdown, "LONGEST", 0.01)
    ended, numbers = threading.Event(), []  # type: threading.Event, list[int]
    before = signal.signal(signal.SIGTERM, lambda *_: None)
    try:

        async def serve() -> None:
            with ending(lambda: None, lambda number: (numbers.append(number), ended.set())[-1]):
                os.kill(os.getpid(), signal.SIGTERM)

        asyncio.run(serve())
        assert ended.wait(20) and numbers == [signal.SIGTERM], "also when the server itself has ended"
    finally:
        signal.signal(signal.SIGTERM, before)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_streams_and_does_what_it_did_before(number: signal.Signals) -> None:
    heard: list[int] = []
    before = signal.signal(number, lambda number, _: heard.append(number))
    try:
        ours = signal.getsignal(number)

        async def serve() -> bool:
            closing = asyncio.Event()
            with ending(closing.set):
                os.kill(os.getpid(), number)
                await asyncio.wait_for(closing.wait(), 20)
            return signal.getsignal(number) is ours

        assert asyncio.run(serve()) and heard == [number]
    finally:
        signal.signal(number, before)
