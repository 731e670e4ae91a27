"""One port: Streamlit's pages, Gradio at /playground/, and our own routes, as one ASGI application."""

from __future__ import annotations

import asyncio
import gc
import os
import socket
import sys
from asyncio import base_events
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from ganlab.app.playground_server import LOOPBACK
from ganlab.app.security import classroom
from ganlab.app.security.gate import Gate
from ganlab.app.security.visitor import keys
from ganlab.app.serving.shutdown import ending
from ganlab.app.serving.upload_folder import keep_uploads_apart, remove_uploads
from ganlab.core.threads import yielding_threads
from ganlab.runtime.housekeeping import unfit

_LOOK_SECONDS = 60.0  # between two looks at whether the classroom's keys are still good


class ForwardedPrefix:
    """Behind a proxy that strips a prefix from the path: `X-Forwarded-Prefix` becomes the root path.

    `X-Forwarded-Host` is dropped, since Gradio forgets its mount path when it sees it.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve the request below its prefix."""
        if scope["type"] in ("http", "websocket"):
            headers = dict(scope["headers"])
            prefix = headers.get(b"x-forwarded-prefix", b"").decode("latin-1").rstrip("/")
            if prefix.startswith("/"):
                kept = [(name, value) for name, value in scope["headers"] if name != b"x-forwarded-host"]
                scope = {**scope, "root_path": prefix, "path": prefix + scope["path"], "headers": kept}
        await self.app(scope, receive, send)


def routes_and_lifespan() -> tuple[list[BaseRoute], Callable[[Any], AbstractAsyncContextManager[Any]]]:
    """Everything that is served beside Streamlit's pages, and what must run as long as the server does."""
    os.environ |= yielding_threads(os.environ)  # before anything imports PyTorch; runs train beside this server
    keep_uploads_apart()

    from fastapi import FastAPI

    from ganlab.app.api import generators, pictures, routes
    from ganlab.app.api import picture_facts as shown
    from ganlab.app.playground.mount import mount
    from ganlab.app.security import join

    gateway = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    end_streams = mount(gateway, "/playground")
    ours = [
        *routes(),
        *pictures.routes(),
        *shown.routes(),
        *generators.routes(),
        *join.routes(),
        Route("/playground", _to_playground),
        Route("/font.woff2", font),
    ]

    @asynccontextmanager
    async def lifespan(_: Any) -> AsyncIterator[None]:
        async with gateway.router.lifespan_context(gateway):
            _warn()
            announcing = asyncio.create_task(_announce()) if classroom.wanted() else None
            with ending(end_streams):
                yield
            if announcing:
                announcing.cancel()
        remove_uploads()  # here, since a signal that ends the server may run no exit handlers

    return [*ours, *gateway.routes], lifespan


async def _announce() -> None:
    """Tell the teacher where the class can come in, and again whenever a day is over and the keys are new."""
    from streamlit import config

    host, port = str(config.get_option("server.address") or ""), int(config.get_option("server.port"))
    told = None
    while True:
        if (found := keys()) != told:
            print(classroom.announcement(port, host, found), flush=True)
            told = found
        await asyncio.sleep(_LOOK_SECONDS)


def _warn() -> None:
    """Tell who runs the server, once, what keeps it from starting runs."""
    if wrong := unfit():
        print(f"No run can be started here: {wrong}", file=sys.stderr, flush=True)


def gate() -> Middleware:
    """The check of rights, before everything else. A server for this machine alone listens to no other name than its own."""
    from streamlit import config

    if classroom.wanted() or not str(config.get_option("server.address") or "").startswith(LOOPBACK):
        return Middleware(Gate)
    names = [str(name).lower() for name in config.get_option("server.allowedHosts") or []]
    if config.is_manually_set("browser.serverAddress"):
        names.append(str(config.get_option("browser.serverAddress")).lower())
    return Middleware(Gate, local_names=names)


async def _to_playground(request: Request) -> RedirectResponse:
    """The mount begins with the slash; relative, so that it holds behind a proxy."""
    query = request.url.query
    return RedirectResponse("playground/" + (f"?{query}" if query else ""))


async def font(request: Request) -> FileResponse:
    """The typeface that Streamlit brings, for our own pages."""
    import streamlit

    (path,) = (Path(streamlit.__file__).parent / "static" / "static" / "media").glob("SourceSansVF-Upright*.woff2")
    return FileResponse(path, headers={"Cache-Control": "public, max-age=86400"})


def tune_process() -> None:
    """Make this process answer fast: small answers leave at once, one thread per picture, nothing old is collected again."""
    import torch
    from streamlit.runtime.pages_manager import PagesManager

    from ganlab.core.devices import devices

    devices()  # remembers how many threads a worker will have
    torch.set_num_threads(1)  # a picture is too small to share out; training has processes of its own
    PagesManager.uses_pages_directory = False  # else the first visit to /train runs pages/train.py without the router
    base_events._set_nodelay = _no_delay  # type: ignore[attr-defined]
    gc.collect()
    gc.freeze()


def _no_delay(sock: socket.socket) -> None:
    """asyncio's own test also asks for proto == IPPROTO_TCP, which Streamlit's socket lacks: 40 ms on every answer."""
    if sock.family in (socket.AF_INET, socket.AF_INET6) and sock.type == socket.SOCK_STREAM:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
