"""Errors that a user meets, each explained in one sentence: no memory, no disk, no permission, data that is missing."""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ganlab.core.names import shown

LESS = "a smaller batch_size, width or image_size needs less"
DISK_FULL, LIMIT_REACHED = "The disk is full", "The runs take all the room they may"


class LimitReached(OSError):
    """The runs of this folder take all the room they may; ENOSPC's neighbour EDQUOT."""


class Mistakes(ValueError):
    """Everything that is wrong with what was asked for: one sentence for each mistake, in `sentences`.

    `lacking` names the data sets and models among it that cannot be downloaded now.
    """

    def __init__(self, *sentences: str, lacking: Sequence[str] = ()) -> None:
        super().__init__(" ".join(sentences))
        self.sentences, self.lacking = sentences, tuple(lacking)


def sentences_of(error: ValueError) -> tuple[str, ...]:
    """Return the sentences of a mistake: one, or those of several."""
    return error.sentences if isinstance(error, Mistakes) else (str(error),)


@contextmanager
def all_mistakes() -> Iterator[Callable[[], AbstractContextManager[None]]]:
    """Raise Mistakes with all that was raised as ValueError in the blocks `with part():` inside, once all of them are done.

    with all_mistakes() as part:
        with part(): check_this()
        with part(): check_that()
    """
    sentences: list[str] = []
    lacking: list[str] = []

    @contextmanager
    def part() -> Iterator[None]:
        try:
            yield
        except ValueError as error:
            sentences.extend(sentences_of(error))
            lacking.extend([error.name] if isinstance(error, NotFetched) else [])

    yield part
    if sentences:
        raise Mistakes(*dict.fromkeys(sentences), lacking=lacking)


class DataError(ValueError):
    """Data that is missing or unusable; the message is one sentence with what to do, fit to be shown."""

    def __init__(self, message: str) -> None:
        super().__init__(shown(message))


class NotFetched(DataError):
    """What must be downloaded cannot be, now; `name` is the data set or model."""

    def __init__(self, message: str, name: str) -> None:
        super().__init__(message)
        self.name = shown(name)


@dataclass(frozen=True)
class Advice:
    """What to do when a process runs out of `memory` or `disk`, or must not write `name`, and where its `log` is, if anywhere."""

    memory: str
    disk: str
    log: str = ""
    locked: str = "{name} cannot be written: make it writable again, then try again."
    busy: str = "Another program has {name} locked: close it, then try again."
    disk_error: str = "The disk reports an error{about}: see that it is in order, then try again."


TRAINING = Advice(
    LESS,
    "make room, then resume; the last checkpoint is kept",
    "worker.log",
    "{name} cannot be written: make it writable again, then resume.",
    "Another program has {name} locked: close it, then resume; the last checkpoint is kept.",
    "The disk reports an error{about}: see that it is in order, then resume; the last checkpoint is kept.",
)
DOING = Advice(LESS, "make room (ganlab clean) and try again")
BEGINNING = replace(DOING, locked=DOING.locked.format(name="The folder of runs"))
EXPECTED = (ValueError, ArithmeticError)  # mistakes and divergence: their own sentence says all there is to say


def is_disk_full(error: Exception) -> bool:
    """Whether an error of the operating system or of SQLite means a full disk or an exceeded quota."""
    if isinstance(error, OSError):
        return error.errno in (errno.ENOSPC, errno.EDQUOT)
    return isinstance(error, sqlite3.OperationalError) and _sqlite_kind(error) == "disk_full"


