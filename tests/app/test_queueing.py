"""One's place in a line before slow work, in words, through Gradio's real queue."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import gradio as gr
import pytest
from gradio.queueing import Event
from gradio.server_messages import EstimationMessage, ProgressMessage

from ganlab.app.playground import queueing

LINE = "slow"


@pytest.fixture
def demo() -> Iterator[gr.Blocks]:
    with gr.Blocks() as made:
        button = gr.Button()
        button.click(lambda: None, None, None, concurrency_limit=1, concurrency_id=LINE)
    queueing.bound(made)
    yield made


def wait_in_line(demo: gr.Blocks, count: int, at_work: int, seconds: float | None) -> list[list[Any]]:
    """What each of `count` who wait is sent when the line moves."""
    (function,) = demo.fns.values()
    queue = demo._queue
    queue.create_event_queue_for_fn(function)
    line = queue.event_queue_per_concurrency_id[LINE]
    line.current_concurrency = at_work
    line.queue += [Event(f"visitor {number}", function, None, None) for number in range(count)]  # type: ignore[arg-type]
    for event in line.queue:
        queue.pending_messages_per_session[event.session_hash] = asyncio.Queue()
    if seconds is not None:
        queue.process_time_per_fn[function].add(seconds)
    queue.broadcast_estimations(LINE)
    sent = [queue.pending_messages_per_session[event.session_hash] for event in line.queue]
    return [[messages.get_nowait() for _ in range(messages.qsize())] for messages in sent]


def places(sent: list[list[Any]]) -> list[str]:
    """As the page puts a number and its unit together."""
    units = [one.progress_data[0] for messages in sent for one in messages if isinstance(one, ProgressMessage)]
    assert all(unit.length is None and unit.progress is None for unit in units)  # else the page would draw a bar
    return [f"{unit.index} {unit.unit}" for unit in units]


def test_who_waits_reads_how_many_come_first_and_how_long_it_takes(demo: gr.Blocks) -> None:
    sent = wait_in_line(demo, 3, at_work=1, seconds=7.0)
    assert places(sent) == [
        "1 other is ahead of you; about 7 s",
        "2 others are ahead of you; about 15 s",
        "3 others are ahead of you; about 20 s",
    ]
    assert [messages[0].rank for messages in sent] == [0, 1, 2]  # what other programs read comes as before
    assert all(isinstance(messages[0], EstimationMessage) for messages in sent)


def test_nobody_is_told_a_time_that_is_not_known(demo: gr.Blocks) -> None:
    assert places(wait_in_line(demo, 2, at_work=1, seconds=None)) == ["1 other is ahead of you", "2 others are ahead of you"]


def test_who_is_served_at_once_is_told_of_no_line(demo: gr.Blocks) -> None:
    assert places(wait_in_line(demo, 1, at_work=0, seconds=7.0)) == []


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.2, "about 1 s"), (9.4, "about 9 s"), (12.4, "about 10 s"), (88, "about 90 s"), (400, "about 390 s")],
)
def test_times_are_as_round_as_they_are_rough(seconds: float, words: str) -> None:
    assert queueing.place_in_words(2, seconds) == f"others are ahead of you; {words}"
