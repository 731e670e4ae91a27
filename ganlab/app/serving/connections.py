"""Open connections: how many one address may have, and how long each may let the server wait for its client.

A connection of which the server waits for something makes room for a new one; one that is being served never does.
"""

from __future__ import annotations

import asyncio
import resource
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from typing import Any, Protocol

from ganlab.app.security.buckets import network


class Wait(Enum):
    """What the server waits for a client to do."""

    HEAD = "send its first request's head"
    BODY = "send the rest of a request"
    READING = "read more of the answer"
    NEXT = "ask for something else"
    NOTHING = ""


SECONDS = {Wait.HEAD: 10.0, Wait.BODY: 30.0, Wait.READING: 30.0, Wait.NEXT: 15.0}
"""How long each may take; a body has one second more for each SLOWEST bytes of it."""
SLOWEST = 20_000  # bytes per second
_LOOK_SECONDS = 1.0
_OTHER_FILES = 512  # descriptors for files, databases and connections that are just being accepted
_MOST_FILES = 65_536  # asked of the system: some programs walk through all that may be open


class Connection(Protocol):
    """A connection, as `compat_server.count_connections` makes it."""

    def waits_for(self) -> tuple[Wait, Any]:
        """What the server waits for, and what is another thing once the client has done it."""

    def length(self) -> int:
        """Bytes of the request's body, as its head states."""

    def drop(self) -> None:
        """Close it now."""


@dataclass
class _Seen:
    """What a connection waited for when it was last looked at, and since when."""

    since: float
    wait: Wait = Wait.HEAD
    mark: Any = None


class Connections:
    """The connections of one server, by network. For its event loop alone; `clock` counts seconds.

    Behind an address that `is_proxy` are many clients: the server's limit alone bounds it.
    """

    def __init__(
        self,
        of_one: int,
        in_all: int,
        is_proxy: Callable[[str], bool] = lambda _: False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._of_one, self._in_all, self._is_proxy, self._clock = of_one, in_all, is_proxy, clock
        self._open: dict[str, dict[Connection, _Seen]] = {}  # the oldest first
        self._count = 0
        self._looking: asyncio.TimerHandle | None = None

    def __len__(self) -> int:
        return self._count

    def opened(self, connection: Connection, host: str) -> None:
        """Count it. Where there are too many, one that waits for its client is dropped, this one if there is no other."""
        name = network(host)
        self._open.setdefault(name, {})[connection] = _Seen(self._clock())
        self._count += 1
        if len(self._open[name]) > self._of_one and not self._is_proxy(host):
            self._make_room(name)
        elif self._count > self._in_all:
            self._make_room(max(self._open, key=lambda other: len(self._open[other])))
        self._look_later()

    def closed(self, connection: Connection, host: str) -> None:
        """Forget it; harmless twice."""
        self._forget(connection, network(host))

    def drop_late(self) -> None:
        """Drop each whose client has taken too long."""
        now = self._clock()
        for name, group in list(self._open.items()):
            for connection, seen in list(group.items()):
                wait, mark = connection.waits_for()
                if (wait, mark) != (seen.wait, seen.mark):
                    group[connection] = _Seen(now, wait, mark)
                elif wait is not Wait.NOTHING and now - seen.since > _patience(wait, connection):
                    self._drop(connection, name)

    def _make_room(self, name: str) -> None:
        """Drop the oldest that has never asked for anything, or lets wait in the middle; else the oldest that is idle."""
        newest, idle = next(reversed(self._open[name])), None
        for one in self._open[name]:
            wait = one.waits_for()[0]
            if wait not in (Wait.NEXT, Wait.NOTHING) and one is not newest:
                self._drop(one, name)
                return
            if wait is Wait.NEXT and idle is None:
                idle = one
        self._drop(idle or newest, name)

    def _drop(self, connection: Connection, name: str) -> None:
        connection.drop()
        self._forget(connection, name)

    def _forget(self, connection: Connection, name: str) -> None:
        group = self._open.get(name, {})
        if group.pop(connection, None):
            self._count -= 1
        if not group:
            self._open.pop(name, None)

    def _look_later(self) -> None:
        if self._looking is None:
            self._looking = asyncio.get_running_loop().call_later(_LOOK_SECONDS, self._look)

    def _look(self) -> None:
        self._looking = None
        self.drop_late()
        if self._count:
            self._look_later()


def _patience(wait: Wait, connection: Connection) -> float:
    """Seconds that it may take."""
    return SECONDS[wait] + (connection.length() / SLOWEST if wait is Wait.BODY else 0.0)


def allow_many_files() -> int:
    """Raise this process's limit of open files as far as the system lets it; return how many connections that leaves room for."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = _MOST_FILES if hard == resource.RLIM_INFINITY else min(hard, _MOST_FILES)
    if soft != resource.RLIM_INFINITY and soft < most:
        with suppress(ValueError, OSError):  # macOS allows less than it states
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return max(_OTHER_FILES, soft - _OTHER_FILES) if soft != resource.RLIM_INFINITY else _MOST_FILES
