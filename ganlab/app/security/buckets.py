"""How often one client may ask, by the table of `quotas.py`: each has a token bucket, which fills again with time."""

from __future__ import annotations

import re
import time
from collections import OrderedDict
from collections.abc import Callable
from ipaddress import IPv6Address, ip_address

from ganlab.app.security import quotas
from ganlab.app.security.rights import Action, Role
from ganlab.app.security.visitor import Visitor

READS = ("GET", "HEAD", "OPTIONS")
_REMEMBERED = 4096  # clients of one bucket


class Limit:
    """`burst` requests at once, then `per_second`, for each client by itself. Not for several threads."""

    def __init__(self, burst: float, per_second: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._burst, self._per_second, self._clock = burst, per_second, clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()  # tokens, and when there were that many

    def wait(self, client: str, cost: float = 1.0) -> float:
        """Seconds until the client has as many tokens; 0 when it has them, infinity for more than it can ever have."""
        return max(0.0, (cost - self._tokens(client)) / self._per_second) if cost <= self._burst else float("inf")

    def spend(self, client: str, cost: float = 1.0) -> None:
        """Take tokens away; never below none."""
        self._buckets[client] = (max(0.0, self._tokens(client) - cost), self._clock())
        self._buckets.move_to_end(client)
        while len(self._buckets) > _REMEMBERED:
            self._buckets.popitem(last=False)

    def take(self, client: str) -> float:
        """Spend one token if there is one; seconds to wait when there is none."""
        wait = self.wait(client)
        if not wait:
            self.spend(client)
        return wait

    def _tokens(self, client: str) -> float:
        tokens, at = self._buckets.get(client, (self._burst, self._clock()))
        return min(self._burst, tokens + self._per_second * (self._clock() - at))


def network(host: str) -> str:
    """Whose requests count together: an address, of the new kind the 64 bits that one home or school gets."""
    try:
        address = ip_address(host)
    except ValueError:
        return host
    if not isinstance(address, IPv6Address):
        return host
    return str(address.ipv4_mapped or int(address) >> 64)  # one of the old kind as a server for both sees it


_QUESTIONS = re.compile(r"/api/(compare|latent|shown|runs/[^/]+/(doctor|detail))")
_KINDS = ("pictures", "posts", "questions", "files", "openings", "sent")  # rows of the table
_FILES = re.compile(r"/api/(generator|runs/[^/]+/(metrics\.csv|export\.zip))")
_OPENINGS = re.compile(r"/playground/(config/?)?")


class Quotas:
    """The buckets of one server; `clock` counts seconds. Not for several threads."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._seats = {kind: Limit(*quotas.rate(kind, "seat"), clock) for kind in _KINDS}
        self._addresses = {kind: Limit(*quotas.rate(kind, "address"), clock) for kind in _KINDS}

    def wait(self, user: Visitor, host: str, action: Action, path: str, method: str, size: int) -> float:
        """Seconds until this may be asked (again), 0 for now; asking counts unless it has to wait.

        `size` is that of the request's body, in bytes. The teacher shares no bucket with an address.
        """
        costs = _costs(path, method, size) if action is not Action.JOIN else {}  # joining is limited where it is decided
        buckets = [(self._seats[kind], user.name, cost) for kind, cost in costs.items()]
        if user.role is not Role.TEACHER:
            buckets += [(self._addresses[kind], network(host), cost) for kind, cost in costs.items()]
        wait = max((limit.wait(client, cost) for limit, client, cost in buckets), default=0.0)
        if not wait:
            for limit, client, cost in buckets:
                limit.spend(client, cost)
        return wait


def _costs(path: str, method: str, size: int) -> dict[str, float]:
    """What a request takes of which bucket; watching a run costs nothing, since all who watch share one answer."""
    if method not in READS:
        return {"posts": 1.0, "sent": size / 1e6}
    if path == "/api/picture":
        return {"pictures": 1.0}
    if _FILES.fullmatch(path):
        return {"files": 1.0}
    if _OPENINGS.fullmatch(path):
        return {"openings": 1.0}
    return {"questions": 1.0} if _QUESTIONS.fullmatch(path) else {}
