"""The hooks into Gradio's queue, and into the one place that every call of a function passes, in the version of `compat.READ_IN`.

They let an `Admission` of ours decide who joins, whose turn it is and what the waiting read; Gradio's own queue knows neither
seats nor the calls that are made past it.
"""

from __future__ import annotations

import math
import random
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, NamedTuple, Protocol

import gradio as gr
from gradio.context import LocalContext
from gradio.queueing import Event
from gradio.server_messages import EstimationMessage, ProgressMessage, ProgressUnit
from starlette.requests import Request

_OVERDUE = 0.01  # seconds until one that takes longer than others did is expected to be done
_AT_WORK = 400  # events of all lines together: more than the lines have places


class Expected(NamedTuple):
    """An event that waits or is at work, and the seconds until it is done once it has begun; infinite where not known."""

    request: Request
    seconds: float


class Admission(Protocol):
    """What decides about events; `line` is the name that they have in common (Gradio's `concurrency_id`)."""

    def used(self, request: Request, tab: str) -> None:
        """A tab, by the name that its browser gave it, is about to call something."""

    def refusal(self, request: Request) -> str:
        """Why one more event must not wait; "" where it may."""

    def order(self, line: str, waiting: Sequence[Request]) -> list[int]:
        """The places in `waiting` in the order in which they will be served."""

    def next(self, line: str, waiting: Sequence[Request], working: Sequence[Request]) -> int | None:
        """Which of `waiting`, in the order of their turns, begins now; None where none may. It has had its turn."""

    def forecast(
        self, line: str, waiting: Sequence[Expected], working: Sequence[Expected], at_once: float
    ) -> list[tuple[float, float]]:
        """When each begins and is done, in seconds from now."""

    def place_in_words(self, ahead: int, seconds: float | None) -> str:
        """What follows the number of those ahead on screen."""

    def quick(self, request: Request) -> AbstractAsyncContextManager[None]:
        """A place for a call of a function that has no line; gr.Error where there is none."""

    def busy(self, request: Request) -> Exception:
        """What answers a call past the queue that finds no place free."""


def admit(demo: gr.Blocks, admission: Admission) -> None:
    """Let `admission` decide who joins a line, whose turn it is, and what a call past the queue may do.

    `Queue.push`, `Queue.get_events`, `Queue.broadcast_estimations` and `Blocks.process_api` are replaced: the last is what
    queue/join, call/, run/ and api/ all lead to, and the only one that the latter two pass.
    """
    _Hooks(demo, admission).set()


def waiting(demo: gr.Blocks) -> list[Request]:
    """The requests that wait in any line of Gradio's."""
    return [event.request for line in demo._queue.event_queue_per_concurrency_id.values() for event in line.queue]


def forget(demo: gr.Blocks, tab: str) -> None:
    """Drop the state of a tab, and what is to be sent to it (`Blocks.state_holder`, `Queue.pending_messages_per_session`)."""
    demo.state_holder.session_data.pop(tab, None)
    demo._queue.pending_messages_per_session.pop(tab, None)
    demo._queue.pending_event_ids_session.pop(tab, None)


def queue_counter(name: str) -> Callable[[], int]:
    """Return what counts a queue's waiting events at any later time; call this where Gradio calls a function."""
    demo = LocalContext.blocks.get(None)

    def length() -> int:
        found = demo._queue.event_queue_per_concurrency_id.get(name) if demo else None
        return len(found.queue) if found else 0

    return length


