"""A log that no visitor can fill."""

from __future__ import annotations

import io
import logging
import sys
import traceback
from collections.abc import Callable

import pytest

from ganlab.app.serving import log_lines
from ganlab.app.serving.log_lines import MOST_CHARACTERS, MOST_OF_A_KIND, MOST_OF_ONE, LogLines, limit_log


class Minute:
    """The limits, whose minute the test ends."""

    def __init__(self) -> None:
        self._acts: list[Callable[[], None]] = []
        self.lines = LogLines(lambda _, act: self._acts.append(act))
        self.written = io.StringIO()
        self.stream = self.lines.limited(self.written)

    def over(self) -> None:
        while self._acts:
            self._acts.pop()()


@pytest.fixture
def minute() -> Minute:
    return Minute()


def test_lines_of_a_kind_are_counted_and_their_number_is_written(minute: Minute, capsys: pytest.CaptureFixture[str]) -> None:
    for number in range(1000):
        print(f"request {number} of 'somewhere/{number}' failed at 0x{number:x}", file=minute.stream)
    print("something else", file=minute.stream)
    assert len(minute.written.getvalue().splitlines()) == MOST_OF_A_KIND + 1
    minute.over()
    assert "995 lines more" in capsys.readouterr().err
    print("request 1 of 'x' failed at 0x1", file=minute.stream)
    assert len(minute.written.getvalue().splitlines()) == MOST_OF_A_KIND + 2, "in the next minute again"
    minute.over()
    assert not capsys.readouterr().err


def test_a_record_with_its_traceback_is_one_line(minute: Minute) -> None:
    logger = logging.Logger("test")
    logger.addHandler(logging.StreamHandler(minute.stream))
    for number in range(100):
        try:
            raise OSError(24, "Too many open files", str(number))
        except OSError:
            logger.exception("socket.accept() out of system resource %d", number)
    assert minute.written.getvalue().count("Traceback") == MOST_OF_A_KIND


def test_a_handler_asks_before_a_traceback_is_made(minute: Minute) -> None:
    logger, handler, made = logging.Logger("test"), logging.StreamHandler(minute.stream), []  # type: ignore[var-annotated]
    handler.formatter = logging.Formatter()
    handler.formatter.formatException = lambda error: made.append(error) or ""  # type: ignore[method-assign, func-returns-value]
    handler.addFilter(minute.lines.filter)
    logger.addHandler(handler)
    for number in range(100):
        try:
            raise OSError(number)
        except OSError:
            logger.exception("Exception in ASGI application\n")
    assert len(made) == MOST_OF_A_KIND


def test_tracebacks_that_libraries_print(minute: Minute) -> None:
    for number in range(100):
        try:
            raise ValueError(number)
        except ValueError:
            traceback.print_exc(file=minute.stream)
    assert minute.written.getvalue().count("Traceback") == minute.written.getvalue().count("ValueError: ") == MOST_OF_A_KIND


def test_ever_new_kinds_and_endless_lines_are_bounded_too(minute: Minute) -> None:
    for number in range(30_000):
        minute.stream.write("".join(chr(97 + int(digit)) for digit in str(number)) + " is new\n")
    minute.stream.write("x" * 10**6)
    assert len(minute.written.getvalue()) <= MOST_CHARACTERS + MOST_OF_ONE
    assert len(minute.lines._seen) < 3000


def test_what_is_written_in_pieces_is_one_line(minute: Minute) -> None:
    for _ in range(10):
        print("a", "b", sep="", file=minute.stream)
        print(file=minute.stream)
    assert minute.written.getvalue().startswith("ab\n\n" * MOST_OF_A_KIND)


def test_it_stands_before_the_loggers_that_are_there(monkeypatch: pytest.MonkeyPatch) -> None:
    out, error = io.StringIO(), io.StringIO()
    monkeypatch.setattr(log_lines, "_later", lambda *_: None)
    monkeypatch.setattr(sys, "stdout", out)
    monkeypatch.setattr(sys, "stderr", error)
    before, logger = logging.StreamHandler(), logging.getLogger("test_log_lines")
    logger.addHandler(before)
    # pytest's own handlers are among those that are there, and serve later tests.
    handlers = [handler for handler in (logging.lastResort, *logging.getLogger().handlers) if handler]
    filters = [list(handler.filters) for handler in handlers]
    logger.propagate = False
    try:
        limit_log()
        for _ in range(100):
            logger.warning("the same")
            print("another")
            print("of them", file=sys.stderr)
    finally:
        logger.removeHandler(before)
        for handler, own in zip(handlers, filters, strict=True):
            handler.filters[:] = own
    assert (error.getvalue().count("the same"), out.getvalue().count("another")) == (MOST_OF_A_KIND,) * 2
    assert error.getvalue().count("of them") == MOST_OF_A_KIND and sys.stderr.isatty() is False
