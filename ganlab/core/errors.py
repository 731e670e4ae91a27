"""What goes wrong with a run or with somebody's deed, in one sentence for a person."""

from __future__ import annotations

import errno
import sqlite3
from dataclasses import dataclass, replace
from pathlib import Path

from ganlab.core.memory import LESS

DISK_FULL, LIMIT_REACHED = "The disk is full", "The runs take all the room they may"


class LimitReached(OSError):
    """The runs of this folder take all the room they may; ENOSPC's neighbour EDQUOT."""


class DataError(ValueError):
    """Data that cannot be had; the message is one sentence that says what to do."""


@dataclass(frozen=True)
class Advice:
    """What to do when a process runs out of `memory` or `disk`, or must not write `name`, and where its `log` is, if anywhere."""

    memory: str
    disk: str
    log: str = ""
    locked: str = "{name} cannot be written: make it writable again, then try again."


TRAINING = Advice(
    LESS,
    "make room, then resume; the last checkpoint is kept",
    "worker.log",
    "{name} cannot be written: make it writable again, then resume.",
)
DOING = Advice(LESS, "make room (ganlab clean) and try again")
BEGINNING = replace(DOING, locked=DOING.locked.format(name="The folder of runs"))
EXPECTED = (ValueError, ArithmeticError)  # mistakes and divergence: their own sentence says all there is to say


def is_disk_full(error: Exception) -> bool:
    """Whether an error of the operating system or of SQLite says that there is no room, or no more allowed."""
    if isinstance(error, OSError):
        return error.errno in (errno.ENOSPC, errno.EDQUOT)
    return isinstance(error, sqlite3.OperationalError) and "full" in str(error)


def explain(error: Exception, advice: Advice = TRAINING) -> str:
    """One sentence for a person; the traceback is in the log."""
    text = str(error).strip().split("\n")[0]
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError" or "can't allocate memory" in text:
        return f"Out of memory: {advice.memory}."
    if is_disk_full(error):
        return f"{LIMIT_REACHED if isinstance(error, LimitReached) else DISK_FULL}: {advice.disk}."
    name = Path(str(error.filename)).name if isinstance(error, OSError) and error.filename else ""  # not where it lies
    if isinstance(error, OSError) and error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return advice.locked.format(name=name or "The folder")
    if isinstance(error, sqlite3.OperationalError) and "readonly" in text:
        return advice.locked.format(name="metrics.sqlite")
    if isinstance(error, EXPECTED) and text:
        return text
    if isinstance(error, OSError) and error.strerror:
        text = f"{name}: {error.strerror}" if name else error.strerror
    return f"Unexpected {type(error).__name__}: {text or 'no message'}{f' (details in {advice.log})' if advice.log else ''}."
