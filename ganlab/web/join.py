"""The door to a classroom: a page that asks for the join code, and the link that makes its owner the teacher."""

from __future__ import annotations

import html
import math
from pathlib import Path
from string import Template
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from ganlab import classroom
from ganlab.web.limits import Limit, network
from ganlab.web.rights import Role
from ganlab.web.visitor import COOKIE, keys, visitor

_PAGE = Template((Path(__file__).parent / "static" / "join.html").read_text())
# No other site learns the teacher's token from a Referer. Not `no-referrer`: the page's own form would then come with
# `Origin: null`, which over plain HTTP looks like another site's.
_HEADERS = {"Cache-Control": "no-store", "Referrer-Policy": "same-origin", "X-Frame-Options": "SAMEORIGIN"}
_MOST_BYTES = 4000
_WRONG, _RIGHT = 1.0, 0.5  # what an attempt costs: a whole class that joins at once must not run dry


def routes() -> list[BaseRoute]:
    """`/join`. Guesses are limited for each address: 60 at once, then one every two seconds, of 100 million codes."""
    attempts = Limit(burst=60, per_second=0.5)

    async def show(request: Request) -> Response:
        if not classroom.wanted():
            return RedirectResponse("./", 303)
        to = request.query_params.get("to", "")
        token = request.query_params.get("teacher")
        if token is not None:
            return _try(request, token, to, attempts)
        if visitor(request.cookies).role is not Role.NOBODY:
            return RedirectResponse(_inside(to), 303, _HEADERS)
        return _page(to)

    async def enter(request: Request) -> Response:
        if not classroom.wanted():
            return RedirectResponse("./", 303)
        body = bytearray()
        async for chunk in request.stream():
            body += chunk
            if len(body) > _MOST_BYTES:
                return _page("", "A join code is eight digits; this is more than that.", status=413)
        form = parse_qs(body.decode("utf-8", "replace"))
        return _try(request, form.get("code", [""])[0], form.get("to", [""])[0], attempts)

    return [Route("/join", show), Route("/join", enter, methods=["POST"])]


def _try(request: Request, typed: str, to: str, attempts: Limit) -> Response:
    address = network(request.client.host if request.client else "")
    wait = attempts.wait(address)
    if wait:
        return _page(to, "Too many wrong codes came from here; wait a few seconds and try again.", 429, math.ceil(wait))
    found, role = keys(), ""
    if found.opens_for_teacher(typed):
        role = "TEACHER"
    elif found.opens_for_students(typed):
        role = "STUDENT"
    attempts.spend(address, _RIGHT if role else _WRONG)
    if not role:
        if "teacher" in request.query_params:
            return _page(to, "This link is not the teacher's any more; the server's terminal shows the new one.", 403)
        return _page(to, "That is not the join code; ask your teacher for the eight digits.", 403)
    return _seated(request, found.seat(role), to)


def _seated(request: Request, seat: str, to: str) -> Response:
    """In, with a cookie; the address that had the token in it is left behind."""
    response = RedirectResponse(_inside(to), 303, _HEADERS)
    prefix = request.scope.get("root_path", "")
    response.set_cookie(
        COOKIE,
        seat,
        max_age=int(3600 * classroom.HOURS),
        path=f"{prefix}/",
        secure=request.url.scheme == "https",
        httponly=True,
        samesite="lax",
    )
    return response


def _inside(to: str) -> str:
    """An address of this app, whatever was asked for; relative to /join."""
    return f"./{to.lstrip('/')}" if to.isprintable() and "\\" not in to else "./"


def _page(to: str, problem: str = "", status: int = 200, retry: int = 0) -> HTMLResponse:
    """The page, with what went wrong."""
    text = _PAGE.substitute(to=html.escape(to), problem=html.escape(problem), state=' aria-invalid="true"' if problem else "")
    return HTMLResponse(text, status, _HEADERS | ({"Retry-After": str(retry)} if retry else {}))
