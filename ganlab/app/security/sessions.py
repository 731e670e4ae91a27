"""The playground's tabs: what is answered into one belongs to the seat that opened it."""

from __future__ import annotations

import re
from collections import OrderedDict

from ganlab.app.security.client import Client

_STREAMS = re.compile(r"/playground/gradio_api/(?:heartbeat|call/v2/[^/]+|call/(?!v2/)[^/]+)/(?P<session>[^/]+)")
_QUEUE = "/playground/gradio_api/queue/data"
_REMEMBERED = 20_000


class Sessions:
    """The seat of each tab, by the name that the tab chose for itself. In the event loop alone."""

    def __init__(self) -> None:
        self._seats: OrderedDict[str, str] = OrderedDict()

    def belongs(self, client: Client, session: str) -> bool:
        """Whether this tab is the client's; one that no one has opened yet becomes it."""
        seat = self._seats.setdefault(session, client.seat)
        self._seats.move_to_end(session)
        while len(self._seats) > _REMEMBERED:
            self._seats.popitem(last=False)
        return client.owns(seat)

    def may_read(self, client: Client, path: str, session: str = "") -> bool:
        """Whether a request for this path may pass; `session` is the tab that its query names."""
        found = _STREAMS.fullmatch(path)
        named = found["session"] if found else session if path == _QUEUE else ""
        return not named or self.belongs(client, named)


SESSIONS = Sessions()
