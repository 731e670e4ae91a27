"""The hooks into uvicorn and into Streamlit's runtime: a real server with real sockets, and the versions they were read in."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import socket
import threading
import time
from collections.abc import Iterator
from importlib.metadata import version
from types import SimpleNamespace
from typing import Any

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.runtime import Runtime
from streamlit.runtime.scriptrunner import ScriptRunContext, ScriptRunner, ScriptRunnerEvent
from streamlit.signal_util import Signal
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from ganlab.app import compat, compat_server, index_page, listening
from ganlab.app.security import quotas
from ganlab.app.serving import connections
from ganlab.app.serving.connections import Wait

MOST = 6
HEAD = b"GET / HTTP/1.1\r\nHost: x\r\n"
BODY = b"POST /whole HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nab"


async def hello(_: Request) -> PlainTextResponse:
    return PlainTextResponse("hello")


async def whole(request: Request) -> PlainTextResponse:
    return PlainTextResponse(str(len(await request.body())))


async def lengths(websocket: WebSocket) -> None:
    await websocket.accept()
    async for message in websocket.iter_bytes():
        await websocket.send_text(str(len(message)))


ROUTES = [Route("/", hello), Route("/whole", whole, methods=["POST"]), WebSocketRoute("/lengths", lengths)]


@pytest.mark.parametrize("library", compat_server.READ_IN)
def test_the_hooks_were_read_in_the_version_that_is_installed(library: str) -> None:
    """After an upgrade, read every hook into this library again and write the new version into READ_IN."""
    assert version(library) == compat_server.READ_IN[library]


@pytest.fixture(params=["asyncio", "uvloop"])
def port(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[int]:
    """A server as each of ours is, with little patience and few connections; uvicorn takes uvloop where that is installed."""
    if request.param == "uvloop":
        pytest.importorskip("uvloop")
    monkeypatch.setattr(uvicorn.Server, "startup", uvicorn.Server.startup)
    monkeypatch.setattr(connections, "_LOOK_SECONDS", 0.05)
    monkeypatch.setattr(connections, "SECONDS", dict.fromkeys(Wait, 0.3) | {Wait.NEXT: 5.0})
    monkeypatch.setattr(quotas, "_BY_NAME", quotas._BY_NAME | {"connections": quotas.Row("", "", address=MOST, server=99)})
    listening.bound_servers()
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        config = uvicorn.Config(
            Starlette(routes=ROUTES), ws="websockets-sansio", loop=request.param, log_level="error", lifespan="off"
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, args=([bound],))
        thread.start()
        while not server.started:
            time.sleep(0.01)
        yield bound.getsockname()[1]
        server.should_exit = True
        thread.join(10)
        assert not thread.is_alive(), "it ends whatever is open"


def opened(port: int, sent: bytes = b"") -> socket.socket:
    made = socket.create_connection(("127.0.0.1", port), timeout=5)
    made.sendall(sent)
    return made


def closed(one: socket.socket, seconds: float = 5.0) -> bool:
    one.settimeout(seconds)
    try:
        return one.recv(1) == b""
    except TimeoutError:
        return False
    except OSError:
        return True


def answers(one: socket.socket, request: bytes = HEAD + b"\r\n", wanted: bytes = b"hello") -> bool:
    one.sendall(request)
    received = b""
    while wanted not in received:
        if not (part := one.recv(2**16)):
            return False
        received += part
    return True


def test_what_is_half_sent_is_closed_and_what_is_asked_is_answered(port: int) -> None:
    half = [opened(port, sent) for sent in (b"", HEAD, BODY)]
    busy = opened(port)
    assert answers(busy)
    assert all(closed(one) for one in half)
    assert answers(busy), "kept alive meanwhile"
    assert answers(opened(port, BODY), b"cdefghij", b"10")


def test_those_that_let_wait_make_room(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "SECONDS", dict.fromkeys(Wait, 60.0))
    with connect(f"ws://127.0.0.1:{port}/lengths") as page:
        half = [opened(port, HEAD) for _ in range(5 * MOST)]
        assert answers(opened(port))
        assert all(closed(one) for one in half[: 4 * MOST]) and not closed(half[-1], 0.05)
        page.send(b"abc")
        assert page.recv(5) == "3", "a websocket does not"
    assert answers(opened(port)), "and gives its place back"


@pytest.mark.parametrize("pieces", [1, 2, 2000])
def test_a_message_too_long_or_in_too_many_pieces_closes_its_websocket_alone(port: int, pieces: int) -> None:
    size = 2**20 + 1 if pieces < 1000 else pieces
    whole = bytes(size)
    with connect(f"ws://127.0.0.1:{port}/lengths") as other, connect(f"ws://127.0.0.1:{port}/lengths") as page:
        with pytest.raises(ConnectionClosed) as error, contextlib.suppress(BrokenPipeError):
            page.send(whole if pieces == 1 else (whole[at::pieces] for at in range(pieces)))
            page.recv(5)
        assert error.value.rcvd is None or error.value.rcvd.code == 1009
        other.send(bytes(2**20))
        assert other.recv(5) == str(2**20)


def test_pages_take_turns_in_streamlit(monkeypatch: pytest.MonkeyPatch) -> None:
    handled: list[Any] = []
    heard: list[tuple[str, str]] = []
    monkeypatch.setattr(Runtime, "handle_backmsg", lambda self, page, message, *, client=None: handled.append((page, client)))
    monkeypatch.setattr(ScriptRunner, "start", lambda self: heard.append(("thread", self._session_id)))
    asked: dict[str, Any] = {}
    compat_server.take_turns(
        asked.__setitem__, lambda page: heard.append(("begin", page)), lambda page: heard.append(("end", page))
    )
    rerun, stop = BackMsg(), BackMsg()
    rerun.rerun_script.page_name, stop.stop_script = "runs", True
    Runtime.handle_backmsg(SimpleNamespace(), "ann", rerun, client="ann's")  # type: ignore[arg-type]
    assert not handled
    Runtime.handle_backmsg(SimpleNamespace(), "ann", stop)  # type: ignore[arg-type]
    asked["ann"]()
    assert handled == [("ann", None), ("ann", "ann's")]

    async def run() -> None:
        runner = SimpleNamespace(_session_id="ann", on_event=Signal())
        ScriptRunner.start(runner)  # type: ignore[arg-type]
        for event in (
            ScriptRunnerEvent.SCRIPT_STARTED,
            ScriptRunnerEvent.SCRIPT_STOPPED_WITH_SUCCESS,
            ScriptRunnerEvent.SHUTDOWN,
        ):
            await asyncio.to_thread(runner.on_event.send, runner, event=event)
        await asyncio.sleep(0)

    asyncio.run(run())
    assert heard == [("begin", "ann"), ("thread", "ann"), ("end", "ann")]


def test_streamlit_s_page_can_be_begun_with_our_script() -> None:
    text = TestClient(Starlette(routes=index_page.routes())).get("/train").text
    assert text.index("history.pushState") < text.index('<script type="module"')
    assert "<title>GANLab</title>" in text and (compat_server.streamlit_index().read_text().count("<head>") == 1)


def test_a_run_of_a_page_knows_whether_it_follows_back_or_forward() -> None:
    assert not compat.is_history_navigation()
    assert "is_history_navigation" in {field.name for field in dataclasses.fields(ScriptRunContext)}
