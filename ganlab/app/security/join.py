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

from ganlab.app.security import classroom, quotas
from ganlab.app.security.buckets import Limit, network
from ganlab.app.security.frames import allowed_frames
from ganlab.app.security.rights import Role
from ganlab.app.security.visitor import COOKIE, keys, visitor

_PAGE = Template((Path(__file__).parents[1] / "static" / "join" / "join.html").read_text())
# No other site learns the teacher's token from a Referer. Not `no-referrer`: the page's own form would then come with
# `Origin: null`, which over plain HTTP looks like another site's.
_HEADERS = {"Cache-Control": "no-store", "Referrer-Policy": "same-origin"}
_MOST_BYTES = 4000


def routes() -> list[BaseRoute]:
    """`/join`. Codes and new seats are limited for each address, behind which a class may sit; the teacher's link is not."""
    attempts, new = (Limit(*quotas.rate(kind, "address")) for kind in ("codes", "seats"))

    async def show(request: Request) -> Response:
        if not classroom.wanted():
            return RedirectResponse("./", 303)
        to = request.query_params.get("to", "")
        token = request.query_params.get("teacher")
        if token is not None:
            return _try(request, token, to, attempts, new, link=True)
        if visitor(request.cookies).role is not Role.STRANGER:
            return RedirectResponse(_inside(to), 303, _HEADERS)
        return _page(to, code=request.query_params.get("code", ""))  # as the QR code on the teacher's screen brings it

    async def enter(request: Request) -> Response:
        if not classroom.wanted():
            return RedirectResponse("./", 303)
        body = bytearray()
        async for chunk in request.stream():
            body += chunk
            if len(body) > _MOST_BYTES:
                return _page("", "A join code is eight digits; this is more than that.", status=413)
        form = parse_qs(body.decode("utf-8", "replace"))
        return _try(request, form.get("code", [""])[0], form.get("to", [""])[0], attempts, new)

    return [Route("/join", show), Route("/join", enter, methods=["POST"])]


def _try(request: Request, typed: str, to: str, attempts: Limit, new: Limit, *, link: bool = False) -> Response:
    """Let in who has the token or, where it was typed into our own page, the code. No one leaves with a lower role."""
    found, user, address = keys(), visitor(request.cookies), network(request.client.host if request.client else "")
    if found.opens_for_teacher(typed):  # 192 bits are beyond guessing: no crowd keeps the teacher out
        return _seated(request, found.seat(Role.TEACHER.name, user.name), to)
    if wait := attempts.take(address):
        return _page(to, "Too many codes came from here; wait a few seconds and try again.", 429, math.ceil(wait))
    if link:
        return _page(to, "This link is not the teacher's any more; the server's terminal shows the new one.", 403)
    if not found.opens_for_students(typed):
        return _page(to, "That is not the join code; ask your teacher for the eight digits.", 403)
    if user.role is Role.STRANGER and (wait := new.take(address)):
        return _page(to, "Too many have joined from here; wait a few seconds and try again.", 429, math.ceil(wait))
    return _seated(request, found.seat(max(user.role, Role.STUDENT).name, user.name), to)


def _seated(request: Request, seat: str, to: str) -> Response:
    """In, with a cookie; the address that had the token in it is left behind."""
    response = RedirectResponse(_inside(to), 303, _HEADERS)
    prefix, secure = request.scope.get("root_path", ""), request.url.scheme == "https"
    elsewhere = secure and bool(allowed_frames())  # browsers keep no such cookie over plain HTTP
    response.set_cookie(
        COOKIE,
        seat,
        max_age=int(3600 * classroom.HOURS),
        path=f"{prefix}/",
        secure=secure,
        httponly=True,
        samesite="none" if elsewhere else "lax",
    )
    if elsewhere:  # a seat of its own in each site that shows the app in a frame (Starlette: from Python 3.14 only)
        response.headers["set-cookie"] += "; Partitioned"
    return response


def _inside(to: str) -> str:
    """An address of this app, whatever was asked for; relative to /join."""
    return f"./{to.lstrip('/')}" if to.isprintable() and "\\" not in to else "./"


def _page(to: str, problem: str = "", status: int = 200, retry: int = 0, code: str = "") -> HTMLResponse:
    """The page, with what went wrong; `code` stands in its field."""
    state = ' aria-invalid="true"' if problem else ""
    code = "".join(character for character in code[:20] if character in "0123456789 ")
    text = _PAGE.substitute(to=html.escape(to), problem=html.escape(problem), state=state, code=code)
    return HTMLResponse(text, status, _HEADERS | ({"Retry-After": str(retry)} if retry else {}))
