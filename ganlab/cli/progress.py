"""Long work on a terminal: a bar with its rate and the time left, silent on a pipe; a line for a run that trains."""

from __future__ import annotations

import sys
import time
from collections.abc import Generator, Mapping
from contextlib import ExitStack, closing, suppress
from typing import TypeVar

from tqdm import tqdm

from ganlab.app.views.data_wording import remark_lines
from ganlab.app.views.loading_wording import loading_text
from ganlab.app.views.status_wording import activity_text
from ganlab.core.events import Loading, Progress
from ganlab.core.names import shown
from ganlab.core.progress import Work
from ganlab.core.remarks import Remark
from ganlab.core.text import duration
from ganlab.runtime.status import Activity

Result = TypeVar("Result")


def driven(steps: Generator[Loading, None, Result]) -> Result:
    """Run `steps` to their end with a bar for each part, and return their result; Ctrl-C closes them properly."""
    bars, bar, what = ExitStack(), None, ""
    remarked: list[tuple[str, tuple[Remark, ...]]] = []  # of which there are lines already
    work = Work(steps)
    with closing(steps), bars:
        for event in work:
            if event.remarks and (event.subject, event.remarks) not in remarked:
                remarked.append((event.subject, event.remarks))
                for line in remark_lines(event.remarks):
                    tqdm.write(shown(f"{event.subject}: {line}"), file=sys.stderr)
            if bar is None or loading_text(event) != what:
                bars.close()
                what = loading_text(event)
                unit = {"unit": "B", "unit_scale": True} if event.unit == "bytes" else {"unit": event.unit}
                bar = bars.enter_context(tqdm(desc=shown(what), total=event.total or None, disable=None, leave=False, **unit))
            bar.update(event.done - bar.n)
    return work.result


class StatusLine:
    """One line with a run's newest event or what it waits for; on a pipe, one every ten seconds and one for each new state."""

    def __init__(self) -> None:
        self._last, self._state = 0.0, ""
        self._live = sys.stdout.isatty()
        self._values: dict[str, float] = {}
        self._remarks: list[Remark] = []  # of which there are lines already

    def __call__(self, event: object) -> None:
        if isinstance(event, Progress):
            for _, metrics in event.points:
                self._values |= {name: value for name, value in metrics.items() if name.startswith(("loss/", "score/"))}
            self._show(_progress(event, self._values), "")
        elif isinstance(event, Loading):
            new = [remark for remark in event.remarks if remark not in self._remarks]
            self._remarks += new
            for line in map(shown, remark_lines(new)):
                _say(f"\r\x1b[K{line}" if self._live else line)

    def report(self, activity: Activity) -> None:
        """Show what the worker does, or waits for, while it trains no step."""
        self._show(activity_text(activity), f"{activity.phase} {activity.subject}")

    def _show(self, text: str, state: str) -> None:
        text = shown(text)
        if self._live:
            _say(f"\r\x1b[K{text}", end="")
        elif time.monotonic() - self._last > 10 or state not in ("", self._state):
            _say(text)
            self._last = time.monotonic()
        self._state = state

    def close(self) -> None:
        """End the line."""
        _say("")


def _say(text: str, end: str = "\n") -> None:
    """Print, where that is still possible: a run goes on without its terminal, and with a full disk below its log."""
    with suppress(OSError):
        print(text, end=end, flush=True)


def _progress(event: Progress, values: Mapping[str, float]) -> str:
    left = (event.steps - event.step) / event.steps_per_second if event.steps_per_second else 0
    shown = "  ".join(f"{name.removeprefix('loss/')} {value:.3f}" for name, value in values.items())
    steps = f"{event.step / event.steps:4.0%} step {event.step:,}/{event.steps:,}"
    return f"{steps}  {event.images_per_second:,.0f} images/s  {duration(left)} left  {shown}"
