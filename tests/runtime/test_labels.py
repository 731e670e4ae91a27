"""Names, notes and tags of runs: any text fits, any file is read, and one that is damaged costs them alone."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from unicodedata import is_normalized

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ganlab.runtime.labels import (
    FILE,
    MOST_NAME,
    MOST_NOTES,
    MOST_TAG,
    MOST_TAGS,
    NONE,
    Labels,
    keep_labels,
    labels_in,
    matching,
    words,
)
from tests.support.fake_runs import FakeRun

ANY = st.text(st.characters(exclude_categories=()), max_size=200)
JSON = st.recursive(st.none() | st.booleans() | st.floats() | ANY, lambda inner: st.lists(inner) | st.dictionaries(ANY, inner))


def fits(labels: Labels) -> bool:
    texts = (labels.name, labels.notes, *labels.tags)
    lines = (labels.name, *labels.notes.split("\n"), *labels.tags)
    sizes = len(labels.name) <= MOST_NAME and len(labels.notes) <= MOST_NOTES and len(labels.tags) <= MOST_TAGS
    alone = all(tag and len(tag) <= MOST_TAG and "," not in tag for tag in labels.tags)
    plain = all(character not in "\u202e\ud800\x00\x1b" for line in lines for character in line)
    return sizes and alone and plain and all(is_normalized("NFC", text) for text in texts)


@given(ANY, st.text(max_size=3000), st.lists(ANY, max_size=20))
def test_whatever_is_typed_fits(name: str, notes: str, tags: list[str]) -> None:
    assert fits(Labels.of(name, notes, tags))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(ANY, ANY, st.lists(ANY, max_size=4))
def test_what_is_kept_is_read_again(tmp_path: Path, name: str, notes: str, tags: list[str]) -> None:
    labels = Labels.of(name, notes, tags)
    keep_labels(tmp_path, labels)
    assert labels_in(tmp_path) == labels
    assert [path.name for path in tmp_path.iterdir()] == [FILE]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(st.binary(max_size=200) | JSON.map(lambda value: json.dumps(value).encode()))
def test_any_file_is_read(tmp_path: Path, content: bytes) -> None:
    (tmp_path / FILE).write_bytes(content)
    assert fits(labels_in(tmp_path))


@pytest.mark.parametrize("content", ["{", "[]", '{"name": 3, "notes": null, "tags": {"a": 1}}', "", "x" * 100_000])
def test_a_damaged_file_is_no_labels_and_can_be_replaced(content: str, fake: Callable[..., FakeRun]) -> None:
    run = fake().start().finish().run
    (run.path / FILE).write_text(content)
    assert run.labels == NONE and run.status().state == "finished"
    keep_labels(run.path, Labels.of("Mine"))
    assert run.labels.name == "Mine"


def test_a_folder_in_the_place_of_the_file_costs_the_labels_alone(fake: Callable[..., FakeRun]) -> None:
    run = fake().start().finish().run
    (run.path / FILE).mkdir()
    assert run.labels == NONE
    with pytest.raises(OSError):
        keep_labels(run.path, Labels.of("Mine"))
    assert not list(run.path.glob(".labels-*"))


def test_a_deleted_run_is_one_sentence(fake: Callable[..., FakeRun]) -> None:
    run = fake().start().finish().run
    shutil.rmtree(run.path)
    with pytest.raises(ValueError, match="any more"):
        keep_labels(run.path, Labels.of("Mine"))


def test_all_words_of_a_search_are_found_in_any_order() -> None:
    text = words(Labels.of("Café noir", "It drew  eights.", ["lesson 3"]), {"lr": 0.002, "steps": 750}, "20260101-a")
    for wanted in ("CAFE\u0301", "eights lr=0.002", "3 lesson", "20260101", "", "  "):
        assert matching(wanted, lambda: text), wanted
    assert not matching("noir lr=0.003", lambda: text)
