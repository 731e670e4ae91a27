"""The HTML that Streamlit's pages begin with, served by us: with our name, and a script that keeps Back and Forward right."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route

from ganlab.app import compat_server

PAGES = ("home", "train", "watch", "runs", "evaluate", "play")
_SCRIPT = Path(__file__).parent / "static" / "shared" / "history.js"


def routes() -> list[Route]:
    """One for the root and one for each page."""
    return [Route(path, _index) for path in ("/", *(f"/{name}" for name in PAGES))]


async def _index(request: Request) -> HTMLResponse:
    return HTMLResponse(_html(), headers={"Cache-Control": "no-cache"})


@cache
def _html() -> str:
    """Streamlit's own page; the script comes before any of Streamlit's."""
    text = compat_server.streamlit_index().read_text("utf-8").replace("<title>Streamlit</title>", "<title>GANLab</title>")
    return text.replace("<head>", f"<head>\n<script>\n{_SCRIPT.read_text('utf-8')}</script>", 1)
