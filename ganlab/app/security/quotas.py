"""How much of the server one student may use, and how much one address, behind which a whole class may sit."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from ganlab.app.security.rights import Action, Role
from ganlab.app.security.token_bucket import Limit, network
from ganlab.app.security.visitor import Visitor

READS = ("GET", "HEAD", "OPTIONS")


class _Quota(NamedTuple):
    """For one seat and for one address: so much at once, then so much a second."""

    seat: tuple[float, float]
    address: tuple[float, float]


# An address has the first burst of more than forty seats: a class that begins together is not held up. What follows is about
# as much as the server can do, so one student who sits on thirty seats gains little.
_QUOTAS = {
    "pictures": _Quota((120, 60), (5000, 600)),  # a slider that is dragged asks for up to fifty a second
    "posts": _Quota((100, 10), (4500, 200)),  # the playground asks about ten things when it opens; a websocket counts too
    "questions": _Quota((60, 10), (2700, 200)),  # two runs compared while they train are asked for once or twice a second
    "files": _Quota((20, 0.5), (900, 10)),  # exports and generators, which take seconds or megabytes each
    "megabytes": _Quota((256, 0.5), (4096, 4)),  # sent, most of it uploads; what is older than an hour is deleted
}
_QUESTIONS = re.compile(r"/api/(compare|latent|shown|runs/[^/]+/(doctor|detail))")
_FILES = re.compile(r"/api/(generator|runs/[^/]+/(metrics\.csv|export\.zip))")


class Quotas:
    """The buckets of one server; `clock` counts seconds. Not for several threads."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._seats = {kind: Limit(*quota.seat, clock) for kind, quota in _QUOTAS.items()}
        self._addresses = {kind: Limit(*quota.address, clock) for kind, quota in _QUOTAS.items()}

    def wait(self, who: Visitor, host: str, action: Action, path: str, method: str, size: int) -> float:
        """Seconds until this may be asked (again), 0 for now; asking counts unless it has to wait.

        `size` is that of the request's body, in bytes. The teacher shares no bucket with an address.
        """
        costs = _costs(path, method, size) if action is not Action.JOIN else {}  # joining is limited where it is decided
        buckets = [(self._seats[kind], who.name, cost) for kind, cost in costs.items()]
        if who.role is not Role.TEACHER:
            buckets += [(self._addresses[kind], network(host), cost) for kind, cost in costs.items()]
        wait = max((limit.wait(client, cost) for limit, client, cost in buckets), default=0.0)
        if not wait:
            for limit, client, cost in buckets:
                limit.spend(client, cost)
        return wait


def _costs(path: str, method: str, size: int) -> dict[str, float]:
    """What a request takes of which bucket; watching a run costs nothing, since all who watch share one answer."""
    if method not in READS:
        return {"posts": 1.0, "megabytes": size / 1e6}
    if path == "/api/picture":
        return {"pictures": 1.0}
    if _FILES.fullmatch(path):
        return {"files": 1.0}
    return {"questions": 1.0} if _QUESTIONS.fullmatch(path) else {}
