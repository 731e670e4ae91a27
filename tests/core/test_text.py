"""Counts, sizes and times as text."""

from __future__ import annotations

import pytest

from ganlab.core.text import byte_size, counted, duration


@pytest.mark.parametrize(("number", "text"), [(0, "0 images"), (1, "1 image"), (10_000, "10,000 images")])
def test_counted(number: int, text: str) -> None:
    assert counted(number, "image") == text


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 bytes"),
        (999, "999 bytes"),
        (999.6, "1 kB"),
        (1500, "1.5 kB"),
        (9_960_000, "10 MB"),
        (5.2e8, "520 MB"),
        (10**9, "1 GB"),
        (3e12, "3 TB"),
        (4e15, "4,000 TB"),
    ],
)
def test_byte_size(count: float, text: str) -> None:
    assert byte_size(count) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (45, "45 s"),
        (89.6, "1.5 min"),
        (180, "3 min"),
        (200, "3.3 min"),
        (5000, "83 min"),
        (5399, "1.5 h"),
        (9000, "2.5 h"),
        (36_000, "10 h"),
    ],
)
def test_duration(seconds: float, text: str) -> None:
    assert duration(seconds) == text
