"""Turns before what costs: requests of one kind wait in a line, in which no seat keeps the others from being answered."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Literal

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ganlab.app.security import quotas
from ganlab.app.security.admission import Left, Line, Places, Refused

Handler = Callable[[Request], Awaitable[Response]]


def in_turns(row: Literal["slow jobs", "quick jobs"]) -> Callable[[Handler], Handler]:
    """Make a line; what is returned lets a handler make its answers there, and leaves the line before they are sent."""
    line = Line(Places(), quotas.most(row, "server"), quotas.most(row, "seat"))

    def admitted(handler: Handler) -> Handler:
        async def answer(request: Request) -> Response:
            try:
                async with line.place(request):
                    return await handler(request)
            except Refused:
                words = "Too many are asked for at once; try again."
                return JSONResponse({"error": words}, 429, {"Cache-Control": "no-store", "Retry-After": "1"})
            except Left:
                return Response(status_code=400)  # which none reads

        return answer

    return admitted
