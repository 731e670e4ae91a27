"""The lines before heavy work: each visitor has a share of the places, seats take turns, and all read their place in words; work
is shorter while others wait for it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import gradio as gr
from starlette.requests import Request

from ganlab.app import compat_queue
from ganlab.app.compat_queue import Expected
from ganlab.app.playground.failures import refusal
from ganlab.app.playground.gradio_events import QUICK_LINES
from ganlab.app.security import quotas
from ganlab.app.security.admission import Left, Line, Places, Refused, mark_busy, ticket_of
from ganlab.app.security.tabs import Tabs
from ganlab.app.security.turns import Job, Turns, first, forecast

_BUSY = "Others are at work on this: try again in a moment, or wait in the queue, as gradio_client does."


def bound(demo: gr.Blocks, places: Places | None = None) -> None:
    """Give every way into this app's functions one admission; `places`: where its waiting jobs are counted with others."""
    for function in demo.fns.values():
        function.concurrency_limit = quotas.most(_row(function.concurrency_id), "server")
    compat_queue.admit(demo, _Admission(demo, places or Places()))


class _Admission:
    """How `compat_queue.Admission` decides: by the table of limits, seat by seat."""

    def __init__(self, demo: gr.Blocks, places: Places) -> None:
        self._places, self._turns = places, defaultdict[str, Turns](Turns)
        self._quick = Line(places, quotas.most("quick jobs", "server"), quotas.most("quick jobs", "seat"))
        self._tabs = Tabs(lambda tab: compat_queue.forget(demo, tab))
        places.count(lambda: [ticket_of(request) for request in compat_queue.waiting(demo)])

    def used(self, request: Request, tab: str) -> None:
        self._tabs.used(ticket_of(request), tab)

    def refusal(self, request: Request) -> str:
        try:
            self._places.admit(ticket_of(request))
        except Refused as refused:
            mark_busy(request)
            return refusal_text(refused)
        return ""

    def order(self, line: str, waiting: Sequence[Request]) -> list[int]:
        tickets = [ticket_of(request) for request in waiting]
        return self._turns[line].order(range(len(waiting)), tickets.__getitem__)

    def next(self, line: str, waiting: Sequence[Request], working: Sequence[Request]) -> int | None:
        tickets = [ticket_of(request) for request in waiting]
        at_once, each = (quotas.most(_row(line), per) for per in ("server", "seat"))
        at = first(tickets, [ticket_of(request) for request in working], at_once, each)
        if at is not None:
            self._turns[line].served(tickets[at])
        return at

    def forecast(
        self, line: str, waiting: Sequence[Expected], working: Sequence[Expected], at_once: float
    ) -> list[tuple[float, float]]:
        wait, work = ([Job(ticket_of(request), seconds) for request, seconds in some] for some in (waiting, working))
        return forecast(wait, work, at_once, quotas.most(_row(line), "seat"))

    def place_in_words(self, ahead: int, seconds: float | None) -> str:
        return place_in_words(ahead, seconds)

    @asynccontextmanager
    async def quick(self, request: Request) -> AsyncIterator[None]:
        try:
            async with self._quick.place(request):
                yield
        except Refused as refused:
            mark_busy(request)
            raise refusal(refusal_text(refused)) from None
        except Left:
            raise refusal("") from None  # which none reads

    def busy(self, request: Request) -> Exception:
        mark_busy(request)
        return refusal(_BUSY)


def _row(line: str) -> str:
    """The row of the table that bounds how many are at work in a line."""
    return "quick jobs" if line in QUICK_LINES else "slow jobs"


def refusal_text(refused: Refused) -> str:
    """Why a job must not wait, in one sentence."""
    if refused.row == "bytes waiting":
        return "What waits already takes too much memory: try again when one of your jobs is done."
    if refused.per == "seat":
        return f"You have {refused.most} jobs waiting already: try again when one of them is done."
    return f"{refused.most} jobs are waiting already: try again in a minute."


def place_in_words(ahead: int, seconds: float | None) -> str:
    """What follows the number of those ahead: "others are ahead of you; about 20 s"; `seconds` None is not known yet."""
    words = "other is ahead of you" if ahead == 1 else "others are ahead of you"
    if seconds is None:
        return words
    step = 1 if seconds < 10 else 5 if seconds < 90 else 30
    return f"{words}; about {max(1, step * round(seconds / step))} s"


def share(seconds: float, least: float, others: int) -> float:
    """Return how long work that may take `seconds` should take while `others` wait, but at least `least` seconds."""
    return max(least, seconds / (1 + others))
