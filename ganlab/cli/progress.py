"""Long work on a terminal: a bar with its rate and the time left, silent on a pipe."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import ExitStack
from typing import TypeVar

from tqdm import tqdm

from ganlab.core.events import Loading

Result = TypeVar("Result")


def driven(work: Generator[Loading, None, Result]) -> Result:
    """Run to the end behind a bar for each thing it does, and return what it returns; Ctrl-C closes it in good order."""
    bars, bar, what = ExitStack(), None, ""
    with bars:
        try:
            while True:
                event = next(work)
                if bar is None or event.what != what:
                    bars.close()
                    what = event.what
                    unit = {"unit": "B", "unit_scale": True} if event.unit == "bytes" else {"unit": event.unit}
                    bar = bars.enter_context(tqdm(desc=what, total=event.total or None, disable=None, leave=False, **unit))
                bar.update(event.done - bar.n)
        except StopIteration as end:
            result: Result = end.value
            return result
        finally:
            work.close()
