"""The gate before everything that is served: which visitor asks, whether that is allowed, from where, and how often."""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable, Sequence
from urllib.parse import urlencode

from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ganlab.app.compat import route_path
from ganlab.app.security import body_limits, classroom, rights, sandbox
from ganlab.app.security.buckets import READS, Quotas
from ganlab.app.security.client import Client, client_of, serving
from ganlab.app.security.origin import foreign, rebound
from ganlab.app.security.presence import PRESENCE
from ganlab.app.security.rights import Action, Role
from ganlab.app.security.sessions import SESSIONS
from ganlab.app.security.under_way import UnderWay, Wanted, Who, who
from ganlab.app.security.upload_owners import FILES
from ganlab.app.security.visitor import Visitor, remember, visitor

_POLICY = b"content-security-policy"
_FRESH = {"Cache-Control": "no-store"}
_MOST_PATH, _MOST_QUERY = 2_000, 32_000  # characters; the longest of ours names the 1,024 numbers of a z


class Gate:
    """ASGI middleware, the outermost. Outside of a classroom every visitor may do everything that is served at all.

    `local_names`: None when others in the network are meant to reach this server; else the names, beside localhost, by
    which it may be asked, and `naming` the option that adds one. `frames`: whose pages, beside our own, may show ours in a
    frame. `full_path` gives a path's address in the whole app, whose rights it has. `clock` counts seconds.
    """

    def __init__(
        self,
        app: ASGIApp,
        local_names: Sequence[str] | None = None,
        clock: Callable[[], float] = time.monotonic,
        *,
        naming: str = "--allow-host (of `ganlab app`; else --server.allowedHosts)",
        frames: Sequence[str] = (),
        full_path: Callable[[str], str] = str,
    ) -> None:
        self.app, self._local_names, self._naming, self._full_path = app, local_names, naming, full_path
        self._headers = _protection(frames)
        self._quotas, self._under_way = Quotas(clock), UnderWay(clock)
        self._warned: set[str] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what may pass; answer the rest in one sentence."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        connection = HTTPConnection(scope)
        path = route_path(scope)
        full_path = self._full_path(path)
        method = "WEBSOCKET" if scope["type"] == "websocket" else str(scope["method"])
        user = visitor(connection.cookies)
        remember(connection, user)
        client = client_of(connection)
        problem = self._problem(connection, user, client, full_path, method)
        if problem is None:  # only now its stated length is known to be one
            wanted, clients = _wanted(connection, full_path, method), _who(connection, user)
            if reason := self._under_way.refusal(wanted, clients):
                problem = _refused(429, reason, {"Retry-After": "2"})
        send = self._protected(send)
        if problem is None:
            with self._under_way.counted(wanted, clients, receive) as received, PRESENCE.during(client.seat), serving(client):
                await self.app(scope, received, FILES.noting(client, full_path, method, send))
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008, "reason": "refused"})
        else:
            await problem(scope, receive, send)

    def _problem(self, connection: HTTPConnection, user: Visitor, client: Client, path: str, method: str) -> Response | None:
        """Return what to answer instead; None when the request may pass."""
        if len(path) > _MOST_PATH or len(connection.scope["query_string"]) > _MOST_QUERY:
            return _refused(414, "This address is too long.")
        host = connection.headers.get("host", "")
        self._warn_of_a_proxy(connection)
        if self._local_names is not None and _on_this_machine(connection) and rebound(host, self._local_names):
            return PlainTextResponse(_name_it(host, self._naming), 421)
        if method not in READS and (reason := foreign(connection)):
            self._warn(connection, method)
            return _refused(403, reason)
        action = rights.action_of(path, method)
        if not rights.may(user.role, action) and not _its_own(user, action, path, method):
            return _not_allowed(connection, user, action, path)
        tab = connection.query_params.get("session_hash", "")
        if not FILES.may_read(client, path) or not SESSIONS.may_read(client, path, tab):
            return _refused(404, "There is no such file.")
        # Outside of a classroom too: the server has no more memory than that, and no page sends more.
        if method not in READS and (too_much := body_limits.refusal(path, connection.headers)):
            return _refused(*too_much)
        wait = self._wait(connection, user, action, path, method)
        if wait:
            return _refused(429, "You ask too often; wait a moment.", {"Retry-After": str(math.ceil(wait))})
        return None

    def _warn(self, connection: HTTPConnection, method: str) -> None:
        """Print once that a page was refused its websocket: it stays grey and cannot show why."""
        if method == "WEBSOCKET":
            origin, host = (connection.headers.get(name, "")[:100] for name in ("origin", "host"))
            self._say_once(
                "Host",
                f"A page at {origin!r} was refused, since it asked for {host!r}: "
                "where a proxy of yours is between them, let it pass on the header Host (docs/deployment.md).",
            )

    def _warn_of_a_proxy(self, connection: HTTPConnection) -> None:
        """Print once that a peer's word on where requests come from is not believed: behind a proxy all would count as one."""
        named, peer = connection.headers.get("x-forwarded-for"), connection.client.host if connection.client else ""
        if named is not None and peer not in named:
            self._say_once(
                "X-Forwarded-For",
                f"{peer} names another address in X-Forwarded-For, which counts only from a proxy that is named: "
                f"if that is a proxy of yours, start the app with --proxy {peer} (docs/deployment.md).",
            )

    def _say_once(self, subject: str, sentence: str) -> None:
        if subject not in self._warned:
            self._warned.add(subject)
            print(sentence, file=sys.stderr, flush=True)

    def _wait(self, connection: HTTPConnection, user: Visitor, action: Action, path: str, method: str) -> float:
        """Seconds until this visitor may ask that again."""
        if not classroom.wanted():
            return 0.0
        host = connection.client.host if connection.client else ""
        return self._quotas.wait(user, host, action, path, method, body_limits.size(connection.headers))

    def _protected(self, send: Send) -> Send:
        """`send` that invites no page of another site to read answers, to show them in a frame or to take them for scripts.

        Gradio would invite any to read, once the host is no localhost.
        """

        async def protected(message: Message) -> None:
            if message["type"] == "http.response.start":
                kept = [pair for pair in message.get("headers", []) if not pair[0].lower().startswith(b"access-control-")]
                there = {name.lower() for name, value in kept if name.lower() != _POLICY or b"frame-ancestors" in value}
                message = {**message, "headers": [*kept, *(pair for pair in self._headers if pair[0] not in there)]}
            await send(message)

        return protected


