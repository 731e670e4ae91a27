"""Lines of people before heavy work: nobody joins one that is too long, everybody is told their place in words, and work is
shorter while others wait for it.

The page's own words for a place ("queue: 2/5 | 12.3/40.1s") are compiled into Gradio's scripts. But a number with its unit, as
work in progress is told, stands in their place, so the place is sent as one. Should another Gradio know nothing of this, its
own words appear.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gradio as gr
from gradio.context import LocalContext
from gradio.server_messages import EstimationMessage, ProgressMessage, ProgressUnit

MOST = 40  # events that wait in one line: a class that clicks at once
MOST_BY_LINE = {"explore": 240}  # a visitor asks for half a dozen things when a tab opens
MOST_IN_ALL = 400


def bound(demo: gr.Blocks) -> None:
    """Refuse, in one sentence, what would join a line that is full already; Gradio itself knows one bound for all lines.

    Who waits in one is told how many are before them.
    """
    queue = demo._queue
    queue.max_size = MOST_IN_ALL
    push = queue.push

    async def pushed(body: Any, request: Any, username: str | None) -> Any:
        function = demo.fns.get(body.fn_index) if body.fn_index is not None else None
        line = function.concurrency_id if function else ""
        ahead = _length(queue, line)
        if ahead >= MOST_BY_LINE.get(line, MOST):
            return False, f"{ahead} others wait for this already; try again in a minute.", "error"
        return await push(body, request, username)

    queue.push = pushed  # type: ignore[method-assign]
    send = queue.send_message

    def sent(event: Any, message: Any) -> None:
        send(event, message)
        if (
            isinstance(message, EstimationMessage)
            and message.rank is not None
            and (before := _before(queue, event, message.rank))
        ):
            place = ProgressUnit(index=before, unit=place_in_words(before, message.rank_eta))
            send(event, ProgressMessage(progress_data=[place]))

    queue.send_message = sent  # type: ignore[method-assign, assignment]


def place_in_words(before: int, seconds: float | None) -> str:
    """What follows the number of those who come first: "others are before you; about 20 s"; `seconds` None is not known yet."""
    words = "other is before you" if before == 1 else "others are before you"
    if seconds is None:
        return words
    step = 1 if seconds < 10 else 5 if seconds < 90 else 30
    return f"{words}; about {max(1, step * round(seconds / step))} s"


def _before(queue: Any, event: Any, rank: int) -> int:
    """How many are served before the one who is `rank` places from the front: those at work count; 0 where no one waits."""
    line = queue.event_queue_per_concurrency_id[event.concurrency_id]
    full = line.concurrency_limit is not None and line.current_concurrency >= line.concurrency_limit
    return rank + line.current_concurrency if full else 0


def waiting(line: str) -> Callable[[], int]:
    """Counts those who wait in this line, at any later time; to be called where Gradio calls a function. 0 elsewhere."""
    blocks = LocalContext.blocks.get(None)
    return lambda: _length(blocks._queue, line) if blocks else 0


def share(seconds: float, least: float, others: int) -> float:
    """How long work that may take `seconds` should take while `others` wait for theirs, but `least` seconds in any case."""
    return max(least, seconds / (1 + others))


def _length(queue: Any, line: str) -> int:
    found = queue.event_queue_per_concurrency_id.get(line)
    return len(found.queue) if found else 0
