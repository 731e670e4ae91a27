"""The playground alone: Gradio at / and its pictures, without Streamlit. For `ganlab app --only playground` and for Spaces.

    python -m ganlab.app.playground_server [--host 127.0.0.1] [--port 8501] [--allow-host NAME] [--allow-frame ORIGIN]
        [--proxy ADDRESS]

GRADIO_SERVER_NAME and GRADIO_SERVER_PORT, which a Space sets, are the defaults. Served to this machine alone, it answers to no
other name than this machine's and those allowed; the whole app's gate stands before it too.
"""

from __future__ import annotations

import argparse
import gc
import os
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from importlib.util import find_spec

import torch
import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import RedirectResponse
from starlette.routing import Route

from ganlab.app import start
from ganlab.app.asgi import Prefix, font, query_of
from ganlab.app.gateway import playground
from ganlab.app.listening import bound_servers
from ganlab.app.security.frames import allowed_frames
from ganlab.app.security.gate import Gate
from ganlab.app.security.proxies import trusted_proxies
from ganlab.app.serving.log_lines import limit_log


def application(names: Sequence[str] | None = None, frames: Sequence[str] = ()) -> Starlette:
    """Everything that the playground needs, as one ASGI application.

    `names`, beside this machine's own, by which it may be asked; None for any. `frames`: sites that may show it in a frame.
    """
    routes, playground_lifespan = playground("/")

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with playground_lifespan():
            yield

    ours = [Route("/play", _to_playground), Route("/playground", _to_playground)]
    if find_spec("streamlit"):
        ours.append(Route("/font.woff2", font))
    gate = Middleware(Gate, names, naming="--allow-host", frames=frames, full_path=_in_the_whole_app)
    return Starlette(routes=[*ours, *routes], lifespan=lifespan, middleware=[Middleware(Prefix), gate])


def _in_the_whole_app(path: str) -> str:
    """Where the whole app serves what is here at `path`: the rights are those."""
    return path if path.startswith("/api/") or path in ("/font.woff2", "/play", "/playground") else f"/playground{path}"


async def _to_playground(request: Request) -> RedirectResponse:
    """Links that the panels copy are those of the whole app; relative, so that they hold behind a proxy."""
    return RedirectResponse(f"./{query_of(request.scope)}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until Ctrl-C. Return 2 after one sentence where that cannot be."""
    options = _options(arguments)
    try:
        start.check()
        frames, proxies = allowed_frames(options.allow_frame), trusted_proxies(options.proxy)
        listening = start.listen(options.host, options.port)
    except ValueError as error:
        print(f"ganlab: {error}", file=sys.stderr)
        return 2
    names = [name.lower() for name in options.allow_host]
    app = application(names if names or options.host.startswith(start.LOOPBACK) else None, frames)
    torch.set_num_threads(1)  # a picture is too small to share out
    bound_servers(proxies)
    limit_log()
    gc.collect()
    gc.freeze()
    host = "127.0.0.1" if options.host == "0.0.0.0" else options.host
    print(f"The playground is at http://{host}:{listening.getsockname()[1]}", flush=True)
    config = uvicorn.Config(app, log_level="warning", ws="websockets-sansio", forwarded_allow_ips=",".join(proxies))
    server = uvicorn.Server(config)
    server.run(sockets=[listening])
    return 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="ganlab app --only playground", description="Serve the playground alone.")
    parser.add_argument("--host", default=os.environ.get("GRADIO_SERVER_NAME", "127.0.0.1"))
    parser.add_argument("--port", type=int, default=int(os.environ.get("GRADIO_SERVER_PORT", "8501")))
    allow = parser.add_argument_group("names and sites that may reach it")
    allow.add_argument(
        "--allow-host", action="append", default=[], metavar="NAME", help="such as a proxy's; *.example.org fits all"
    )
    allow.add_argument("--allow-frame", action="append", default=[], metavar="ORIGIN", help="a site that may show it in a frame")
    allow.add_argument("--proxy", action="append", default=[], metavar="ADDRESS", help="whose X-Forwarded-For counts")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
