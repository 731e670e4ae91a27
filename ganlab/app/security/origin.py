"""Who may change something: only this app's own pages (or a program), never a page of another site in the same browser."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection, Request

HEADER = "x-ganlab"
_ELSEWHERE = "Requests that change something must come from this app's own pages."


def refusal(request: Request) -> str:
    """Why this request must not change anything, in one sentence; empty when it may.

    A page of another site cannot send HEADER without asking first, and nothing here answers such a question.
    """
    if HEADER not in request.headers:
        return f"Requests that change something must carry the header {HEADER}."
    return foreign(request)


def foreign(connection: HTTPConnection) -> str:
    """Why a request that changes something, or a websocket, comes from elsewhere; empty when it does not.

    The browser's own word counts (Fetch Metadata, W3C 2021); plain HTTP has only `Origin` to go by, which must be the host
    that was asked, as the browser or a proxy in between names it. Programs that are no browser send neither.
    """
    site = connection.headers.get("sec-fetch-site")
    if site is not None:
        return "" if site == "same-origin" else _ELSEWHERE
    origin = connection.headers.get("origin")
    # A page of another site cannot set X-Forwarded-Host on what it sends here.
    hosts = (connection.headers.get("host"), connection.headers.get("x-forwarded-host"))
    return "" if origin is None or urlsplit(origin).netloc in hosts else _ELSEWHERE


def rebound(host: str, allowed: Sequence[str]) -> bool:
    """Whether a server that only this machine reaches is asked by a name that is not this machine's.

    A page of another site whose name was made to point here afterwards (DNS rebinding) looks like our own page to the
    browser; only the Host header gives it away. It needs a name: numbers cannot be made to point elsewhere. `allowed` are
    other names, such as a proxy's; "*" is any.
    """
    try:
        name = (urlsplit(f"//{host}").hostname or "").rstrip(".")
    except ValueError:
        return True
    if not name or name == "localhost" or name.endswith(".localhost"):
        return False
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return not any(one == "*" or name == one or (one.startswith("*.") and name.endswith(one[1:])) for one in allowed)
    return False
