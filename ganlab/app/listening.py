"""How each server of ours listens and computes, however it is started: within the limits of `security/quotas.py`."""

from __future__ import annotations

from collections.abc import Sequence

import uvicorn

from ganlab.app import compat_server
from ganlab.app.security import classroom
from ganlab.app.security.proxies import is_one_of
from ganlab.app.security.quotas import most
from ganlab.app.security.visitor import visitor
from ganlab.app.serving.connections import Connections, allow_many_files
from ganlab.app.serving.reruns import Reruns

_GOODBYE_SECONDS = 1  # for answers under way when the server is to end


def bound_servers(proxies: Sequence[str] = ()) -> None:
    """Let every server of this process listen within the limits of the table; behind one of the `proxies` are many clients."""
    compat_server.before_listening(lambda config: _bound(config, proxies))


def share_pages() -> None:
    """Let Streamlit compute few pages at a time, and in turn: everyone's own before one's second."""
    reruns = Reruns(most("reruns", "seat"), most("reruns", "server"), _client)
    compat_server.take_turns(reruns.ask, reruns.started, reruns.ended)


def _client(page: str) -> str:
    """The seat in a class; elsewhere each page is a client of its own."""
    return (classroom.wanted() and visitor(compat_server.page_cookies(page)).name) or page


def _bound(config: uvicorn.Config, proxies: Sequence[str]) -> None:
    files = allow_many_files()
    room = min(most("connections", "server"), files)
    of_one = min(most("connections", "address"), room)
    compat_server.count_connections(config, Connections(of_one, room, lambda host: is_one_of(host, proxies)))
    config.backlog = min(config.backlog, files // 4)  # asyncio accepts so many at a time, before any can be dropped
    config.ws_max_size = most("message", "seat") * 2**20
    config.timeout_graceful_shutdown = _GOODBYE_SECONDS
