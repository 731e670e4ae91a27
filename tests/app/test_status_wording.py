"""The sentences about a run: made of kinds and numbers; records of older versions, which kept sentences, are still shown."""

from __future__ import annotations

import errno
import json
import sqlite3
from collections.abc import Callable
from typing import Any

import pytest

from ganlab.app.views.status_wording import activity_text, change_text, note_text, sheet_titles, status_text
from ganlab.core.errors import LimitReached, classify
from ganlab.runtime.recorder import opened
from ganlab.runtime.run import Run
from ganlab.runtime.status import Activity, Status
from ganlab.runtime.store import Annotation
from tests.support.fake_runs import FakeRun
from tests.support.small import small

_OLD = """
CREATE TABLE metrics(name TEXT, step INTEGER, value REAL, PRIMARY KEY(name, step)) WITHOUT ROWID;
CREATE TABLE sheets(step INTEGER PRIMARY KEY);
CREATE TABLE annotations(id INTEGER PRIMARY KEY, step INTEGER, time REAL, kind TEXT, text TEXT);
CREATE TABLE interventions(id INTEGER PRIMARY KEY, json TEXT);
CREATE TABLE state(key TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;
"""
_DIVERGED = "loss/G/adversarial stopped being a number at step 7: try a lower learning rate."


def old_run(*notes: tuple[int, str, str], activity: str = "Training.") -> Run:
    """A run whose record a version before the data wrote."""
    run = Run.create(small())
    connection = sqlite3.connect(run.database)
    connection.executescript(_OLD)
    connection.executemany("INSERT INTO annotations(step, time, kind, text) VALUES (?, 0, ?, ?)", notes)
    connection.execute("INSERT INTO state VALUES ('activity', ?)", (json.dumps(activity),))
    connection.commit()
    connection.close()
    return run


@pytest.mark.parametrize(
    ("kind", "sentence"),
    [("failed", _DIVERGED), ("stopped", "Stopped after step 7."), ("finished", "All steps done.")],
)
def test_a_record_of_an_older_version_is_shown_in_its_own_sentences(kind: str, sentence: str) -> None:
    before = [(0, "queued", "Queued."), (0, "started", "Started."), (3, "changed", "Learning rate 0.0002 → 0.001 (Ada).")]
    run = old_run(*before, (7, kind, sentence))
    assert run.status().state == kind and status_text(run.status()) == sentence
    assert [note_text(note) for note in run.annotations()] == [*(text for _, _, text in before), sentence]
    assert run.annotations()[-1].data == ({"reason": "diverged"} if kind == "failed" else {})


def test_a_record_of_an_older_version_can_be_written_to_again() -> None:
    run = old_run((0, "queued", "Queued."), (7, "stopped", "Stopped after step 7."))
    writer = opened(run)
    writer.annotate(7, "paused", {"who": "Ada"})
    writer.close()
    assert [note_text(note) for note in run.annotations()] == ["Queued.", "Stopped after step 7.", "Paused by Ada."]


def test_what_an_older_worker_does_right_now_is_shown(fake: Callable[..., FakeRun]) -> None:
    one = fake().queue()
    one.recorder._writer.write(state={"activity": "Waiting for cpu: 1 run is ahead."})
    status = one.run.status()
    assert (status.state, status.reason, status_text(status)) == ("queued", "text", "Waiting for cpu: 1 run is ahead.")


@pytest.mark.parametrize(
    ("activity", "sentence"),
    [
        (Activity("starting"), "Starting the worker."),
        (Activity("waiting_device", "cuda", ahead=1), "Waiting for cuda: 1 run is ahead."),
        (Activity("waiting_device", "cuda", ahead=3), "Waiting for cuda: 3 runs are ahead."),
        (Activity("reading", "MNIST", 12_000, 60_000, "images"), "Reading MNIST: 12,000 of 60,000 images."),
        (Activity("looking_through", "photos"), "Looking through photos."),
        (Activity("resizing", "MNIST", 500, 1000, "images", ("32",)), "Resizing MNIST to 32 x 32: 500 of 1,000 images."),
        (Activity("restoring", "It is damaged."), "It is damaged. Going back to the one before."),
        (Activity("waiting_lock", "busy"), "Another program has the run's record locked: training waits until it is free."),
        (Activity("waiting_room", "limit_reached"), "The runs take all the room they may: training waits until there is room."),
    ],
)
def test_an_activity_is_one_sentence(activity: Activity, sentence: str) -> None:
    assert activity_text(activity) == sentence


