"""What both servers share: the prefix that the browser sees, the typeface."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from ganlab.app import compat


class Prefix:
    """The path that the browser sees before the app's own becomes the root path.

    `base`, such as "/lab", is in the request's path, as the app itself is served below it, unless a proxy strips it. What a
    proxy has stripped and names in `X-Forwarded-Prefix` stands before that. A prefix that is stripped and not named does no
    harm: all addresses that the app sends are relative.
    """

    def __init__(self, app: ASGIApp, base: str = "") -> None:
        self.app, self._base = app, base

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve the request below its prefix."""
        if scope["type"] in ("http", "websocket"):
            prefix = dict(scope["headers"]).get(b"x-forwarded-prefix", b"").decode("latin-1").rstrip("/")
            prefix = prefix if prefix.startswith("/") else ""
            if scope["type"] == "http" and self._base and scope["path"] == self._base:  # relative addresses need the slash
                await RedirectResponse(f"{self._base.rpartition('/')[2]}/{query_of(scope)}")(scope, receive, send)
                return
            root = prefix + (self._base if scope["path"].startswith(f"{self._base}/") else "")
            scope = {**scope, "root_path": root, "path": prefix + scope["path"]}
        await self.app(scope, receive, send)


def query_of(scope: Scope) -> str:
    """The query with its question mark; "" for none."""
    query = scope.get("query_string", b"").decode("latin-1")
    return f"?{query}" if query else ""


async def font(request: Request) -> FileResponse:
    """Serve the typeface that Streamlit brings, for our own pages."""
    return FileResponse(compat.streamlit_font(), headers={"Cache-Control": "public, max-age=86400"})
