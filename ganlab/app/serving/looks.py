"""Looks at pictures and at the pace of a step, in the background: a page asks again and again, and never waits for the disk.

What was found is kept for as long as the place has the same time of change. Two are at work at a time; what no page asks for any
more is given up.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Generator, Hashable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Generic, TypeVar

from ganlab.core.errors import DOING, EXPECTED, explain
from ganlab.core.events import Loading
from ganlab.core.names import located
from ganlab.core.progress import Work
from ganlab.core.threads import in_background
from ganlab.data.hub import datasets
from ganlab.data.hub.datasets import Offered
from ganlab.data.inspection import Inspection
from ganlab.data.sets.folder import look
from ganlab.training.proposal import Proposal, propose

AT_ONCE = 2
KEPT = 32  # results
GIVEN_UP = 30.0  # seconds without a question
WAIT = 0.4  # seconds that a first question waits: most folders are looked through by then
Result = TypeVar("Result")


@dataclass
class Look(Generic[Result]):
    """Where one look stands: `result`, or the sentence `problem`, once it is `done`; until then `progress`."""

    progress: Loading = field(default_factory=partial(Loading, "looking_through"))
    result: Result | None = None
    problem: str = ""
    asked: float = field(default_factory=time.monotonic)
    ended: threading.Event = field(default_factory=threading.Event)

    @property
    def done(self) -> bool:
        """Whether it has ended."""
        return self.ended.is_set()


class Looks:
    """Looks by key, each begun when it is first asked for."""

    def __init__(self) -> None:
        self._looks: OrderedDict[Hashable, Look[Any]] = OrderedDict()
        self._lock = threading.Lock()
        self._pool = ThreadPoolExecutor(AT_ONCE, "look")

    def ask(self, key: Hashable, work: Callable[[], Any]) -> Look[Any]:
        """The look under this key; `work` makes the generator that yields Loading and returns the result."""
        with self._lock:
            look = self._looks.get(key)
            fresh = look is None
            if look is None:
                look = self._looks[key] = Look()
                self._pool.submit(self._do, key, look, work)
            look.asked = time.monotonic()
            self._looks.move_to_end(key)
            for old in [old for old, one in self._looks.items() if one.done][: max(0, len(self._looks) - KEPT)]:
                del self._looks[old]
        if fresh:
            look.ended.wait(WAIT)
        return look

    def forget(self, key: Hashable) -> None:
        """Look anew at the next question."""
        with self._lock:
            self._looks.pop(key, None)

    def _do(self, key: Hashable, look: Look[Any], work: Callable[[], Any]) -> None:
        try:
            with closing(work()) as steps:
                events = Work(steps)
                for event in events:
                    look.progress = event
                    if time.monotonic() - look.asked > GIVEN_UP:
                        self.forget(key)
                        return
                look.result = events.result
        except (*EXPECTED, OSError) as error:
            look.problem = explain(error, DOING)
        except Exception as error:  # a page that waits must learn of it
            look.problem = explain(error, DOING)
            raise
        finally:
            look.ended.set()


LOOKS = Looks()


def stamp(data_path: str) -> str:
    """The place that a setting names, with what changes when something is added to it or taken away."""
    place = located(data_path.strip())
    try:
        about = place.stat()
    except (OSError, ValueError):
        return str(place)
    return f"{place.absolute()} {about.st_mtime_ns} {about.st_size}"


def at_pictures(data_path: str) -> Look[Inspection]:
    """The look at what lies at a place."""
    return LOOKS.ask(_key(data_path), lambda: look(data_path))


def at_hub(data_path: str) -> Look[Offered]:
    """The look at what the Hub has under the address of a data set."""
    return LOOKS.ask(_hub_key(data_path), partial(_offered, data_path))


def again(data_path: str) -> None:
    """Look anew at a place: folders inside of it may have changed, or the Hub may answer now."""
    LOOKS.forget(_key(data_path))
    LOOKS.forget(_hub_key(data_path))


def at_settings(found: Inspection, data_path: str, given: Mapping[str, Any]) -> Look[Proposal]:
    """The look at which settings fit, beside those `given`, and how long a step takes here."""
    key = ("settings", stamp(data_path), tuple(sorted(given.items())))
    return LOOKS.ask(key, partial(_proposed, found, data_path, given))


def _key(data_path: str) -> tuple[str, str]:
    return "pictures", stamp(data_path)


def _hub_key(data_path: str) -> tuple[str, str]:
    return "hub", data_path


def _offered(data_path: str) -> Generator[Loading, None, Offered]:
    yield Loading("looking_through", datasets.name_of(data_path))
    return datasets.offered(data_path)


def _proposed(found: Inspection, data_path: str, given: Mapping[str, Any]) -> Generator[Loading, None, Proposal]:
    yield Loading("measuring_pace")
    return in_background(propose, found, data_path, given, on_every_core=True)
