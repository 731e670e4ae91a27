"""The tabs of each seat: a browser names its tabs itself, so their number is bounded by seat."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

from ganlab.app.security import quotas
from ganlab.app.security.turns import Ticket

_REMEMBERED = 4096  # seats


class Tabs:
    """The tabs of each seat, the newest last; `forget(tab)` drops what is kept of one."""

    def __init__(self, forget: Callable[[str], None]) -> None:
        self._forget = forget
        self._seats: OrderedDict[str, OrderedDict[str, None]] = OrderedDict()

    def used(self, ticket: Ticket, tab: str) -> None:
        """This seat uses the tab; one too many of its own takes the place of the one that was not used for longest."""
        tabs = self._seats.setdefault(ticket.seat, OrderedDict())
        tabs[tab] = None
        tabs.move_to_end(tab)
        self._seats.move_to_end(ticket.seat)
        while len(tabs) > quotas.most("tabs", ticket.per):
            self._forget(tabs.popitem(last=False)[0])
        while len(self._seats) > _REMEMBERED:
            for one in self._seats.popitem(last=False)[1]:
                self._forget(one)
