"""The files of `app/static/` that a browser loads by address, and Plotly as its Python package ships it."""

from __future__ import annotations

import gzip
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from ganlab.app.serving.shared import SharedResult

STATIC = Path(__file__).parents[1] / "static"


class _Revalidated(StaticFiles):
    """Static files whose browser copy is checked by ETag each time, so that an update is seen at once."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = "no-cache"
        return response


def asset_routes() -> list[BaseRoute]:
    """`/live/` with everything below it, the styles of the join page, and the colours that both share."""
    plotly = _Plotly()
    return [
        Route("/live", _to_folder),
        Route("/live/plotly.min.js", plotly.respond),
        Mount("/live", _Revalidated(directory=STATIC / "live", html=True), name="live"),
        _file("join/join.css"),
        _file("shared/tokens.css"),
    ]


def _file(name: str) -> Route:
    """One file of `app/static/` under its own name."""
    files = _Revalidated(directory=STATIC)

    async def respond(request: Request) -> Response:
        return await files.get_response(name, request.scope)

    return Route(f"/{name}", respond)


async def _to_folder(request: Request) -> Response:
    """Relative, so that it holds behind any path prefix."""
    return RedirectResponse(f"live/?{request.url.query}" if request.url.query else "live/")


class _Plotly:
    """plotly.min.js out of the installed package, compressed once."""

    def __init__(self) -> None:
        self._gzipped = SharedResult(lambda: gzip.compress(self._path().read_bytes(), 6))
        self._etag = f'"plotly-{version("plotly")}"'

    @staticmethod
    def _path() -> Path:
        spec = find_spec("plotly")  # finds it without importing it
        assert spec is not None and spec.origin is not None
        return Path(spec.origin).parent / "package_data" / "plotly.min.js"

    async def respond(self, request: Request) -> Response:
        headers = {"ETag": self._etag, "Cache-Control": "public, max-age=86400", "Vary": "Accept-Encoding"}
        if self._etag in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        body = await self._gzipped.get()
        if "gzip" in request.headers.get("accept-encoding", ""):
            return Response(body, media_type="text/javascript", headers=headers | {"Content-Encoding": "gzip"})
        return Response(gzip.decompress(body), media_type="text/javascript", headers=headers)
