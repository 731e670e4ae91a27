"""The HTML that Streamlit's pages begin with, served by us: with our name, and what a browser must know before Streamlit runs.

A script keeps Back and Forward right. Styles that come with a page's script come late, and everything that stands already
jumps: those that all pages share are here. Where the server is, Streamlit's page would find out by asking in vain.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route

from ganlab.app import compat_server

PAGES = ("home", "train", "watch", "runs", "evaluate", "play")
WIDE = ("watch", "runs", "play")
_SHARED = Path(__file__).parent / "static" / "shared"
_SCRIPTS = ("history.js", "arriving.js", "pages.js")


def routes() -> list[Route]:
    """One for the root and one for each page."""
    return [Route(path, _index) for path in ("/", *(f"/{name}" for name in PAGES))]


def width(page: str) -> str:
    """How wide a page may be, as a style; text pages stay narrow enough to read on a wide screen."""
    return f"<style>:root {{ --page-width: {'1760px' if page in WIDE else '1180px'}; }}</style>"


async def _index(request: Request) -> HTMLResponse:
    return HTMLResponse(_html(request.url.path.rpartition("/")[2]), headers={"Cache-Control": "no-cache"})


@cache
def _html(page: str) -> str:
    """Streamlit's own page; styles and scripts come before any of Streamlit's."""
    text = compat_server.streamlit_index().read_text("utf-8").replace("<title>Streamlit</title>", "<title>GANLab</title>")
    ours = [width(page), f"<style>\n{(_SHARED / 'pages.css').read_text('utf-8')}</style>"]
    ours += [f"<script>\n{(_SHARED / name).read_text('utf-8')}</script>" for name in _SCRIPTS]
    return text.replace("<head>", "\n".join(["<head>", *ours]), 1)
