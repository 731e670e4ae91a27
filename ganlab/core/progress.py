"""Work that reports how far it is: generators that yield events on the way and return their result at the end."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Generic, TypeVar

Event = TypeVar("Event")
Result = TypeVar("Result")


class Work(Generic[Event, Result]):
    """The events of a generator, and afterwards its `result`.

        work = Work(load("mnist"))
        for event in work: ...
        dataset = work.result

    Closing the generator stops the work; leaving the loop early closes it too. `result` exists once the loop has ended.
    """

    result: Result

    def __init__(self, steps: Generator[Event, None, Result]) -> None:
        self._steps = steps

    def __iter__(self) -> Generator[Event, None, None]:
        self.result = yield from self._steps


def finish(steps: Generator[Event, None, Result], report: Callable[[Event], object] | None = None) -> Result:
    """Do all of the work, hand each event to `report`, and return the result."""
    work = Work(steps)
    for event in work:
        if report:
            report(event)
    return work.result
