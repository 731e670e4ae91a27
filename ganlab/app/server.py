"""One port: Streamlit's pages, Gradio at /playground/, and our own routes, as one ASGI application."""

from __future__ import annotations

import asyncio
import gc
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import torch
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import RedirectResponse
from starlette.routing import BaseRoute, Route
from streamlit import config

from ganlab.app import compat, index_page, start
from ganlab.app.api import routes
from ganlab.app.asgi import Prefix, font, query_of
from ganlab.app.gateway import playground
from ganlab.app.listening import bound_servers, share_pages
from ganlab.app.security import classroom, join
from ganlab.app.security.frames import allowed_frames
from ganlab.app.security.gate import Gate
from ganlab.app.security.proxies import trusted_proxies
from ganlab.app.security.visitor import keys
from ganlab.app.serving.log_lines import limit_log
from ganlab.app.start import LOOPBACK
from ganlab.core.devices import devices
from ganlab.runtime.limits import unfit

_LOOK_SECONDS = 60.0  # between two looks at whether the classroom's keys are still good


def routes_and_lifespan() -> tuple[list[BaseRoute], Callable[[Any], AbstractAsyncContextManager[Any]]]:
    """Return everything that is served beside Streamlit's pages, and what must run as long as the server does."""
    playground_routes, playground_lifespan = playground("/playground")
    ours = [
        *index_page.routes(),
        *routes(lambda: classroom.reachable(*_bound())),
        *join.routes(),
        Route("/playground", _to_playground),
        Route("/font.woff2", font),
    ]

    @asynccontextmanager
    async def lifespan(_: Any) -> AsyncIterator[None]:
        async with playground_lifespan():
            _warn()
            announcing = asyncio.create_task(_announce()) if classroom.wanted() else None
            yield
            if announcing:
                announcing.cancel()

    return [*ours, *playground_routes], lifespan


async def _announce() -> None:
    """Print for the teacher where the class can join, and again whenever a day is over and the keys are new."""
    port, host = _bound()
    announced = None
    while True:
        if (found := keys()) != announced:
            print(classroom.announcement(port, host, found), flush=True)
            announced = found
        await asyncio.sleep(_LOOK_SECONDS)


def _bound() -> tuple[int, str]:
    """The port of this server, and the address that it is bound to; "" for every one of this machine."""
    return int(config.get_option("server.port")), str(config.get_option("server.address") or "")


def _warn() -> None:
    """Print once what keeps this server from starting runs."""
    if wrong := unfit():
        print(f"No run can be started here: {wrong}", file=sys.stderr, flush=True)


def middleware() -> list[Middleware]:
    """Return what every request passes first: the prefix that its browser sees is taken off, then its rights are checked.

    SystemExit, one sentence, where the environment asks for what this server cannot do.
    """
    try:
        start.check()
    except ValueError as error:
        raise SystemExit(f"ganlab: {error}") from None
    compat.believe_proxies(trusted_proxies())
    base = str(config.get_option("server.baseUrlPath") or "").strip("/")
    if base:  # else Streamlit would lay its own routes below it, and leave ours at the root
        compat.set_option("server.baseUrlPath", "")
    return [Middleware(Prefix, f"/{base}" if base else ""), _gate()]


def _gate() -> Middleware:
    """The check of rights. A server for this machine alone listens to no other name than its own."""
    frames = allowed_frames()
    if frames:  # its cookie would be lost in another site's frame; the gate itself asks where each change comes from
        compat.set_option("server.enableXsrfProtection", False)
    if classroom.wanted() or not str(config.get_option("server.address") or "").startswith(LOOPBACK):
        return Middleware(Gate, frames=frames)
    names = [str(name).lower() for name in config.get_option("server.allowedHosts") or []]
    if compat.is_set_by_hand("browser.serverAddress"):
        names.append(str(config.get_option("browser.serverAddress")).lower())
    if config.get_option("server.allowedHosts"):  # Streamlit would then answer to no other name, this machine's own included
        compat.set_option("server.allowedHosts", [*names, "localhost", "127.0.0.1"])
    return Middleware(Gate, local_names=names, frames=frames)


async def _to_playground(request: Request) -> RedirectResponse:
    """The mount begins with the slash; relative, so that it holds behind a proxy."""
    return RedirectResponse(f"playground/{query_of(request.scope)}")


def tune_process() -> None:
    """Make this process answer fast, whatever is asked of it: small answers leave at once, one thread per picture, no collection
    of old objects; limits on connections, on the pages that are computed and on the log.
    """
    devices()  # remembers how many threads a worker will have
    torch.set_num_threads(1)  # a picture is too small to share out; training has processes of its own
    compat.leave_pages_to_the_router()
    compat.send_small_answers_at_once()
    bound_servers(trusted_proxies())
    share_pages()
    limit_log()
    gc.collect()
    gc.freeze()
