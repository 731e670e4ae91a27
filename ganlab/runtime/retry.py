"""Try every write of a worker until it succeeds: the one place where a run waits for room, or for its record to be free."""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Literal, Protocol, TypeVar

from ganlab.core.errors import classify

Result = TypeVar("Result")
WAITS: Mapping[str, Literal["waiting_room", "waiting_lock"]] = {  # kind of error -> annotation, and phase
    "disk_full": "waiting_room",
    "limit_reached": "waiting_room",
    "busy": "waiting_lock",
}
BALLAST = 2**19  # bytes: enough for a request to stop, and for the record of why the run ends
_SECONDS = 1.0  # between two looks whether another try is worth it
_MOST_SECONDS = 10  # between two tries of what fails again and again, such as a checkpoint larger than the room
_TRIES = 5  # of what the disk reports as an error, which may pass
_PROBE = 2**16  # bytes


class Attempt(Protocol):
    """A way to do a write: at once, or as often as needed."""

    def __call__(self, write: Callable[[], Result], /) -> Result: ...


def at_once(write: Callable[[], Result], /) -> Result:
    """Do a write once; for processes that report what goes wrong and end."""
    return write()


class Retry:
    """Does each write of a run in `folder`, and waits where the disk is full, a limit reached, or the record locked.

    `stop` says whether the run is asked to stop, which ends a wait with its error. `waits` is called with the kind of error at
    the beginning of a wait and `goes_on` with all its kinds after the write has succeeded. `present` raises FileNotFoundError
    where the folder is gone. While there is room, some is kept in a file, the ballast.
    """

    def __init__(
        self,
        folder: Path,
        stop: Callable[[], bool],
        waits: Callable[[str], None],
        goes_on: Callable[[list[str]], None],
        present: Callable[[], None] = lambda: None,
    ) -> None:
        self.folder, self._stop, self._waits, self._goes_on, self._present = folder, stop, waits, goes_on, present
        self.kinds: list[str] = []  # what this wait has been for, the newest last; empty while there is none
        self.hurried = False  # a run that ends waits no more
        self._waited, self._since = 0.0, 0.0  # seconds
        self._settling = False

    def clock(self) -> float:
        """Seconds that stand still during a wait."""
        return (self._since if self.kinds else time.perf_counter()) - self._waited

    def __call__(self, write: Callable[[], Result], /) -> Result:
        tries = errors = 0
        while True:
            began = time.perf_counter()
            try:
                if not self.hurried:
                    self._present()
                result = write()
                break
            except (OSError, sqlite3.OperationalError) as error:
                cause = self._cause(error)
                kind, tries, errors = classify(cause)[0], tries + 1, errors + 1
                passes = kind in WAITS or (kind == "disk_error" and errors < _TRIES)
                if self.hurried or not passes or self._stop():
                    raise cause from error
                if kind in WAITS:
                    errors = 0
                    self._wait(kind, began)
                self._pause(cause, kind, tries)
        if self.kinds and not self._settling:
            self._settle()
        return result

    def release(self) -> None:
        """Give back the room that was kept."""
        with suppress(OSError):
            self._ballast.unlink(missing_ok=True)

    def reserve(self) -> None:
        """Keep some room, for what must be written when there is none; all or nothing."""
        try:
            self._ballast.write_bytes(os.urandom(BALLAST))  # what a compressing file system cannot make small
        except OSError:
            self.release()
            raise

    @property
    def _ballast(self) -> Path:
        return self.folder / "ballast"

    def _cause(self, error: OSError | sqlite3.OperationalError) -> OSError | sqlite3.OperationalError:
        """What the system says where SQLite hides it: that it could not write or open may mean a full or a read-only disk."""
        hidden = isinstance(error, sqlite3.OperationalError) and classify(error)[0] == "disk_error"
        return (self._refusal(_PROBE) if hidden else None) or error

    def _wait(self, kind: str, began: float) -> None:
        if not self.kinds:
            self._since = began
        if kind == "disk_full":
            self.release()
        if kind not in self.kinds[-1:]:
            self.kinds.append(kind)
            self._waits(kind)

    def _pause(self, cause: OSError | sqlite3.OperationalError, kind: str, tries: int) -> None:
        """Until another try is worth it; raise the cause when the run is asked to stop meanwhile."""
        looks = 0
        while looks < min(tries, _MOST_SECONDS) or (kind == "disk_full" and not self._has_room(cause)):
            time.sleep(_SECONDS)
            looks += 1
            if self._stop():
                raise cause

    def _has_room(self, cause: OSError | sqlite3.OperationalError) -> bool:
        """Whether there is more than was kept for recording why the run ends."""
        if isinstance(cause, OSError) and cause.errno == errno.EDQUOT:  # only a try tells
            return self._refusal(2 * BALLAST) is None
        with suppress(OSError):  # the next try says why
            return shutil.disk_usage(self.folder).free > 2 * BALLAST
        return True

    def _refusal(self, size: int) -> OSError | None:
        """Why so many bytes cannot be written here; None where they can."""
        probe = self.folder / ".probe"
        try:
            probe.write_bytes(os.urandom(size))
        except OSError as error:
            return error
        finally:
            with suppress(OSError):
                probe.unlink(missing_ok=True)
        return None

    def _settle(self) -> None:
        """What was waited for has come: have it recorded, and keep some room again, for which the run may have to wait again."""
        self._settling = True
        try:
            self._goes_on(self.kinds)
            self(self.reserve)
        finally:
            self._settling = False
        self._waited += time.perf_counter() - self._since
        self.kinds = []
        self._waits("")
