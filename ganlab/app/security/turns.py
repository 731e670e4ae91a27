"""Whose turn it is in a line: addresses take turns, and within one its seats; and when each will have been served."""

from __future__ import annotations

import heapq
import math
from collections import Counter, deque
from collections.abc import Callable, Sequence
from itertools import count
from typing import NamedTuple, TypeVar

from ganlab.app.security.quotas import Per

T = TypeVar("T")


class Ticket(NamedTuple):
    """Whose job it is, and the bytes that it brought. Where `seat` is the address, it stands for all who are behind it."""

    seat: str
    address: str
    size: int = 0

    @property
    def per(self) -> Per:
        """Which column of the table bounds it alone."""
        return "address" if self.seat == self.address else "seat"


class Turns:
    """The order of those who wait in one line: round robin between addresses, and within one between its seats.

    Who has had a turn, or comes anew, goes to the end of the round. Only who waits is remembered.
    """

    def __init__(self) -> None:
        self._since: dict[tuple[str, ...], int] = {}
        self._now = count()

    def order(self, waiting: Sequence[T], ticket: Callable[[T], Ticket]) -> list[T]:
        """The jobs in the order in which they will be served, as far as is known now; jobs of one seat stay in theirs."""
        rounds: dict[tuple[str, ...], dict[tuple[str, ...], deque[T]]] = {}
        for job in waiting:
            seat, address, _ = ticket(job)
            rounds.setdefault((address,), {}).setdefault((address, seat), deque()).append(job)
        keys = [key for address, seats in rounds.items() for key in (address, *seats)]
        self._since = {key: self._since[key] if key in self._since else next(self._now) for key in keys}
        addresses = deque(
            deque(seats[seat] for seat in sorted(seats, key=self._since.__getitem__))
            for _, seats in sorted(rounds.items(), key=lambda item: self._since[item[0]])
        )
        served = []
        while addresses:
            address_jobs = addresses.popleft()
            jobs = address_jobs.popleft()
            served.append(jobs.popleft())
            if jobs:
                address_jobs.append(jobs)
            if address_jobs:
                addresses.append(address_jobs)
        return served

    def served(self, ticket: Ticket) -> None:
        """This seat has had its turn."""
        for key in ((ticket.address,), (ticket.address, ticket.seat)):
            self._since[key] = next(self._now)


class Job(NamedTuple):
    """A job that waits or is at work; `seconds` until it is done once it has begun, infinite where that is not known."""

    ticket: Ticket
    seconds: float


def forecast(waiting: Sequence[Job], working: Sequence[Job], at_once: float, each: float) -> list[tuple[float, float]]:
    """When each that waits begins and is done, in seconds from now, if all take as long as expected and no other comes.

    Infinite where what comes first has no known end.
    """
    held = Counter(job.ticket.seat for job in working)
    ends = sorted((job.seconds, job.ticket) for job in working)  # a heap
    left, now = list(enumerate(waiting)), 0.0
    found = [(math.inf, math.inf)] * len(waiting)
    while left:
        begins = (at for at, (_, job) in enumerate(left) if held[job.ticket.seat] < most_at_work(job.ticket, at_once, each))
        at = next(begins, None) if len(ends) < at_once else None
        if at is not None:
            number, job = left.pop(at)
            found[number] = (now, now + job.seconds)
            held[job.ticket.seat] += 1
            heapq.heappush(ends, (now + job.seconds, job.ticket))
        elif not ends or ends[0][0] == math.inf:
            break
        else:
            now, ticket = heapq.heappop(ends)
            held[ticket.seat] -= 1
    return found


def first(waiting: Sequence[Ticket], working: Sequence[Ticket], at_once: float, each: float) -> int | None:
    """Which of those who wait, in the order of their turns, may begin: the first whose seat is not at work on so much already."""
    held = Counter(ticket.seat for ticket in working)
    return next((at for at, one in enumerate(waiting) if held[one.seat] < most_at_work(one, at_once, each)), None)


def most_at_work(ticket: Ticket, at_once: float, each: float) -> float:
    """How many jobs of a seat are at work together; of one that stands for an address all but one, which others find free."""
    return max(each, at_once - 1) if ticket.per == "address" else each
