"""What all viewers of one run share: a snapshot that is refreshed for them together, and the bytes of its answers."""

from __future__ import annotations

import gzip
import json
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, NamedTuple

from ganlab.app.api.snapshot import Seen, Snapshot
from ganlab.app.security.redact import redact
from ganlab.app.serving.shared import SharedResult
from ganlab.runtime.run import Run

REFRESH_SECONDS = 0.4
MOST_FEEDS = 32
MOST_ANSWERS = 256
SMALLEST_GZIP = 1000  # bytes; below, compressing costs more than it saves


class Answer(NamedTuple):
    """A JSON body, and the same gzipped where that pays."""

    plain: bytes
    gzipped: bytes | None

    @classmethod
    def of(cls, value: Any) -> Answer:
        """Encode JSON values."""
        plain = json.dumps(value, separators=(",", ":"), allow_nan=False).encode()
        return cls(plain, gzip.compress(plain, 5) if len(plain) >= SMALLEST_GZIP else None)


class Feed:
    """One run as its viewers see it; viewers with the same history get the same bytes, computed once."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self._snapshot: Snapshot | None = None
        self._newest = SharedResult(self._refresh, REFRESH_SECONDS)
        self._answers: dict[Any, SharedResult[Answer]] = {}
        self._answered: Snapshot | None = None

    async def delta(self, seen: Seen, *, private: bool = True) -> Answer:
        """What a viewer lacks, at most REFRESH_SECONDS old; without `private`, no path of this machine."""
        snapshot = await self._newest.get()
        compute = lambda: snapshot.delta(seen) if private else without_paths(snapshot.delta(seen))  # noqa: E731
        return await self._answer(snapshot, (seen, private), compute)

    async def detail(self, start: int, stop: int) -> Answer:
        """The points from step `start` to step `stop`."""
        snapshot = await self._newest.get()
        return await self._answer(snapshot, (start, stop), lambda: snapshot.detail(start, stop))

    def _refresh(self) -> Snapshot:
        self._snapshot = Snapshot.read(self.run, self._snapshot)
        return self._snapshot

    async def _answer(self, snapshot: Snapshot, key: Any, compute: Callable[[], Any]) -> Answer:
        if self._answered is not snapshot or len(self._answers) >= MOST_ANSWERS:
            self._answered, self._answers = snapshot, {}
        if key not in self._answers:
            self._answers[key] = SharedResult(lambda: Answer.of(compute()))
        return await self._answers[key].get()


def without_paths(delta: dict[str, Any]) -> dict[str, Any]:
    """A delta whose texts hold no path of the server; its numbers are not looked at."""
    return delta | {name: redact(delta[name]) for name in ("status", "annotations")}


class Feeds:
    """The feeds of the runs watched last."""

    def __init__(self) -> None:
        self._feeds: OrderedDict[str, Feed] = OrderedDict()

    def of(self, run: Run) -> Feed:
        """The one feed of `run`."""
        key = str(run.path)
        if key not in self._feeds:
            self._feeds[key] = Feed(run)
        self._feeds.move_to_end(key)
        while len(self._feeds) > MOST_FEEDS:
            self._feeds.popitem(last=False)
        return self._feeds[key]
