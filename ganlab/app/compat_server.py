"""Hooks into private parts of what serves, uvicorn and Streamlit's runtime: with compat.py, the files to read at an upgrade.

tests/app/test_compat_server.py holds one test per hook.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import wraps
from pathlib import Path
from typing import Any

import uvicorn

from ganlab.app.serving.connections import Connections, Wait

READ_IN = {"uvicorn": "0.54.0", "websockets": "17.4", "streamlit": "1.67.0"}
"""The versions that the hooks below were read in."""

_CHUNK = 2**14  # bytes that are read of a websocket before its messages are: small ones take forty times their size in memory
_PIECES = 1000  # of one message; a browser sends a long one in pieces of many kilobytes


# uvicorn ---------------------------------------------------------------------------------------------------------------------


def before_listening(change: Callable[[uvicorn.Config], None]) -> None:
    """Call `change` with the configuration of each server of this process before it listens (uvicorn 0.54, `Server.startup`).

    Streamlit makes the configuration itself, and imports app.py only while that is loaded.
    """
    startup = uvicorn.Server.startup

    @wraps(startup)
    async def started(self: uvicorn.Server, sockets: Any = None) -> None:
        change(self.config)
        await startup(self, sockets)

    uvicorn.Server.startup = started  # type: ignore[method-assign]


def count_connections(config: uvicorn.Config, connections: Connections) -> None:
    """Let `connections` know of each connection that begins and ends (uvicorn 0.54, `Config.http_protocol_class`).

    uvicorn limits neither the time that a request takes to come nor the connections of one address.
    """
    config.http_protocol_class = _counted_http(config.http_protocol_class, connections)
    if config.ws_protocol_class is not None:
        config.ws_protocol_class = _counted_websocket(config.ws_protocol_class, connections)


def _counted_http(protocol: Any, connections: Connections) -> Any:
    """A subclass of uvicorn's H11Protocol or HttpToolsProtocol."""

    class HTTP(protocol):
        def connection_made(self, transport: asyncio.Transport) -> None:
            super().connection_made(transport)
            connections.opened(self, _host(self))

        def connection_lost(self, error: Exception | None) -> None:
            connections.closed(self, _host(self))
            super().connection_lost(error)

        def handle_websocket_upgrade(self, *event: Any) -> None:
            connections.closed(self, _host(self))  # the websocket's protocol takes over
            super().handle_websocket_upgrade(*event)

        def waits_for(self) -> tuple[Wait, Any]:
            cycle = self.cycle
            if self.flow.write_paused:
                return Wait.READING, self.transport.get_write_buffer_size()
            if cycle is None:
                return Wait.HEAD, None
            if cycle.more_body and not self.flow.read_paused:
                return Wait.BODY, cycle
            return (Wait.NEXT if cycle.response_complete else Wait.NOTHING), cycle

        def length(self) -> int:
            stated = dict(self.cycle.scope["headers"]).get(b"content-length", b"0") if self.cycle else b"0"
            return int(stated) if stated.isdigit() else 0

        def drop(self) -> None:
            self.transport.abort()

    return HTTP


def _counted_websocket(protocol: Any, connections: Connections) -> Any:
    """A subclass of uvicorn's WebSocketsSansIOProtocol, which bounds what one reading may bring too."""

    class WebSocket(protocol):
        def connection_made(self, transport: asyncio.Transport) -> None:
            super().connection_made(transport)
            with suppress(AttributeError):  # uvloop, if it is installed, reads 64 kB at a time and knows no limit
                transport.max_size = _CHUNK  # type: ignore[attr-defined]
            connections.opened(self, _host(self))

        def connection_lost(self, error: Exception | None) -> None:
            connections.closed(self, _host(self))
            while not self.queue.empty():  # messages that had to wait, of one who has left
                self.queue.get_nowait()
            super().connection_lost(error)

        def handle_cont(self, event: Any) -> None:
            if len(self.frames) < _PIECES:
                super().handle_cont(event)
            else:
                self.conn.fail(1009, "in too many pieces")
                self.handle_parser_exception()

        def waits_for(self) -> tuple[Wait, Any]:
            return Wait.NOTHING, None  # uvicorn's pings find out who has left

        def length(self) -> int:
            return 0

        def drop(self) -> None:
            self.transport.abort()

    return WebSocket


def _host(protocol: Any) -> str:
    return str(protocol.client[0]) if protocol.client else ""


# Streamlit -------------------------------------------------------------------------------------------------------------------


def take_turns(ask: Callable[[str, Callable[[], None]], None], begin: Callable[[str], None], end: Callable[[str], None]) -> None:
    """Let `ask(page, deliver)` decide when a page's wish to be computed is delivered (Streamlit 1.67, `Runtime.handle_backmsg`).

    `begin` and `end` are called in the event loop, with the page's session, as each of its scripts begins and ends
    (`ScriptRunner.start`, its event SHUTDOWN). Streamlit alone begins a thread for every message.
    """
    from streamlit.runtime import Runtime  # noqa: PLC0415  (kept out of the playground alone)
    from streamlit.runtime.scriptrunner import ScriptRunner, ScriptRunnerEvent  # noqa: PLC0415  (kept out of the playground alone)

    handle, start = Runtime.handle_backmsg, ScriptRunner.start

    def handled(self: Runtime, page: str, message: Any, **more: Any) -> None:
        if message.WhichOneof("type") == "rerun_script":
            ask(page, lambda: handle(self, page, message, **more))
        else:
            handle(self, page, message, **more)

    def started(self: ScriptRunner) -> None:
        loop, page = asyncio.get_running_loop(), self._session_id

        def heard(_: Any, event: ScriptRunnerEvent, **__: Any) -> None:
            if event is ScriptRunnerEvent.SHUTDOWN:
                with suppress(RuntimeError):  # the loop is closed: the server has ended
                    loop.call_soon_threadsafe(end, page)

        self.on_event.connect(heard, weak=False)
        begin(page)
        start(self)

    Runtime.handle_backmsg, ScriptRunner.start = handled, started  # type: ignore[assignment, method-assign]


def page_cookies(page: str) -> Mapping[str, str]:
    """Return the cookies of the browser that shows a page (Streamlit 1.67, `SessionClient.client_context`)."""
    from streamlit.runtime import Runtime  # noqa: PLC0415  (kept out of the playground alone)

    client = Runtime.instance().get_client(page)
    context = client.client_context if client else None
    return context.cookies if context else {}


def streamlit_index() -> Path:
    """Return the HTML that Streamlit's pages begin with (Streamlit 1.67, `static/index.html`)."""
    import streamlit  # noqa: PLC0415  (kept out of the playground alone)

    return Path(streamlit.__file__).parent / "static" / "index.html"
