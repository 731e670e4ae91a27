"""What a class has in common: what the teacher shows, the newest run, who is here, and how to join. In memory alone."""

from __future__ import annotations

import hashlib
import io
import json
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import quote, urlsplit

import segno
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ganlab.app.security import classroom
from ganlab.app.security.origin import refusal
from ganlab.app.security.rights import Role
from ganlab.app.security.visitor import keys, visitor_of
from ganlab.app.serving.shared import SharedResult
from ganlab.app.start import LOOPBACK
from ganlab.runtime.run import runs

PAGES = ("watch", "play", "evaluate")
"""The pages on which a class follows; elsewhere the teacher prepares."""
HERE_SECONDS = 30.0  # a tab in the background asks every ten
_NEWEST_SECONDS, _ADDRESS_SECONDS = 0.5, 60.0
_MOST_BYTES, _MOST_NAMES, _MOST_CHARACTERS = 4000, 16, 400
_NAME, _TAB = re.compile(r"[a-z_]{1,20}"), re.compile(r"[a-z0-9]{1,16}")
_FRESH = {"Cache-Control": "no-store"}
_NOT_THIS = "What is shown is a page with short texts by name, in one small JSON object."


@dataclass(frozen=True)
class Shown:
    """What the teacher shows: a page, the part of its address that says of what, and the view of it (zoom, step, panel).

    `tab` names the browser tab that shows it. All are names and short texts; what they mean is checked where they are used.
    """

    page: str
    query: Mapping[str, str]
    view: Mapping[str, str]
    tab: str

    @classmethod
    def parse(cls, body: bytes) -> Shown:
        """Read a request's body; ValueError, one sentence, where it is anything else."""
        try:
            values = json.loads(body if len(body) <= _MOST_BYTES else b"")
        except (ValueError, RecursionError):
            raise ValueError(_NOT_THIS) from None
        if not isinstance(values, dict) or values.get("page") not in PAGES:
            raise ValueError(_NOT_THIS)
        tab = values.get("tab")
        if not isinstance(tab, str) or not _TAB.fullmatch(tab):
            raise ValueError(_NOT_THIS)
        return cls(values["page"], _texts(values.get("query", {})), _texts(values.get("view", {})), tab)


def _texts(values: object) -> dict[str, str]:
    """{name: text}, both short and printable."""
    if not isinstance(values, dict) or len(values) > _MOST_NAMES:
        raise ValueError(_NOT_THIS)
    for name, text in values.items():
        short = isinstance(text, str) and len(text) <= _MOST_CHARACTERS and text.isprintable()
        if not _NAME.fullmatch(name) or not short:
            raise ValueError(_NOT_THIS)
    return dict(values)


class Lesson:
    """What is shown to a class, and who is here. It begins anew with new keys. In the event loop alone."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._secret = ""
        self._shown: Shown | None = None
        self._seen: dict[str, float] = {}

    def show(self, shown: Shown, secret: str) -> None:
        """Let all who follow see this."""
        self._begin(secret)
        self._shown = shown

    def shown(self, secret: str) -> Shown | None:
        """What the teacher of the class with these keys shows."""
        self._begin(secret)
        return self._shown

    def students(self, secret: str, asking: str = "") -> int:
        """How many student seats are here; `asking` is one that has just asked."""
        self._begin(secret)
        now = self._clock()
        if asking:
            self._seen[asking] = now
        self._seen = {seat: last for seat, last in self._seen.items() if last > now - HERE_SECONDS}
        return len(self._seen)

    def _begin(self, secret: str) -> None:
        if secret != self._secret:
            self._secret, self._shown, self._seen = secret, None, {}


class Lessons:
    """The handlers of `/api/lesson`; `bases` are the addresses at which this server is reached, the likeliest first."""

    def __init__(self, bases: Callable[[], Sequence[str]] = list) -> None:
        self._lesson = Lesson()
        self._newest = SharedResult(lambda: next((run.id for run in runs()), ""), _NEWEST_SECONDS)
        self._bases = SharedResult(bases, _ADDRESS_SECONDS)

    async def now(self, request: Request) -> Response:
        """What all pages ask again and again: a few bytes, or none where nothing has changed."""
        user, in_class = visitor_of(request), classroom.wanted()
        values: dict[str, Any] = {"class": in_class, "teaches": user.role is Role.TEACHER, "newest": await self._newest.get()}
        if in_class:
            secret = keys().secret
            shown = self._lesson.shown(secret)
            values["students"] = self._lesson.students(secret, user.name if user.role is Role.STUDENT else "")
            values["shown"] = asdict(shown) if shown else None
        body = json.dumps(values, separators=(",", ":")).encode()
        headers = {
            "ETag": f'"{hashlib.blake2b(body, digest_size=8).hexdigest()}"',
            "Cache-Control": "private, no-cache",
            "Vary": "Cookie",
        }
        if headers["ETag"] in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        return Response(body, media_type="application/json", headers=headers)

    async def show(self, request: Request) -> Response:
        """Take what the teacher shows."""
        if reason := refusal(request):
            raise HTTPException(403, reason)
        if not classroom.wanted():
            raise HTTPException(409, "There is no class here: start the app with --classroom.")
        try:
            self._lesson.show(Shown.parse(await request.body()), keys().secret)
        except ValueError as error:
            raise HTTPException(400, str(error)) from None
        return Response(status_code=204)

    async def join(self, request: Request) -> Response:
        """Where and by which code students join."""
        if not classroom.wanted():
            raise HTTPException(409, "There is no class here: start the app with --classroom.")
        return JSONResponse({"address": await self._address(request), "code": keys().spoken}, headers=_FRESH)

    async def code(self, request: Request) -> Response:
        """The QR code of the join address, the join code in it, as SVG."""
        address = await self._address(request) if classroom.wanted() else ""
        if not address:
            raise HTTPException(404, "Others cannot reach this server: it has no address in a network.")
        picture = io.BytesIO()
        segno.make(f"{address}/join?code={quote(keys().code)}", micro=False).save(
            picture, kind="svg", border=2, light="#fff", omitsize=True
        )
        return Response(picture.getvalue(), media_type="image/svg+xml", headers=_FRESH)

    async def _address(self, request: Request) -> str:
        """The address for students: one that is set, else the teacher's own where that is no loopback, else this machine's."""
        if public := classroom.public_address():
            return public
        prefix = str(request.scope.get("root_path", ""))
        host = urlsplit(f"//{request.headers.get('host', '')}")
        if host.hostname and not host.hostname.startswith(LOOPBACK) and not host.hostname.endswith(".localhost"):
            return f"{request.url.scheme}://{host.netloc}{prefix}"
        return next((base + prefix for base in await self._bases.get()), "")
