"""The files of `app/static/` that a browser loads by address, and Plotly as its Python package ships it."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Awaitable, Callable
from functools import cache
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urljoin

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from ganlab.app.serving.shared import SharedResult

STATIC = Path(__file__).parents[1] / "static"


_LIVE = STATIC / "live"
_OWN = re.compile(r'(?<=href="|.src=")(?!data:|plotly)[^"]+(?=")')  # what a page names, but for Plotly, which is not ours
_MODULE = re.compile(r'(?<=module" src=")[^"]+(?=")')
_IMPORT = re.compile(r'^(?:import|export|}).*"(\.[^"]+)";$', re.MULTILINE)


class _Versioned(StaticFiles):
    """Static files: asked for in the version that is here, a browser keeps its copy; else it checks it by ETag each time."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        wanted = f"v={_version(Path(str(self.directory), path))}".encode()
        kept = scope["query_string"] == wanted and response.status_code in (200, 304)
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable" if kept else "no-cache"
        return response


def _version(file: Path) -> str:
    try:
        found = file.stat()
    except OSError:  # no such file
        return ""
    return f"{found.st_mtime_ns:x}-{found.st_size:x}"


def asset_routes() -> list[BaseRoute]:
    """`/live/` with everything below it, the styles of the join page, and the colours that both share."""
    plotly = _Plotly()
    return [
        Route("/live", _to_folder),
        Route("/live/plotly.min.js", plotly.respond),
        *(Route(f"/live/{path}", _page(name)) for path, name in {"": "index.html", "class.html": "class.html"}.items()),
        Mount("/live", _Versioned(directory=_LIVE), name="live"),
        _file("join/join.css"),
        _file("shared/tokens.css"),
    ]


def _file(name: str) -> Route:
    """One file of `app/static/` under its own name."""
    files = _Versioned(directory=STATIC)

    async def respond(request: Request) -> Response:
        return await files.get_response(name, request.scope)

    return Route(f"/{name}", respond)


def _page(name: str) -> Callable[[Request], Awaitable[Response]]:
    """A page of the live view that names each of its files in its version, so that a later visit asks for none of them.

    Modules name each other without one: an import map adds it. All that the page needs is fetched at once, ahead of its use.
    """

    async def respond(_: Request) -> HTMLResponse:
        text = (_LIVE / name).read_text("utf-8")
        modules = {path: _address(path) for path in _needed(_MODULE.findall(text))}
        imports = {f"./{path}": f"./{to}" for path, to in modules.items()}
        head = [
            f'<script type="importmap">{json.dumps({"imports": imports})}</script>',
            *(f'<link rel="modulepreload" href="{to}">' for to in modules.values()),
        ]
        text = _OWN.sub(lambda found: _address(found[0]), text)
        return HTMLResponse(text.replace("<head>", "\n  ".join(["<head>", *head]), 1), headers={"Cache-Control": "no-cache"})

    return respond


def _address(path: str) -> str:
    """`path`, relative to the live view's folder, with the version of what is there."""
    return f"{path}?v={_version(_LIVE / path)}"


def _needed(modules: list[str]) -> list[str]:
    """These modules and all that they import, by their paths in the live view's folder."""
    found = dict.fromkeys(modules)
    waiting = list(modules)
    while waiting:
        path = waiting.pop()
        imported = _imports(path, _version(_LIVE / path))
        new = [to for one in imported if (to := urljoin(path, one)) not in found]
        found |= dict.fromkeys(new)
        waiting += new
    return list(found)


@cache
def _imports(path: str, stamp: str) -> list[str]:
    """What a module imports, as it is written there; read once in each version, the `stamp`."""
    return _IMPORT.findall((_LIVE / path).read_text("utf-8"))


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
