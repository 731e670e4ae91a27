"""Lines of people before heavy work: nobody joins one that is too long, and work is shorter while others wait for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gradio as gr
from gradio.context import LocalContext

MOST = 40  # events that wait in one line: a class that clicks at once
MOST_BY_LINE = {"explore": 240}  # a visitor asks for half a dozen things when a tab opens
MOST_IN_ALL = 400


def bound(demo: gr.Blocks) -> None:
    """Refuse, in one sentence, what would join a line that is full already; Gradio itself knows one bound for all lines."""
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
