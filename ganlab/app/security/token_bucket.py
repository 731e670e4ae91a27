"""How often one client may ask: a bucket of tokens that fills again with time."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from ipaddress import IPv6Address, ip_address

_REMEMBERED = 4096


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
    return str(int(address) >> 64) if isinstance(address, IPv6Address) else host
