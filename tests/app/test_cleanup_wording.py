"""The sentences about disk space."""

from __future__ import annotations

import pytest

from ganlab.app.views.cleanup_wording import cleaned_text, rule_text
from ganlab.runtime.cleanup import RULE, Cleaned


def test_the_rule_is_one_sentence() -> None:
    assert rule_text(RULE).startswith("Of every run that has ended the first, the best, the last and every 4th checkpoint stay;")


@pytest.mark.parametrize(
    ("cleaned", "sentence"),
    [
        (Cleaned(), "Nothing to clean up."),
        (Cleaned(5000, 3, 1, 0, 2), "Freed 5 kB: 3 checkpoints and 1 more training state of 2 runs."),
        (Cleaned(5000, 0, 2, 0, 2), "Freed 5 kB: 2 training states of 2 runs."),
        (Cleaned(5000, 1, 0, 1, 1), "Freed 5 kB: 1 checkpoint of 1 run, and 1 leftover of killed processes."),
        (Cleaned(5000, leftovers=2), "Freed 5 kB: 2 leftovers of killed processes."),
    ],
)
def test_what_was_cleaned_up_is_listed_without_what_was_not(cleaned: Cleaned, sentence: str) -> None:
    assert cleaned_text(cleaned, "Freed") == sentence
