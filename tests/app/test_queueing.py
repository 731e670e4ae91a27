"""One's place in a line before slow work, in words, through Gradio's real queue."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from typing import Any

import gradio as gr
import pytest
from gradio.data_classes import PredictBodyInternal
from gradio.queueing import Event
from gradio.server_messages import EstimationMessage, ProgressMessage
from starlette.requests import Request

from ganlab.app import playground
from ganlab.app.playground import queueing
from ganlab.app.security import classroom, quotas
from ganlab.app.security.admission import ticket_of
from ganlab.app.security.rights import Role
from ganlab.app.security.visitor import HERE, Visitor, remember

LINE = "slow"


@pytest.fixture
def demo() -> Iterator[gr.Blocks]:
    with gr.Blocks() as made:
        button = gr.Button()
        button.click(lambda: None, None, None, concurrency_id=LINE)
    queueing.bound(made)
    yield made


def request(number: int) -> Request:
    """From a visitor with an address of their own."""
    return Request({"type": "http", "client": (f"192.0.2.{number}", 1), "headers": []})


def wait_in_line(demo: gr.Blocks, count: int, at_work: int, seconds: float | None) -> list[list[Any]]:
    """What each of `count` who wait is sent when the line moves; those at work are about to be done."""
    (function,) = demo.fns.values()
    function.concurrency_limit = 1
    queue = demo._queue
    queue.create_event_queue_for_fn(function)
    line = queue.event_queue_per_concurrency_id[LINE]
    line.current_concurrency = at_work
    for number in range(at_work):
        working: Any = Event("at work", function, request(100 + number), None)  # type: ignore[arg-type]
        working.begun = time.monotonic() - (seconds or 0)
        queue.active_jobs.append([working])
    line.queue += [Event(f"visitor {number}", function, request(number), None) for number in range(count)]  # type: ignore[arg-type]
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


@pytest.fixture
def a_class(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(classroom.VARIABLE, "1")


def one_more(demo: gr.Blocks, who: Visitor, address: str, size: int = 0) -> tuple[bool, str, int]:
    """Whether one more job of this seat joins the first line, the sentence, and the places that are held."""
    sent = Request(
        {
            "type": "http",
            "client": (address, 1),
            "headers": [(b"content-length", str(size).encode())],
            "path": "/",
            "server": None,
        }
    )
    remember(sent, who)
    body = PredictBodyInternal(session_hash=f"tab of {who.name}", fn_index=0, data=[], request=sent)  # type: ignore[arg-type]
    joined, reason, _ = asyncio.run(demo._queue.push(body, sent, None))  # type: ignore[arg-type]
    return joined, "" if joined else str(reason), len(demo._queue)


@pytest.mark.usefixtures("a_class")
def test_forty_one_jobs_of_one_seat_refuse_no_other(demo: gr.Blocks) -> None:
    """What the review saw: 105 of 105 refused in 60 s."""
    attacker = Visitor(Role.STUDENT, "attacker")
    joined = [one_more(demo, attacker, "192.0.2.66") for _ in range(41)]
    most = quotas.most("jobs waiting", "seat")
    assert [answer[0] for answer in joined] == [True] * most + [False] * (41 - most)
    assert joined[-1][1] == f"You have {most} jobs waiting already: try again when one of them is done."
    others = [Visitor(Role.STUDENT, f"student {number}") for number in range(5)]
    answers = [one_more(demo, other, "192.0.2.7") for _ in range(21) for other in others]
    assert all(joined for joined, *_ in answers), "105 of 105"
    begun = [_begin(demo) for _ in range(12)]
    assert begun.count("attacker") <= 6 and {other.name for other in others} <= set(begun)


def _begin(demo: gr.Blocks) -> str:
    """The seat whose job begins now; it is done at once."""
    ((event,), _, _) = demo._queue.get_events()  # type: ignore[misc]
    return ticket_of(event.request).seat


@pytest.mark.usefixtures("a_class")
def test_one_long_job_of_a_seat_leaves_a_place_for_others(demo: gr.Blocks) -> None:
    for _ in range(3):
        one_more(demo, Visitor(Role.STUDENT, "attacker"), "192.0.2.66")
    queue = demo._queue
    line = queue.event_queue_per_concurrency_id[LINE]
    assert line.concurrency_limit == quotas.most("slow jobs", "server") == 2

    def begin() -> bool:
        if found := queue.get_events():
            queue.active_jobs.append(found[0])
            line.current_concurrency += 1
        return found is not None

    assert begin() and not begin()
    one_more(demo, Visitor(Role.STUDENT, "victim"), "192.0.2.7")
    assert begin() and not begin()
    assert [ticket_of(event.request).seat for job in queue.active_jobs if job for event in job] == ["attacker", "victim"]


def test_a_visitor_outside_of_a_class_has_every_place(demo: gr.Blocks) -> None:
    assert all(one_more(demo, HERE, "127.0.0.1")[0] for _ in range(60))


@pytest.mark.usefixtures("a_class")
def test_what_waits_for_a_class_is_bounded_in_bytes(demo: gr.Blocks) -> None:
    answers = [one_more(demo, Visitor(Role.STUDENT, "attacker"), "192.0.2.66", 2 * 10**6) for _ in range(9)]
    assert [joined for joined, *_ in answers] == [True] * 8 + [False] and "too much memory" in answers[-1][1]


def test_every_line_of_the_playground_has_its_row_of_the_table() -> None:
    built = playground.build()
    queued = {function.concurrency_id: function.concurrency_limit for function in built.fns.values() if function.queue}
    assert queued["translate"] == queued["weights"] == 2 and queued["explore"] == queued["turning"] == 4
    assert set(queued.values()) == {2, 4}, "no line is without a limit"