def _its_own(user: Visitor, action: Action, path: str, method: str) -> bool:
    """Whether this is about a run that the visitor has started in the sandbox, and may be asked of such a one."""
    return rights.may(user.role, action, own=True) and sandbox.owns_named(user, rights.run_named(path, method))


def _protection(frames: Sequence[str]) -> list[tuple[bytes, bytes]]:
    """Headers of every answer that has no such ones; the app shows its own pages in frames."""
    policy = " ".join(["frame-ancestors 'self'", *frames])
    return [(_POLICY, policy.encode()), (b"x-content-type-options", b"nosniff")]


def _not_allowed(connection: HTTPConnection, user: Visitor, action: Action, path: str) -> Response:
    """Redirect a stranger with a browser to the join page; answer all others why not."""
    reason = rights.refusal(user.role, action)
    if action is Action.CLOSED:
        return _refused(404, reason)
    if user.role is not Role.STRANGER:
        return _refused(403, reason)
    if connection.scope.get("method") == "GET" and "text/html" in connection.headers.get("accept", ""):
        query = connection.scope["query_string"].decode("latin-1")
        to = urlencode({"to": path.lstrip("/") + (f"?{query}" if query else "")})
        up = "../" * (path.count("/") - 1)  # relative, so that it holds behind a proxy
        return RedirectResponse(f"{up}join?{to}", 303, _FRESH)
    return _refused(401, reason)


def _wanted(connection: HTTPConnection, path: str, method: str) -> Wanted:
    size = 0 if method in READS else body_limits.size(connection.headers)
    shown = method == "GET" and "text/html" in connection.headers.get("accept", "")
    return Wanted(rights.action_of(path, method), path, method, size, shown)


def _who(connection: HTTPConnection, user: Visitor) -> Who:
    return who(user, connection.client.host if connection.client else "")


def _on_this_machine(connection: HTTPConnection) -> bool:
    """Whether the address that was connected to is the loopback one, whatever the settings say."""
    host = str((connection.scope.get("server") or ("",))[0])
    return host == "::1" or host.startswith("127.")


def _refused(status: int, reason: str, headers: dict[str, str] | None = None) -> Response:
    return JSONResponse({"error": reason}, status, _FRESH | (headers or {}))


def _name_it(host: str, naming: str) -> str:
    return (
        f"This app answers to its own machine only, and {host[:100]!r} is not one of its names. "
        f"If that is a proxy of yours, start the app with {naming} and this name.\n"
    )
