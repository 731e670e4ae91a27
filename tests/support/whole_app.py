"""The whole app in this process, as app.py puts it together, with an empty playground: for tests of what is served to whom."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.routing import BaseRoute, Mount, WebSocketRoute

from ganlab.app.security import visitor
from ganlab.app.security.gate import Gate
from ganlab.app.security.rights import Role
from ganlab.app.security.visitor import COOKIE
from tests.support.app_server import ROOT

APP = ROOT / "app.py"
PASSED = 299
NAMES = {Role.STRANGER: "stranger", Role.STUDENT: "student", Role.TEACHER: "teacher"}


@contextmanager
def whole_app() -> Iterator[Starlette]:
    """All routes and the middleware, in its order; nothing is started."""
    import gradio as gr
    import streamlit as st
    from streamlit.runtime import Runtime

    from ganlab.app.server import middleware, routes_and_lifespan

    assert "_middleware = middleware()" in APP.read_text() and "middleware=_middleware)" in APP.read_text()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ganlab.app.playground.mount.build", gr.Blocks)  # Gradio's routes are the same without our panels
        routes, lifespan = routes_and_lifespan()
        made = st.App(APP, routes=routes, lifespan=lifespan, middleware=middleware())
        try:
            yield made._build_starlette_app()
        finally:
            Runtime._instance = None


def addresses(routes: list[BaseRoute], prefix: str = "") -> Iterator[tuple[str, str]]:
    """(path as its route writes it, method) of everything that is served."""
    for route in routes:
        path = prefix + str(getattr(route, "path", ""))
        if isinstance(route, WebSocketRoute):
            yield path, "WEBSOCKET"
        elif isinstance(route, Mount):
            inner = getattr(route.app, "routes", None)
            yield from addresses(inner, path) if inner else ((f"{path}/{{path:path}}", method) for method in ("GET", "HEAD"))
        elif hasattr(route, "original_router"):  # FastAPI's way to include a router
            yield from addresses(route.original_router.routes, prefix)
        else:
            yield from ((path, method) for method in sorted(getattr(route, "methods", None) or ()))


def concrete(path: str) -> str:
    """An address that the route's path fits."""
    return re.sub(r"\{[^}]*\}", "1", path)


def seat(role: Role, name: str = "") -> dict[str, str]:
    """The cookies of a browser that has just come in, or of the one of this name."""
    return {} if role is Role.STRANGER else {COOKIE: visitor.keys().seat(role.name, name)}


def headers(role: Role, seat_name: str = "", **more: str) -> dict[str, str]:
    """A request's headers with those cookies."""
    cookies = "; ".join(f"{name}={value}" for name, value in seat(role, seat_name).items())
    return ({"Cookie": cookies} if cookies else {}) | more


async def everything(scope: Any, receive: Any, send: Any) -> None:
    """An app that answers whatever is asked: what reaches it has passed the gate."""
    if scope["type"] == "websocket":
        await send({"type": "websocket.accept"})
        return
    await send({"type": "http.response.start", "status": PASSED, "headers": []})
    await send({"type": "http.response.body", "body": b""})


@dataclass
class Answer:
    """What a gate answers; of a websocket, whether it was accepted."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def passed(self) -> bool:
        """Whether the request got through."""
        return self.status == PASSED

    @property
    def error(self) -> str:
        """The sentence that says why not."""
        return str(json.loads(self.body)["error"])


class Asked:
    """A gate before `everything`, or another app, asked without a server: a hundred times faster than a test client."""

    def __init__(self, app: Any = None, **settings: Any) -> None:
        self.app = app or Gate(everything, **settings)

    def __call__(self, method: str, path: str, given: dict[str, str] | None = None, body: str = "", **scope: Any) -> Answer:
        """The answer to one request; `given` are its headers."""
        sent = [(b"host", b"testserver")] if "Host" not in (given or {}) else []
        sent += [(name.lower().encode(), value.encode()) for name, value in (given or {}).items()]
        kind = {"type": "websocket"} if method == "WEBSOCKET" else {"type": "http", "method": method}
        path, _, query = path.partition("?")
        whole = kind | {
            "path": path,
            "query_string": query.encode(),
            "headers": sent,
            "scheme": "http",
            "client": ("192.0.2.9", 1),
        }
        whole |= scope
        answer = Answer()

        async def send(message: Any) -> None:
            if message["type"] == "websocket.accept":
                answer.status = PASSED
            elif message["type"] == "websocket.close":
                answer.status = message["code"]
            elif message["type"] == "http.response.start":
                answer.status = message["status"]
                answer.headers = {name.decode(): value.decode() for name, value in message["headers"]}
            else:
                answer.body += message.get("body", b"")

        async def receive() -> Any:
            return {"type": "http.request", "body": body.encode(), "more_body": False}

        coroutine = self.app(whole, receive, send)
        try:
            coroutine.send(None)  # it waits for nothing
        except StopIteration:
            return answer
        raise AssertionError("the app waits for something")
