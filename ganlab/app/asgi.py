"""What both servers share: preparing the process, the prefix behind a proxy, the typeface, the loopback addresses."""

from __future__ import annotations

import os

from starlette.requests import Request
from starlette.responses import FileResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from ganlab.app import compat
from ganlab.core.threads import yielding_threads

LOOPBACK = ("127.", "localhost", "::1")


def prepare_process() -> None:
    """Set the environment that PyTorch reads when it is imported; call it before a server's other modules load."""
    os.environ |= yielding_threads(os.environ)  # runs train beside this server


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


async def font(request: Request) -> FileResponse:
    """Serve the typeface that Streamlit brings, for our own pages."""
    return FileResponse(compat.streamlit_font(), headers={"Cache-Control": "public, max-age=86400"})
