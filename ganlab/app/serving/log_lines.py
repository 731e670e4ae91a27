"""A log that no visitor can fill: lines of a kind that come again and again are counted, their number is written once a minute.

The standard streams are where all lines come together: those of uvicorn's, asyncio's, Streamlit's and Gradio's loggers, and
what libraries print.
"""

from __future__ import annotations

import logging
import re
import sys
import threading
from collections import Counter
from collections.abc import Callable
from typing import Any, TextIO

MINUTE = 60.0  # seconds
MOST_OF_A_KIND = 5  # in a minute
MOST_CHARACTERS = 100_000  # of all kinds in a minute
MOST_OF_ONE = 8_000  # characters of one line, or of a record with its traceback
_VARIABLE = re.compile(r"0x[0-9a-f]+|[0-9a-f-]{12,}|\d+|'[^']*'|\"[^\"]*\"")
_KINDS = 2_000  # in a minute; all further ones are one kind


class LogLines:
    """The limits of one process, for any thread. `later(seconds, act)` acts later, in whatever thread."""

    def __init__(self, later: Callable[[float, Callable[[], None]], None] | None = None) -> None:
        self._later = later or _later
        self._lock = threading.RLock()
        self._seen: Counter[str] = Counter()
        self._left_out: Counter[str] = Counter()
        self._characters = 0
        self._counting = False

    def passes(self, text: str) -> bool:
        """Whether this line may be written; else it is counted. `text` may be a record of several lines."""
        first = _VARIABLE.sub("#", text.lstrip()[:300]).partition("\n")[0][:120]
        with self._lock:
            if not self._counting:
                self._counting = True
                self._later(MINUTE, self.begin_anew)
            kind = first if first in self._seen or len(self._seen) < _KINDS else ""
            self._seen[kind] += 1
            self._characters += min(len(text), MOST_OF_ONE)
            if self._seen[kind] <= MOST_OF_A_KIND and self._characters <= MOST_CHARACTERS:
                return True
            self._left_out[kind] += 1
            return False

    def begin_anew(self) -> None:
        """Write how much was left out, and forget it."""
        with self._lock:
            left_out, self._left_out, self._seen = self._left_out, Counter(), Counter()
            self._characters, self._counting = 0, False
        if left_out:
            ((kind, most),) = left_out.most_common(1)
            sys.stderr.write(f"[log] {left_out.total()} lines more in a minute were left out, {most} of them like: {kind}\n")

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether a record may be written: asked by a handler before the traceback is made, which takes milliseconds."""
        error = record.exc_info[0] if record.exc_info else None
        return self.passes(f"{record.name}: {record.msg!s:.100} {error.__name__ if error else ''}")

    def limited(self, stream: TextIO) -> TextIO:
        """The stream within these limits."""
        return _Stream(stream, self)  # type: ignore[return-value]


class _Stream:
    """A text stream that leaves lines out. What is written piece by piece, as `print` does, is a line until it ends."""

    def __init__(self, stream: TextIO, lines: LogLines) -> None:
        self._stream, self._lines = stream, lines
        self._line = threading.local()  # of each thread: the line it is in the middle of, and whether that passes

    def write(self, text: str) -> int:
        if not getattr(self._line, "open", False):
            self._line.passes = self._lines.passes(text) if text.strip() else getattr(self._line, "passes", True)
        self._line.open = bool(text) and not text.endswith("\n")
        if self._line.passes:
            self._stream.write(text if len(text) <= MOST_OF_ONE else f"{text[:MOST_OF_ONE]} [...]\n")
        return len(text)

    def writelines(self, lines: Any) -> None:
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def limit_log() -> None:
    """Put the limits before this process's standard streams, for loggers that have them already, too."""
    lines = LogLines()
    streams = {id(stream): lines.limited(stream) for stream in (sys.stdout, sys.stderr)}
    known = [logging.getLogger(), *(logging.getLogger(name) for name in list(logging.root.manager.loggerDict))]
    for handler in {logging.lastResort, *(handler for logger in known for handler in logger.handlers)}:
        if handler is not None:
            handler.addFilter(lines.filter)
        if isinstance(handler, logging.StreamHandler) and id(handler.stream) in streams and handler is not logging.lastResort:
            handler.setStream(streams[id(handler.stream)])
    sys.stdout, sys.stderr = streams[id(sys.stdout)], streams[id(sys.stderr)]


def _later(seconds: float, act: Callable[[], None]) -> None:
    timer = threading.Timer(seconds, act)
    timer.daemon = True
    timer.start()
