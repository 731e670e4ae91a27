"""Long work in this process steps aside while somebody waits for a picture: a slider must follow, a search may take longer."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

LONGEST = 0.25  # seconds that long work waits for pictures between two of its parts; then it is its turn again


class Courtesy:
    """Who waits for a picture right now; any thread may ask."""

    def __init__(self) -> None:
        self._nobody = threading.Condition()
        self._waiting = 0

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Somebody waits for a picture as long as the block lasts."""
        with self._nobody:
            self._waiting += 1
        try:
            yield
        finally:
            with self._nobody:
                self._waiting -= 1
                if not self._waiting:
                    self._nobody.notify_all()

    def step_aside(self, longest: float = LONGEST) -> float:
        """Wait until nobody waits for a picture, at most `longest` seconds; returns how long that was."""
        began = time.monotonic()
        with self._nobody:
            self._nobody.wait_for(lambda: not self._waiting, longest)
        return time.monotonic() - began


COURTESY = Courtesy()