class _Hooks:
    def __init__(self, demo: gr.Blocks, admission: Admission) -> None:
        self._demo, self._queue, self._admission = demo, demo._queue, admission
        self._lines = self._queue.event_queue_per_concurrency_id
        self._push, self._process, self._send = self._queue.push, demo.process_api, self._queue.send_message

    def set(self) -> None:
        self._queue.max_size, self._queue.max_thread_count = None, _AT_WORK
        self._queue.send_message = self._sent  # type: ignore[method-assign, assignment]
        self._queue.push = self._pushed  # type: ignore[method-assign]
        self._queue.get_events = self._chosen  # type: ignore[method-assign]
        self._queue.broadcast_estimations = self._broadcast  # type: ignore[method-assign, assignment]
        self._demo.process_api = self._processed  # type: ignore[method-assign, assignment]

    async def _pushed(self, body: Any, request: Request, username: str | None) -> Any:
        if reason := self._admission.refusal(request):
            return False, reason, "error"
        if body.session_hash:
            self._admission.used(request, body.session_hash)
        return await self._push(body, request, username)

    def _sent(self, event: Event, message: Any) -> None:
        """Send nothing to a tab that was forgotten."""
        if event.session_hash in self._queue.pending_messages_per_session:
            self._send(event, message)

    def _chosen(self) -> tuple[list[Event], bool, str] | None:
        """The next event to work on, of any line that has a place free."""
        for name in random.sample(list(self._lines), len(self._lines)):
            line = self._lines[name]
            if not line.queue or line.current_concurrency >= _limit(line):
                continue
            self._sort(name)
            requests = [event.request for event in line.queue]
            at = self._admission.next(name, requests, [event.request for event in self._working(name)])
            if at is not None:
                event: Any = line.queue.pop(at)
                event.begun = time.monotonic()
                return [event], event.fn.batch, name
        return None

    def _broadcast(self, name: str, after: int | None = None) -> None:
        """Send those who wait their place and time: all, or the one that came to place `after` and those whom it delays."""
        line = self._lines[name]
        came = line.queue[after] if after is not None and after < len(line.queue) else None
        self._sort(name)
        since = line.queue.index(came) if came else 0
        working = [Expected(event.request, self._remaining(event)) for event in self._working(name)]
        expected = [Expected(event.request, self._seconds(event.fn)) for event in line.queue]
        for rank, times in enumerate(self._admission.forecast(name, expected, working, _limit(line))):
            if rank >= since:
                self._show(line.queue[rank], rank, len(line.queue), rank + len(working), *times)

    def _show(self, event: Event, rank: int, length: int, ahead: int, begins: float, done: float) -> None:
        """Gradio's own message, then our words: a progress message's number and unit take the place of Gradio's on screen."""
        seconds = None if done == math.inf else done
        self._queue.send_message(event, EstimationMessage(rank=rank, rank_eta=seconds, queue_size=length))
        if begins > 0:
            place = ProgressUnit(index=ahead, unit=self._admission.place_in_words(ahead, seconds))
            self._queue.send_message(event, ProgressMessage(progress_data=[place]))

    async def _processed(self, block_fn: Any, inputs: list[Any], state: Any = None, request: Any = None, **more: Any) -> Any:
        """Call the function if its caller has a place: one from the queue, or one that is free right now."""
        asked = request[0] if isinstance(request, list) else request
        sent = asked.request if asked else None
        if sent is None:  # our own call, of no visitor
            return await self._process(block_fn, inputs, state, request, **more)
        if more.get("session_hash"):
            self._admission.used(sent, more["session_hash"])
        if not block_fn.queue:
            place = self._admission.quick(sent)
        elif more.get("event_id") is None:
            place = self._free(block_fn, sent)
        else:
            return await self._process(block_fn, inputs, state, request, **more)
        async with place:
            return await self._process(block_fn, inputs, state, request, **more)

    @asynccontextmanager
    async def _free(self, function: Any, request: Request) -> AsyncIterator[None]:
        """A place in the function's line for a call past the queue, as if it had come through it and were the only one."""
        self._queue.create_event_queue_for_fn(function)
        line = self._lines[function.concurrency_id]
        working = [event.request for event in self._working(line.concurrency_id)]
        full = line.queue or line.current_concurrency >= _limit(line)
        if full or self._admission.next(line.concurrency_id, [request], working) is None:
            raise self._admission.busy(request)
        event: Any = Event(None, function, request, None)
        event.begun = time.monotonic()
        line.current_concurrency += 1
        at_work = self._queue.active_jobs  # Gradio makes a new list when its queue starts, with the first page
        at_work.append([event])
        try:
            yield
            self._queue.process_time_per_fn[function].add(time.monotonic() - event.begun)
        finally:
            at_work.remove([event])
            line.current_concurrency -= 1

    def _sort(self, name: str) -> None:
        line = self._lines[name].queue
        line[:] = [line[at] for at in self._admission.order(name, [event.request for event in line])]

    def _working(self, name: str) -> list[Event]:
        return [event for job in self._queue.active_jobs if job for event in job if event.concurrency_id == name]

    def _seconds(self, function: Any) -> float:
        """What a call has taken on average."""
        times = self._queue.process_time_per_fn
        return float(times[function].avg_time) if function in times else math.inf

    def _remaining(self, event: Any) -> float:
        begun: float = event.begun
        return max(_OVERDUE, self._seconds(event.fn) - (time.monotonic() - begun))


def _limit(line: Any) -> float:
    limit: int | None = line.concurrency_limit
    return math.inf if limit is None else limit
