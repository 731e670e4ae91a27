"""How much a request may bring: most of what is sent is read whole, and small values in JSON take seventy times its size in
memory.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ganlab.app.security import quotas

MOST_UPLOADED = 64 * 2**20  # bytes of one file for the playground
MOST_TRAINING = 200 * 2**20  # bytes of one file to train on, which may be a zip of all; only a teacher sends it
_FORM = 2**20  # bytes that a form adds to its file
_MOST = 2 * 2**20  # bytes of anything else: the longest that a page sends is a drawing's 2**20 characters
_FILES = (  # Streamlit holds its own to maxUploadSize as well
    (re.compile(r"/playground/gradio_api/upload"), MOST_UPLOADED),
    (re.compile(r"/_stcore/upload_file/.*"), MOST_TRAINING),
)
_BETWEEN = (b"[", b"{", b",")  # before every value of JSON stands one of them
_TOO_MANY = "That is too many values at once; send fewer."
_ENDLESS = "A request must say how long it is, in Content-Length."


def refusal(path: str, headers: Mapping[str, str]) -> tuple[int, str] | None:
    """The status and the sentence for a request whose body is too long or of no length known beforehand; None for others.

    Browsers, gradio_client and Streamlit's uploader always name the length of what they send; no length means no body.
    """
    if "transfer-encoding" in headers or not headers.get("content-length", "0").isdecimal():
        return 411, _ENDLESS
    most = next((most + _FORM for pattern, most in _FILES if pattern.fullmatch(path)), _MOST)
    return (413, "That is too much to send at once; give a smaller file.") if size(headers) > most else None


def size(headers: Mapping[str, str]) -> int:
    """Bytes of the body of a request that is not refused."""
    return int(headers.get("content-length", "0"))


class FewValues:
    """ASGI middleware: JSON of more values than the table has is refused before it is parsed, which unfolds it in memory."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Read a body whole, as its route would, and look how many values it can hold."""
        if scope["type"] != "http" or scope["method"] in ("GET", "HEAD") or _is_form(scope):
            await self.app(scope, receive, send)
            return
        body, more = bytearray(), True
        while more:
            message = await receive()
            if message["type"] != "http.request":
                return
            body += message.get("body", b"")
            more = message.get("more_body", False)
        if sum(map(body.count, _BETWEEN)) > quotas.most("values", "seat"):
            await JSONResponse({"error": _TOO_MANY, "detail": _TOO_MANY}, 413)(scope, receive, send)
            return
        unread = [{"type": "http.request", "body": bytes(body), "more_body": False}]

        async def again() -> Message:
            return unread.pop() if unread else await receive()

        await self.app(scope, again, send)


def _is_form(scope: Scope) -> bool:
    """Whether the body is a form, which comes in parts, and is not read as JSON."""
    return Request(scope).headers.get("content-type", "").startswith("multipart/form-data")
