"""The hooks into Gradio's queue and into what every call passes: each fails first when Gradio changes."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

import gradio as gr
import pytest
from gradio import route_utils, routes
from gradio.context import LocalContext
from gradio.queueing import Event, Queue
from gradio.server_messages import EstimationMessage, ProgressMessage
from starlette.requests import Request

from ganlab.app import compat_queue


class Asked:
    """An admission that lets all in, last come first served, and notes what it is asked."""

    def __init__(self) -> None:
        self.reason, self.inside, self.tabs = "", list[Any](), list[str]()

    def used(self, request: Request, tab: str) -> None:
        self.tabs.append(tab)

    def refusal(self, request: Request) -> str:
        return self.reason

    def order(self, line: str, waiting: Any) -> list[int]:
        return (
            list(range(len(waiting)))[::-1]
            if len(waiting) > 1 and waiting[0].scope["n"] < waiting[-1].scope["n"]
            else [*range(len(waiting))]
        )

    def next(self, line: str, waiting: Any, working: Any) -> int | None:
        return 0 if len(working) < 2 else None

    def forecast(self, line: str, waiting: Any, working: Any, at_once: float) -> list[tuple[float, float]]:
        return [(7.0, 9.0)] * len(waiting)

    def place_in_words(self, ahead: int, seconds: float | None) -> str:
        return f"{ahead} ahead, {seconds}"

    @asynccontextmanager
    async def quick(self, request: Request) -> AsyncIterator[None]:
        self.inside.append(request)
        yield
        self.inside.append("out")

    def busy(self, request: Request) -> Exception:
        return gr.Error("busy")


@pytest.fixture
def asked() -> Asked:
    return Asked()


@pytest.fixture
def demo(asked: Asked) -> Iterator[gr.Blocks]:
    with gr.Blocks() as made:
        gr.Button().click(lambda: None, None, None, concurrency_limit=1, concurrency_id="slow")
        gr.Button().click(lambda: None, None, None, queue=False)
    compat_queue.admit(made, asked)
    yield made


def request(number: int = 0) -> Request:
    return Request({"type": "http", "n": number, "headers": []})


def wait(demo: gr.Blocks, count: int) -> list[Event]:
    """Let so many wait in the line."""
    queue, function = demo._queue, demo.fns[0]
    queue.create_event_queue_for_fn(function)
    line = queue.event_queue_per_concurrency_id["slow"]
    line.queue += [Event(f"visitor {number}", function, request(number), None) for number in range(count)]  # type: ignore[arg-type]
    for event in line.queue:
        queue.pending_messages_per_session[event.session_hash] = asyncio.Queue()
    return list(line.queue)


def test_every_way_into_a_function_leads_through_what_is_replaced() -> None:
    assert "app.get_blocks().process_api(" in inspect.getsource(route_utils.call_process_api)
    source = inspect.getsource(routes)
    assert source.count("call_process_api,") + source.count("call_process_api(") == 2, "a new way in? one is a page that is left"
    assert "call_process_api(" in inspect.getsource(Queue.process_events) and "blocks._queue.push(" in source
    assert "body.event_id = None" in source, "a call past the queue could pass for one from it"


def test_one_who_is_refused_does_not_join(demo: gr.Blocks, asked: Asked) -> None:
    asked.reason = "Full."
    answer = asyncio.run(demo._queue.push(SimpleNamespace(fn_index=0), request(), None))  # type: ignore[arg-type]
    assert answer == (False, "Full.", "error") and demo._queue.max_size is None


def test_the_next_is_the_one_whose_turn_it_is(demo: gr.Blocks) -> None:
    one, other, last = wait(demo, 3)
    assert "self.get_events()" in inspect.getsource(Queue.start_processing)
    assert demo._queue.get_events() == ([last], False, "slow")
    assert compat_queue.waiting(demo) == [other.request, one.request]
    demo._queue.event_queue_per_concurrency_id["slow"].current_concurrency = 1
    assert demo._queue.get_events() is None, "the line is full"


def test_one_at_work_is_counted(demo: gr.Blocks) -> None:
    one, other, _ = wait(demo, 3)
    demo._queue.active_jobs = [[one], None, [other]]
    assert demo._queue.get_events() is None


def test_a_place_is_sent_after_gradios_own_estimation(demo: gr.Blocks) -> None:
    one, other = wait(demo, 2)
    demo._queue.broadcast_estimations("slow")
    for rank, event in enumerate((other, one)):
        messages = demo._queue.pending_messages_per_session[event.session_hash]
        estimation, place = messages.get_nowait(), messages.get_nowait()
        assert isinstance(estimation, EstimationMessage) and (estimation.rank, estimation.rank_eta) == (rank, 9.0)
        assert isinstance(place, ProgressMessage) and place.progress_data[0].unit == f"{rank} ahead, 9.0"


def test_those_who_come_first_are_not_bothered(demo: gr.Blocks) -> None:
    one, other = wait(demo, 2)
    demo._queue.broadcast_estimations("slow", after=0)  # it is the last to be served
    assert demo._queue.pending_messages_per_session[other.session_hash].empty()
    assert not demo._queue.pending_messages_per_session[one.session_hash].empty()


def call(demo: gr.Blocks, function: int, **more: Any) -> Any:
    given = SimpleNamespace(request=request(), session_hash=None)
    return asyncio.run(demo.process_api(demo.fns[function], [], request=given, **more))  # type: ignore[arg-type]


def test_a_call_past_the_queue_takes_a_place_that_is_free(demo: gr.Blocks) -> None:
    queue = demo._queue
    call(demo, 0)
    line = queue.event_queue_per_concurrency_id["slow"]
    assert (line.current_concurrency, queue.active_jobs, queue.process_time_per_fn[demo.fns[0]].count) == (0, [], 1)
    line.current_concurrency = 1
    with pytest.raises(gr.Error, match="busy"):
        call(demo, 0)
    call(demo, 0, event_id="from the queue")
    line.current_concurrency = 0
    wait(demo, 1)
    with pytest.raises(gr.Error, match="busy"):
        call(demo, 0)


def test_a_call_past_the_queue_that_fails_leaves_its_place(demo: gr.Blocks, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo.fns[0], "fn", lambda: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        call(demo, 0)
    assert not demo._queue.active_jobs and not demo._queue.event_queue_per_concurrency_id["slow"].current_concurrency


def test_a_function_without_a_line_has_a_place_of_its_own_kind(demo: gr.Blocks, asked: Asked) -> None:
    call(demo, 1)
    call(demo, 1, event_id="from the queue")
    assert asked.inside[1::2] == ["out", "out"]
    asyncio.run(demo.process_api(demo.fns[1], []))
    assert len(asked.inside) == 4, "our own call, of no visitor"


def test_those_who_wait_are_counted_where_gradio_calls(demo: gr.Blocks) -> None:
    assert compat_queue.queue_counter("slow")() == 0
    token = LocalContext.blocks.set(demo)
    try:
        count = compat_queue.queue_counter("slow")
    finally:
        LocalContext.blocks.reset(token)
    wait(demo, 1)
    assert count() == 1


def test_a_tab_that_is_forgotten_leaves_nothing_and_hears_nothing(demo: gr.Blocks, asked: Asked) -> None:
    one, other = wait(demo, 2)
    call(demo, 1, session_hash="tab")
    assert demo.state_holder["visitor 0"] and asked.tabs == ["tab"]
    compat_queue.forget(demo, one.session_hash)
    assert not list(demo.state_holder.session_data) and one.session_hash not in demo._queue.pending_messages_per_session
    demo._queue.broadcast_estimations("slow")  # raises nothing for the sake of one
    assert not demo._queue.pending_messages_per_session[other.session_hash].empty()
