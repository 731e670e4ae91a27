"""The queues before heavy work: one that is full takes no more, each visitor reads their place in words, and work is shorter
while others wait for it.
"""

from __future__ import annotations

import gradio as gr

from ganlab.app import compat

MOST = 40  # events that wait in one queue: a class that clicks at once
MOST_BY_QUEUE = {"explore": 240}  # a visitor asks for half a dozen things when a tab opens
MOST_IN_ALL = 400


def bound(demo: gr.Blocks) -> None:
    """Refuse, in one sentence, what would join a full queue, and show each waiting visitor how many are ahead."""
    compat.refuse_when_full(demo, MOST_IN_ALL, _full)
    compat.show_places(demo, place_in_words)


def _full(queue: str, ahead: int) -> str:
    """Why an event must not join this queue; "" where it may."""
    if ahead < MOST_BY_QUEUE.get(queue, MOST):
        return ""
    return f"{ahead} others are waiting for this already; try again in a minute."


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
