"""How times, counts and models read."""

from __future__ import annotations

import time

import pytest

from ganlab.app.views.titles import data_title, what
from ganlab.app.views.wording import age, clock, progress
from ganlab.runtime.status import Status


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(5, "just now"), (300, "5 min ago"), (3 * 3600, "3 h ago"), (86400, "1 day ago"), (3 * 86400, "3 days ago")],
)
def test_age(seconds: float, text: str) -> None:
    assert age(1_000_000 - seconds, now=1_000_000) == text


def test_clock_has_the_date_only_when_it_is_needed() -> None:
    noon = time.mktime((2026, 11, 21, 12, 5, 0, 0, 0, -1))
    assert clock(noon, now=noon + 3600) == "12:05"
    assert clock(noon, now=noon + 86400) == "21 Nov 12:05"


def test_progress() -> None:
    assert progress(Status("running", 2000, 10_000)) == "2,000 of 10,000 steps"
    assert progress(Status("finished", 10_000, 10_000)) == "10,000 steps"


def test_what_a_run_trains() -> None:
    config = {"family": "wgan-gp", "dataset": "mnist"}
    assert what("", config) == "WGAN-GP on MNIST digits"
    assert what("column-gan", config) == "GAN, fully connected"
    assert what("", {"family": "of tomorrow", "dataset": "unheard of"}) == "of tomorrow on unheard of"
    assert data_title("mnist") == "MNIST digits"
