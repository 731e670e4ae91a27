"""The recorder and the worker around it, where things go wrong: no room, a paused run, a folder that is moved."""

from __future__ import annotations

import errno
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ganlab.app.views.status_wording import note_text, status_text
from ganlab.core.errors import LimitReached, explain
from ganlab.core.events import Event, Loading, Paused, Progress
from ganlab.core.interventions import Command
from ganlab.core.remarks import Remark
from ganlab.runtime import recorder as recording
from ganlab.runtime import retry as retrying
from ganlab.runtime.run import Run, runs_root
from ganlab.runtime.status import Activity
from ganlab.runtime.worker import work
from ganlab.training.engine import Session
from tests.support.fake_runs import FakeRun
from tests.support.small import small

LIMIT = LimitReached(errno.EDQUOT, "reached")


@pytest.fixture(autouse=True)
def no_time_between_two_tries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retrying, "_SECONDS", 0.0)


def wait_once(fake: FakeRun, meanwhile: Callable[[], object], error: Exception = LIMIT) -> None:
    """Let the recorder meet this error, wait, and try again; `meanwhile` happens while it waits."""
    errors = [error]

    def write() -> None:
        if errors:
            raise errors.pop()
        meanwhile()

    fake.recorder.keep(write)


def test_a_run_that_a_person_paused_is_still_paused_when_there_is_room_again() -> None:
    fake = FakeRun(runs_root()).start().train(10)

    def look() -> None:
        assert fake.run.status().state == "paused"
        assert status_text(fake.run.status()) == "The runs take all the room they may: training waits until there is room."

    for event, state in ((None, "running"), (Paused(10, "Ada"), "paused")):
        if event:
            fake.recorder.record(event)
        wait_once(fake, look)
        assert fake.run.status().state == state
    assert note_text(fake.run.annotations()[-1]) == "There is room again."
    fake.release()


def test_a_run_that_waits_before_it_has_a_device_stays_in_the_queue(monkeypatch: pytest.MonkeyPatch) -> None:
    fake, real = FakeRun(runs_root()).queue(Activity("reading", "photos")), time.time

    def look() -> None:
        monkeypatch.setattr(time, "time", lambda: real() + 3600)
        assert fake.run.status().state == "queued" and fake.run.status().silent is None
        assert status_text(fake.run.status()) == "The runs take all the room they may: training waits until there is room."

    wait_once(fake, look)
    assert (fake.run.status().state, fake.run.status().phase) == ("queued", "reading") and fake.run.status().silent is None
    assert [note_text(note) for note in fake.run.annotations()][-1] == "There is room again."
    fake.start()
    assert fake.run.status().state == "running"
    fake.release()


def test_what_is_remarked_about_the_data_is_on_record_once_also_after_a_resume() -> None:
    fake = FakeRun(runs_root()).start()
    hidden, bits = Remark("hidden", 2, ("a", "b"), total=9), Remark("bit_depth", 3, values=(12,))
    for remarks in ((hidden,), (hidden,), (hidden, bits), ()):
        fake.recorder.record(Loading("data_read", "pictures", remarks=remarks))
    notes = [note for note in fake.run.annotations() if note.kind == "data"]
    assert [[Remark.from_dict(one) for one in note.data["remarks"]] for note in notes] == [[hidden], [bits]]
    assert note_text(notes[0]) == "Skipped 2 of 9 files: 2 hidden files (a, b)."
    fake.release()


def test_time_stands_still_while_there_is_no_room(monkeypatch: pytest.MonkeyPatch) -> None:
    fake, now = FakeRun(runs_root()).start(), [100.0]
    monkeypatch.setattr(retrying.time, "perf_counter", lambda: now[0])
    before, errors = fake.recorder.clock(), [LIMIT, LIMIT]

    def write() -> None:
        assert fake.recorder.clock() == before
        now[0] += 50.0
        if errors:
            raise errors.pop()

    fake.recorder.keep(write)
    assert fake.recorder.clock() == before
    now[0] += 3.0
    assert fake.recorder.clock() - before == 3.0
    fake.release()


def test_a_sheet_drawn_by_a_single_step_is_there_while_the_run_is_paused(monkeypatch: pytest.MonkeyPatch) -> None:
    run = Run.create(small(steps=50_000, sample_every=1))
    encode = recording._drawn
    monkeypatch.setattr(recording, "_drawn", lambda event: (time.sleep(0.2), encode(event))[1])
    seen: list[tuple[int, list[int]]] = []

    def person(event: Event) -> None:
        if isinstance(event, Progress) and not run.mailbox.new():
            run.mailbox.add(Command("pause"))
            run.mailbox.add(Command("step"))
        if run.status().state == "paused" and isinstance(event, Progress):
            seen.append((event.step, run.samples()))
            run.request_stop()

    work(run, person)
    assert seen and all(sheets[-1] == step for step, sheets in seen)


def test_why_a_run_ends_is_on_record_though_the_log_cannot_be_written(monkeypatch: pytest.MonkeyPatch) -> None:
    run = Run.create(small())

    def full(*_: Any, **__: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("ganlab.runtime.worker.traceback.print_exc", full)
    monkeypatch.setattr(Session, "_advance", full)
    work(run)
    assert run.status().state == "failed" or pytest.fail(str(run.status()))
    assert status_text(run.status()) == "The disk is full: make room, then resume; the last checkpoint is kept."


def test_stopped_at_the_limit_it_is_not_the_disk_that_is_said_to_be_full() -> None:
    assert explain(LIMIT) == "The runs take all the room they may: make room, then resume; the last checkpoint is kept."


def test_what_is_said_of_a_resumed_run_before_it_trains_stands_where_it_was() -> None:
    fake = FakeRun(runs_root()).start().train(155)
    fake.release()
    fake.queue()
    assert [note.step for note in fake.run.annotations() if note.kind == "queued"] == [0, 155]
    fake.release()


def test_a_stop_is_heard_while_the_data_are_read_and_a_resume_begins_anew() -> None:
    run = Run.create(small(steps=4))
    seen: list[Event] = []

    def stop(event: Event) -> None:
        seen.append(event)
        if len(seen) == 1:
            run.request_stop()

    work(run, stop)
    assert len(seen) == 1 and isinstance(seen[0], Loading)
    assert run.status().state == "stopped" and status_text(run.status()) == "Stopped after step 0."
    run.clear_requests()
    work(run)
    assert run.status().state == "finished"


def test_a_folder_that_is_moved_while_its_run_trains_ends_the_run_in_one_sentence(tmp_path: Path) -> None:
    run = Run.create(small(steps=50_000), root=tmp_path / "here")
    moved = Run(tmp_path / "there" / run.id)
    moved.path.parent.mkdir()
    work(run, lambda event: run.path.rename(moved.path) if getattr(event, "step", 0) >= 12 and run.path.exists() else None)
    assert moved.status().state == "failed"
    assert status_text(moved.status()) == "The run's folder was moved or deleted while it trained: resume it where it is now."
    assert not run.path.exists()
    moved.request_stop()
    work(moved)
    assert moved.status().state == "stopped" and moved.status().step >= 10
