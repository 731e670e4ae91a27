"""Show a run in a notebook, and keep what is shown up to date while the run trains."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from typing import Any, Protocol

from ganlab.runtime.status import Status

_SECONDS = 1.0  # between two looks


class Showing(Protocol):
    """What is shown; Run is one."""

    def status(self) -> Status: ...
    def _repr_html_(self) -> str: ...


def show(run: Showing) -> threading.Thread | None:
    """Show `run` in the cell that is being executed; a thread, returned, shows it anew each second until the run has ended."""
    from IPython.display import HTML, display  # noqa: PLC0415  (there whenever a notebook calls this)

    shown = display(HTML(run._repr_html_()), display_id=True)
    if shown is None or not run.status().active:
        return None
    thread = threading.Thread(target=_follow, args=(run, shown, HTML), daemon=True)
    thread.start()
    return thread


def _follow(run: Showing, shown: Any, html: Any) -> None:
    active = True
    with suppress(FileNotFoundError):  # the run was deleted meanwhile
        while active:
            time.sleep(_SECONDS)
            active = run.status().active  # before the look, so that the last one shows the end
            shown.update(html(run._repr_html_()))
