"""Long work in this process steps aside while a picture is wanted: a slider must follow, a search may take longer."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

LONGEST = 0.25  # seconds that long work waits for pictures between two of its parts; then it is its turn again


class Priority:
    """Count the requests that wait for a picture right now; any thread may ask."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._waiting = 0

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Count one request more as long as the block lasts."""
        with self._condition:
            self._waiting += 1
        try:
            yield
        finally:
            with self._condition:
                self._waiting -= 1
                if not self._waiting:
                    self._condition.notify_all()

    def step_aside(self, longest: float = LONGEST) -> float:
        """Wait until no request waits for a picture, at most `longest` seconds; return how long that was."""
        began = time.monotonic()
        with self._condition:
            self._condition.wait_for(lambda: not self._waiting, longest)
        return time.monotonic() - began


PRIORITY = Priority()
