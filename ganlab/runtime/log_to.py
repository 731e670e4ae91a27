"""A run's events to a tracker while it trains (`--log-to`), and its record to one afterwards (`ganlab export RUN --to`).

A tracker works in a thread of its own behind a bounded queue: whatever it does, the training goes on.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from queue import Full, Queue
from threading import Thread

from ganlab.core.events import Event, Progress, Samples, Started
from ganlab.core.images import read, sheet
from ganlab.core.names import shown
from ganlab.runtime.recorded import points_of
from ganlab.runtime.run import Run
from ganlab.runtime.trackers import OPEN, Subject, Tracker, check_tracker

SHEET, REAL = "samples", "real"  # the names of the pictures
_MOST_WAITING = 1000  # events that a slow tracker has not taken yet
_GOODBYE_SECONDS = 30.0  # for what it has not written at the end


@contextmanager
def logged(run: Run, goodbye: float = _GOODBYE_SECONDS) -> Iterator[Callable[[Event], None]]:
    """Inside the block what is called with the events of `run` passes them to the tracker that the run names, if it names one."""
    if not run.settings.log_to:
        yield lambda event: None
        return
    follower = _Follower(run, run.settings.log_to)
    try:
        yield follower.add
    finally:
        follower.close(goodbye)


class _Follower:
    """The thread; the first failure is printed in one line, and nothing is logged after it."""

    def __init__(self, run: Run, name: str) -> None:
        self._run, self._name, self._failed = run, name, False
        self._events: Queue[Event | None] = Queue(_MOST_WAITING)
        self._thread = Thread(target=self._work, name=f"log to {name}", daemon=True)
        self._thread.start()

    def add(self, event: Event) -> None:
        """Pass an event on; never waits."""
        if not self._failed and isinstance(event, Started | Progress | Samples):
            try:
                self._events.put_nowait(event)
            except Full:
                self._fails("it does not keep up")

    def close(self, seconds: float) -> None:
        """Let the tracker write what is left, in so many seconds."""
        with suppress(Full):
            self._events.put(None, timeout=seconds)
        self._thread.join(seconds)
        if self._thread.is_alive():
            self._fails("it does not end")

    def _work(self) -> None:
        tracker: Tracker | None = None
        try:
            while (event := self._events.get()) is not None and not self._failed:
                if isinstance(event, Started) and tracker is None:
                    folder = self._run.path / self._name
                    tracker = OPEN[self._name](Subject(self._run.id, self._run.settings.config, folder, event.step))
                if tracker is not None:
                    _pass_on(event, tracker)
            if tracker is not None:
                tracker.close()
        except Exception as error:
            self._fails(" ".join(str(error).split()) or type(error).__name__)

    def _fails(self, why: str) -> None:
        if not self._failed:
            self._failed = True
            with suppress(OSError):  # no room, or no terminal any more
                print(f"ganlab: logging to {self._name} has ended, and the training goes on: {shown(why)}", file=sys.stderr)


def _pass_on(event: Event, tracker: Tracker) -> None:
    if isinstance(event, Progress):
        for step, values in event.points:
            tracker.scalars(step, values)
    elif isinstance(event, Samples):
        tracker.sheet(event.step, SHEET, sheet(event.images, event.columns))
    elif isinstance(event, Started) and event.real is not None:
        tracker.sheet(event.step, REAL, sheet(event.real.images, event.real.columns))


def export(run: Run, name: str, folder: Path) -> str:
    """Give a tracker everything that is on record of a run; return where it is looked at. ValueError where it is not installed.

    TensorBoard and Weights & Biases write below `folder`. What an earlier export has left there, or in trackio, is replaced.
    """
    check_tracker(name)
    tracker = OPEN[name](Subject(run.id, run.settings.config, folder / run.id, anew=True))
    for step, values in points_of(run.series()).items():
        tracker.scalars(step, values)
    pictures = [(step, SHEET, run.sample_path(step)) for step in run.samples()]
    for step, title, path in [(0, REAL, run.real_path), *pictures]:
        if path.is_file():
            tracker.sheet(step, title, read(path))
    tracker.close()
    return tracker.look
