"""Whose page is computed next: pages share one process, so that one student's many pages must not be all that it does.

Few are computed at a time, fewer of one client, and the client who has taken the least time lately comes first. What a page
asks for meanwhile is kept and answered in its order.
"""

from __future__ import annotations

import time
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field

Deliver = Callable[[], None]

LONGEST = 30.0  # seconds; a page that takes longer, as one that takes in a zip file, no longer keeps others waiting
_KEPT = 20  # requests of one page; each brings the whole state of its widgets, so that the newest ones count
_HALF_LIFE = 10.0  # seconds after which half of the time taken is forgotten
_REMEMBERED = 4096  # clients


@dataclass
class _Page:
    client: str
    kept: deque[Deliver] = field(default_factory=lambda: deque(maxlen=_KEPT))
    scripts: int = 0  # at work; of two, the older one ends as soon as it notices
    since: float | None = None  # when its turn began; None without one


class Reruns:
    """The turns of one server's pages. For its event loop alone; `clock` counts seconds.

    `client_of` gives the client that a page belongs to. At most `of_one` pages of a client and `in_all` are computed at a time.
    """

    def __init__(
        self, of_one: int, in_all: int, client_of: Callable[[str], str], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._of_one, self._in_all, self._client_of, self._clock = of_one, in_all, client_of, clock
        self._pages: dict[str, _Page] = {}  # those that are computed or wait, the first that came first
        self._taken: OrderedDict[str, tuple[float, float]] = OrderedDict()  # seconds by client, and when there were that many

    def ask(self, page: str, deliver: Deliver) -> None:
        """Call `deliver`, which starts a script, at the page's turn; at once while it has one: a newer script ends an older."""
        found = self._pages.setdefault(page, _Page(""))
        if found.since is not None and found.scripts < 2 and not found.kept:
            deliver()
            return
        found.client = found.client or self._client_of(page)
        found.kept.append(deliver)
        self._go_on()

    def started(self, page: str) -> None:
        """A script of the page has begun."""
        self._pages.setdefault(page, _Page(self._client_of(page), since=self._clock())).scripts += 1

    def ended(self, page: str) -> None:
        """A script of the page is over, and with its last one the turn."""
        found = self._pages.get(page)
        if found is None:
            return
        found.scripts -= 1
        if found.scripts <= 0:
            self._over(page)
            self._go_on()

    def _go_on(self) -> None:
        while (page := self._next()) is not None:
            found = self._pages[page]
            found.since = self._clock()
            try:
                found.kept.popleft()()
            finally:
                if found.scripts <= 0:  # nothing came of it
                    self._over(page)

    def _next(self) -> str | None:
        """The page whose turn it is; None while all have to wait."""
        now = self._clock()
        busy = [one.client for one in self._pages.values() if one.since is not None and now - one.since < LONGEST]
        if len(busy) >= self._in_all:
            return None
        wait = [name for name, one in self._pages.items() if one.since is None and busy.count(one.client) < self._of_one]
        return min(wait, key=lambda name: self._time_of(self._pages[name].client), default=None)

    def _over(self, page: str) -> None:
        found = self._pages.pop(page)
        now = self._clock()
        if found.since is not None:
            self._taken[found.client] = self._time_of(found.client) + now - found.since, now
            self._taken.move_to_end(found.client)
            if len(self._taken) > _REMEMBERED:
                self._taken.popitem(last=False)
        if found.kept:  # behind those that have waited meanwhile
            self._pages[page] = _Page(found.client, found.kept)

    def _time_of(self, client: str) -> float:
        """Seconds that the client's pages have taken lately."""
        seconds, at = self._taken.get(client, (0.0, 0.0))
        return float(seconds * 0.5 ** ((self._clock() - at) / _HALF_LIFE))