def classify(error: Exception) -> tuple[str, dict[str, Any]]:
    """Return the kind of an error and its data.

    out_of_memory, disk_full, limit_reached, locked {name} (it may not be written), busy {name} (another program keeps it),
    disk_error {name}, not_fetched {text, name}, message {text} (the error's own sentence says all) or unexpected {type, text}.
    """
    text = shown(str(error).strip().split("\n")[0])
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError" or "can't allocate memory" in text:
        return "out_of_memory", {}
    if is_disk_full(error):
        return "limit_reached" if isinstance(error, LimitReached) else "disk_full", {}
    if isinstance(error, sqlite3.OperationalError) and (kind := _sqlite_kind(error)):
        return kind, {"name": "metrics.sqlite"}
    name = Path(str(error.filename)).name if isinstance(error, OSError) and error.filename else ""  # without its folder
    if isinstance(error, OSError) and error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return "locked", {"name": name or "The folder"}
    if isinstance(error, OSError) and error.errno == errno.EIO:
        return "disk_error", {"name": name}
    if isinstance(error, NotFetched):
        return "not_fetched", {"text": text, "name": error.name}
    if isinstance(error, EXPECTED) and text:
        return "message", {"text": text}
    if isinstance(error, OSError) and error.strerror:
        text = f"{name}: {error.strerror}" if name else error.strerror
    return "unexpected", {"type": type(error).__name__, "text": text}


_SQLITE = {  # primary code of SQLite, and its words -> kind
    (sqlite3.SQLITE_FULL, "full"): "disk_full",
    (sqlite3.SQLITE_BUSY, "locked"): "busy",
    (sqlite3.SQLITE_LOCKED, "locked"): "busy",
    (sqlite3.SQLITE_READONLY, "readonly"): "locked",
    (sqlite3.SQLITE_IOERR, "disk I/O error"): "disk_error",
    (sqlite3.SQLITE_CANTOPEN, "unable to open"): "disk_error",
}


def _sqlite_kind(error: sqlite3.OperationalError) -> str:
    """The kind of an error of SQLite, "" where it is none of the disk."""
    code, text = getattr(error, "sqlite_errorcode", None), str(error)  # Python itself raises some without a code
    found = (kind for (number, words), kind in _SQLITE.items() if (words in text if code is None else code & 0xFF == number))
    return next(found, "")


def explain(error: Exception, advice: Advice = TRAINING) -> str:
    """Return one sentence about an error; the traceback is in the log."""
    return describe(*classify(error), advice)


def describe(kind: str, details: Mapping[str, Any], advice: Advice = TRAINING) -> str:
    """Return one sentence about what `classify` found; `details` may name the `setting` to halve and its `value`."""
    match kind:
        case "out_of_memory":
            return f"Out of memory: {smaller(details) if details else advice.memory}."
        case "disk_full" | "limit_reached":
            return f"{LIMIT_REACHED if kind == 'limit_reached' else DISK_FULL}: {advice.disk}."
        case "locked":
            return advice.locked.format(name=details["name"])
        case "busy":
            return advice.busy.format(name=details["name"])
        case "disk_error":
            return advice.disk_error.format(about=f" ({details['name']})" if details.get("name") else "")
        case "unexpected":
            log = f" (details in {advice.log})" if advice.log else ""
            return f"Unexpected {details['type']}: {details['text'] or 'no message'}{log}."
    return str(details.get("text", kind))


def smaller(details: Mapping[str, Any]) -> str:
    """Return the advice to lower the setting that `halvable` found."""
    if "setting" not in details:
        return LESS
    name, value = details["setting"], details["value"]
    return f"try {name} = {value // 2} (it was {value}); a smaller width or image_size needs less too"


def halvable(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the `setting` to halve after a run with `config` ran out of memory, with its `value`; {} when all are small."""
    for name, least in (("batch_size", 2), ("width", 8), ("image_size", 16)):
        if config.get(name, 0) >= 2 * least:
            return {"setting": name, "value": config[name]}
    return {}


def kernel_kills() -> int | None:
    """Return how many processes Linux has killed for lack of memory since the machine started; None on other systems."""
    try:
        lines = Path("/proc/vmstat").read_text().splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) for line in lines if line.startswith("oom_kill ")), None)
