"""Which seats are here: a seat whose pages are closed and that has asked nothing for a while has left."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

AWAY_SECONDS = 300.0  # a reloaded page, a network that is lost for a moment, a laptop that was carried elsewhere


class Presence:
    """The requests under way of each seat, an open page's stream or websocket among them. In the event loop alone."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._under_way: Counter[str] = Counter()
        self._last: dict[str, float] = {}

    @contextmanager
    def during(self, seat: str) -> Iterator[None]:
        """Count a request of this seat as long as the block lasts."""
        self._under_way[seat] += 1
        try:
            yield
        finally:
            self._under_way[seat] -= 1
            if not self._under_way[seat]:
                del self._under_way[seat]
                self._last[seat] = self._clock()

    def gone(self) -> list[str]:
        """The seats that have left since this was last asked."""
        before = self._clock() - AWAY_SECONDS
        gone = [seat for seat, last in self._last.items() if last <= before and seat not in self._under_way]
        for seat in gone:
            del self._last[seat]
        return gone


PRESENCE = Presence()
