"""Work that reports: its events come lazily, its result is kept, and leaving it closes it."""

from __future__ import annotations

from collections.abc import Generator

import pytest

from ganlab.core.progress import Work, finish


def counting(log: list[str]) -> Generator[int, None, str]:
    try:
        for number in range(3):
            log.append(f"made {number}")
            yield number
        return "done"
    finally:
        log.append("closed")


def test_events_come_one_by_one_and_the_result_is_kept() -> None:
    log: list[str] = []
    work = Work(counting(log))
    assert log == []
    for number in work:
        assert log[-1] == f"made {number}"
    assert work.result == "done" and log[-1] == "closed"


def test_finish_reports_every_event() -> None:
    seen: list[int] = []
    assert finish(counting([]), seen.append) == "done" and seen == [0, 1, 2]
    assert finish(counting([])) == "done"


def test_leaving_the_loop_closes_the_work_and_there_is_no_result() -> None:
    log: list[str] = []
    work = Work(counting(log))
    for _ in work:
        break
    assert log == ["made 0", "closed"]
    with pytest.raises(AttributeError):
        _ = work.result


def test_an_error_in_the_loop_closes_the_work() -> None:
    log: list[str] = []
    with pytest.raises(RuntimeError, match="full"):
        for _ in Work(counting(log)):
            raise RuntimeError("full")
    assert log == ["made 0", "closed"]
