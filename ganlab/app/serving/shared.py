"""One computation for all requests at the same time, in a thread, so that the event loop never waits for a disk."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class SharedResult(Generic[T]):
    """The result of `compute`, at most `seconds` old; requests that come while it is being computed wait for that one result."""

    def __init__(self, compute: Callable[[], T], seconds: float = float("inf")) -> None:
        self._compute, self._seconds = compute, seconds
        self._task: asyncio.Task[T] | None = None
        self._done_at = float("-inf")

    async def get(self) -> T:
        """The shared result; an error reaches all that waited for it and is forgotten."""
        if self._task is None or (self._task.done() and (self._failed or time.monotonic() - self._done_at >= self._seconds)):
            self._task = asyncio.create_task(self._run())
        # Shielded: one visitor who leaves must not cancel the answer of the others.
        return await asyncio.shield(self._task)

    @property
    def _failed(self) -> bool:
        return self._task is not None and (self._task.cancelled() or self._task.exception() is not None)

    async def _run(self) -> T:
        try:
            return await asyncio.to_thread(self._compute)
        finally:
            self._done_at = time.monotonic()
