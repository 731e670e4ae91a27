"""How many threads a run trains with."""

from __future__ import annotations

import os
import sys
import threading
from contextvars import ContextVar

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from ganlab.core import threads
from ganlab.core.threads import BACKGROUND, THREADS, asked_threads, every_core, in_background, threads_for


@pytest.mark.parametrize(
    ("asked", "recorded", "chosen"),
    [
        ("", None, (4, "default")),
        ("", 2, (2, "recorded")),
        ("", 8, (8, "recorded")),
        ("", 9, (8, "cores")),
        ("3", 2, (3, "asked")),
        ("3", None, (3, "asked")),
    ],
)
def test_a_run_goes_on_with_the_threads_on_record(
    asked: str, recorded: int | None, chosen: tuple[int, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(threads, "cores", lambda: 8)
    monkeypatch.setenv(THREADS, asked)
    assert threads_for(recorded, 4) == chosen


@given(st.one_of(st.none(), st.booleans(), st.integers(max_value=0), st.floats(), st.text(), st.integers(min_value=1025)))
def test_what_is_no_number_of_threads_is_taken_for_none(recorded: object) -> None:
    assert threads_for(recorded, 4) == (4, "default")


@pytest.mark.parametrize("text", ["many", "0", "-1", "1.5", "100000", "٣٣٣٣٣٣"])
def test_what_cannot_be_asked_for_is_one_sentence(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(THREADS, text)
    with pytest.raises(ValueError, match=r"^GANLAB_THREADS = .* is not a whole number from 1 to 1,024\.$"):
        asked_threads()


def test_background_work_is_done_in_a_nicer_thread_that_nothing_else_is_done_in() -> None:
    variable: ContextVar[str] = ContextVar("variable")
    variable.set("seen")

    def work(one: int) -> tuple[int, str, int, int]:
        nice = os.getpriority(os.PRIO_PROCESS, threading.get_native_id()) if sys.platform == "linux" else 0
        return one, variable.get(), nice, threading.get_ident()

    one, seen, nice, thread = in_background(work, 1)
    assert (one, seen) == (1, "seen") and thread != threading.get_ident()
    if sys.platform == "linux":
        assert nice == min(19, os.getpriority(os.PRIO_PROCESS, 0) + BACKGROUND)
    with pytest.raises(ValueError, match=r"^refused$"):
        in_background(_refuse)


def _refuse() -> None:
    raise ValueError("refused")


def test_one_thread_again_after_works_on_every_core_that_overlap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 3)
    before, begun, ended = torch.get_num_threads(), threading.Event(), threading.Event()
    torch.set_num_threads(1)
    try:
        other = threading.Thread(target=_overlap, args=(begun, ended))
        with every_core():
            other.start()
            assert begun.wait(10) and torch.get_num_threads() == 3
        ended.set()
        other.join()
        assert in_background(torch.get_num_threads) == torch.get_num_threads() == 1
    finally:
        torch.set_num_threads(before)


def _overlap(begun: threading.Event, ended: threading.Event) -> None:
    with every_core():
        begun.set()
        ended.wait(10)
