"""Who may change something: only this app's own pages (or a program), never a page of another site in the same browser."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.requests import Request

HEADER = "x-ganlab"


def refusal(request: Request) -> str:
    """Why this request must not change anything, in one sentence; empty when it may.

    A page of another site cannot send HEADER without asking first, and nothing here answers such a question. The browser's
    own word on where the request comes from is checked as well; plain HTTP has only `Origin` to go by.
    """
    if HEADER not in request.headers:
        return f"Requests that change something must carry the header {HEADER}."
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return "" if site == "same-origin" else "Requests that change something must come from this app's own pages."
    origin = request.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != request.headers.get("host"):
        return "Requests that change something must come from this app's own pages."
    return ""
