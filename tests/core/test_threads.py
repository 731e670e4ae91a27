"""How many threads a run trains with."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ganlab.core import threads
from ganlab.core.threads import THREADS, asked_threads, threads_for


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
