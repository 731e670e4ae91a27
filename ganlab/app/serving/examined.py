"""The doctor's findings about runs, kept until a run's record changes: for pages that show many runs, or one now and then."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from contextlib import suppress
from pathlib import Path

from ganlab.analysis.doctor import Finding, examine
from ganlab.core.kept import Kept
from ganlab.runtime.run import UNREADABLE, Run

SECONDS = 30.0  # between two examinations of a run that goes on, for a list
_MOST = 500  # runs


def _files(path: Path) -> list[Path]:
    return [path / name for name in ("metrics.sqlite", "metrics.sqlite-wal", "config.json")]


class Examined:
    """What `examine` finds: at once by `of`, and without waiting by `known`, for which one thread examines run after run."""

    def __init__(self) -> None:
        self.of_path = Kept(lambda path: tuple(examine(Run(path))), _files, _MOST)
        self._known: OrderedDict[Path, tuple[float, tuple[Finding, ...]]] = OrderedDict()
        self._asked: OrderedDict[Path, None] = OrderedDict()
        self._lock = threading.Lock()
        self._works = False

    def of(self, run: Run) -> tuple[Finding, ...]:
        """The findings as they are now; what `examine` raises."""
        return self.of_path(run.path)

    def known(self, run: Run) -> tuple[Finding, ...] | None:
        """What was found last, some seconds old; None where it is not known yet: ask again later."""
        with self._lock:
            moment, found = self._known.get(run.path, (float("-inf"), None))
            if time.monotonic() - moment > SECONDS and run.path not in self._asked:
                self._asked[run.path] = None
                if not self._works:
                    self._works = True
                    threading.Thread(target=self._work, name="doctor", daemon=True).start()
            return found

    def _work(self) -> None:
        while True:
            with self._lock:
                if not self._asked:
                    self._works = False
                    return
                path = next(iter(self._asked))
            found: tuple[Finding, ...] = ()
            try:
                with suppress(*UNREADABLE):  # deleted or damaged meanwhile: the list says so
                    found = self.of_path(path)
            except BaseException:
                self._works = False  # the next question starts another thread
                raise
            finally:
                with self._lock:
                    self._asked.pop(path, None)
                    self._known[path] = time.monotonic(), found
                    self._known.move_to_end(path)
                    while len(self._known) > _MOST:
                        self._known.popitem(last=False)


EXAMINED = Examined()
