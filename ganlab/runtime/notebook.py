"""Show a run in a notebook, and keep what is shown up to date while the run trains."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

from ganlab.runtime.status import Status

_SECONDS = 1.0  # between two looks


class Showing(Protocol):
    """What is shown; Run is one."""

    def status(self) -> Status: ...
    def _repr_html_(self) -> str: ...


def place(html: str) -> Callable[[str], None]:
    """Show `html` in the cell that is being executed; return what shows something else in its place."""
    from IPython.display import HTML, display  # noqa: PLC0415  (there whenever a notebook calls this)

    shown = display(HTML(html), display_id=True)
    return lambda html: shown.update(HTML(html)) if shown else None


def show(run: Showing) -> threading.Thread | None:
    """Show `run` in the cell that is being executed; a thread, returned, shows it anew each second until the run has ended."""
    update = place(run._repr_html_())
    if not run.status().active:
        return None
    thread = threading.Thread(target=_follow, args=(run, update), daemon=True)
    thread.start()
    return thread


def _follow(run: Showing, update: Callable[[str], None]) -> None:
    active = True
    with suppress(FileNotFoundError):  # the run was deleted meanwhile
        while active:
            time.sleep(_SECONDS)
            active = run.status().active  # before the look, so that the last one shows the end
            update(run._repr_html_())