@pytest.mark.parametrize(
    ("reason", "details", "sentence"),
    [
        ("out_of_memory", {"setting": "batch_size", "value": 64}, "Out of memory: try batch_size = 32 (it was 64); a smaller"),
        ("out_of_memory", {}, "Out of memory: a smaller batch_size, width or image_size needs less."),
        ("disk_full", {}, "The disk is full: make room, then resume; the last checkpoint is kept."),
        ("locked", {"name": "samples"}, "samples cannot be written: make it writable again, then resume."),
        ("diverged", {"step": 7, "metric": "loss/G", "text": _DIVERGED}, _DIVERGED),
        ("unexpected", {"type": "KeyError", "text": "'x'"}, "Unexpected KeyError: 'x' (details in worker.log)."),
        ("moved", {}, "The run's folder was moved or deleted while it trained: resume it where it is now."),
        ("killed", {"kept": True}, "The worker was killed. Its last checkpoint is kept: resume to go on from there."),
        ("killed", {"started": True}, "The worker was killed before it kept a checkpoint. Resume to begin again."),
        ("killed", {"locked": True}, "The worker ended and could not record why, as the run's folder cannot be written: make"),
        ("busy", {"name": "metrics.sqlite"}, "Another program has metrics.sqlite locked: close it, then resume; the last"),
        (
            "disk_error",
            {"name": ""},
            "The disk reports an error: see that it is in order, then resume; the last checkpoint is kept.",
        ),
        ("killed", {}, "Its worker ended before it began; worker.log in the run directory may say why: resume to try again."),
        ("message", {"text": "The loss is not finite."}, "The loss is not finite."),
    ],
)
def test_a_failure_is_one_sentence(reason: str, details: dict[str, Any], sentence: str) -> None:
    assert status_text(Status("failed", 7, 10, reason=reason, details=details)).startswith(sentence)


@pytest.mark.parametrize(
    ("kind", "data", "sentence"),
    [
        ("started", {}, "Resumed after step 7,000."),
        ("started", {"moved": True}, "Resumed after step 7,000. It began on another kind of device, so the noise is drawn anew."),
        ("paused", {"who": "Ada"}, "Paused by Ada."),
        ("continued", {"who": "Ada"}, "Resumed by Ada."),
        ("continued", {"reason": "room"}, "There is room again."),
        ("changed", {"name": "lr", "before": 0.0002, "value": 0.001, "who": "Ada"}, "Learning rate 0.0002 → 0.001 (Ada)."),
        ("changed", {"name": "D"}, "D updated alone."),
        ("finished", {}, "All steps done."),
        ("stopped", {}, "Stopped after step 7,000."),
        ("failed", {"reason": "disk_full"}, "The disk is full: make room, then resume; the last checkpoint is kept."),
        (
            "threads_changed",
            {"before": 2, "now": 1, "reason": "cores"},
            "Trains with 1 thread, one for each core, before with 2: sums are added in another order, so it is not bit for bit "
            "the same from here on.",
        ),
        ("repaired", {"file": "old"}, "The record was damaged: what could be read of it was kept; it is in old."),
    ],
)
def test_what_happened_is_one_sentence(kind: str, data: dict[str, Any], sentence: str) -> None:
    assert note_text(Annotation(1, 7000, 0.0, kind, data=data)) == sentence


def test_columns_of_a_sheet_are_named_after_the_domains() -> None:
    titles = ("A", "AtoB", "back", "B", "BtoA", "back")
    words = ("horses", "horses to zebras", "and back", "zebras", "zebras to horses", "and back")
    assert sheet_titles(Status("finished", 7, 7, sheet_titles=titles, domains=("horses", "zebras"))) == words
    assert sheet_titles(Status("finished", 7, 7, sheet_titles=words)) == words  # of an older version
    assert sheet_titles(Status("finished", 7, 7, sheet_titles=("source", "target"))) == ("source", "target")


def test_a_pause_names_its_cause() -> None:
    assert status_text(Status("paused", 7, 10, reason="user", details={"who": "Ada"})) == "Paused by Ada."
    assert status_text(Status("paused", 7, 10, reason="disk_full")) == "The disk is full: training waits until there is room."
    assert classify(LimitReached(errno.EDQUOT, "")) == ("limit_reached", {})  # a kind that a pause may have


def test_a_change_and_a_protocol_are_one_sentence_each() -> None:
    assert change_text({"name": "G", "who": "Ada"}) == "G updated alone (Ada)."
    assert change_text({"name": "betas", "before": [0.5, 0.9], "value": [0.0, 0.9]}) == "Adam's betas [0.5, 0.9] → [0.0, 0.9]."
    note = Annotation(1, 7, 0.0, "protocol_changed", data={"name": "distance/lenet", "protocol": "28 px"})
    assert note_text(note).startswith("From here on the distance is measured") and "lenet" not in note_text(note)
