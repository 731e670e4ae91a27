"""Writes that fail, at any moment and for any reason that can pass, cost a run nothing but time."""

from __future__ import annotations

import errno
import os
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from ganlab.app.views.status_wording import note_text, status_text
from ganlab.core.errors import DOING, LimitReached, classify, explain
from ganlab.core.events import Checkpoint, Event, Finished
from ganlab.core.lock import FileLock
from ganlab.runtime import checkpoint, retry, store
from ganlab.runtime.recorder import Recorder
from ganlab.runtime.run import Run, runs_root
from ganlab.runtime.store import Writer
from ganlab.runtime.worker import work
from ganlab.training import meter
from tests.support.fake_runs import FakeRun
from tests.support.faults import CONFIG, same

MARKS = ("waiting_room", "waiting_lock", "continued")


@pytest.fixture(scope="module", autouse=True)
def without_pauses() -> Iterator[None]:
    """No time between two tries, and a report at every step."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(retry, "_SECONDS", 0.0)
        patch.setattr(store, "_BUSY_SECONDS", 0.05)
        patch.setattr(meter, "FLUSH_SECONDS", 0.0)
        yield


# -- any failure at any write -----------------------------------------------------------------------------------------------


def _sqlite(code: int, text: str) -> sqlite3.OperationalError:
    error = sqlite3.OperationalError(text)
    error.sqlite_errorcode = code
    return error


OF_FILES: dict[str, Callable[[], OSError]] = {
    "full": lambda: OSError(errno.ENOSPC, "No space left on device"),
    "quota": lambda: OSError(errno.EDQUOT, "Disk quota exceeded"),
    "limit": lambda: LimitReached(errno.EDQUOT, "reached"),
    "error": lambda: OSError(errno.EIO, "Input/output error"),
}
OF_RECORD: dict[str, Callable[[], sqlite3.OperationalError]] = {
    "full": lambda: _sqlite(sqlite3.SQLITE_FULL, "database or disk is full"),
    "quota": lambda: _sqlite(sqlite3.SQLITE_BUSY, "database is locked"),
    "limit": lambda: _sqlite(sqlite3.SQLITE_BUSY | 2 << 8, "database is locked"),
    "error": lambda: _sqlite(sqlite3.SQLITE_IOERR | 19 << 8, "disk I/O error"),
}


@dataclass
class Faults:
    """Which of the next writes fail, and how: each (gap, kind, times) after `gap` that succeed fails so often."""

    plan: list[tuple[int, str, int]]
    made: int = 0
    in_a_row: int = 0
    left: list[str] = field(default_factory=list)
    gap: int = 0

    def __post_init__(self) -> None:
        self._next()

    def _next(self) -> None:
        if self.plan:
            self.gap, kind, times = self.plan.pop(0)
            self.left = [kind] * times

    def here(self, errors: dict[str, Any]) -> None:
        """One write; raise where it fails."""
        if not self.left:
            return
        if self.gap:
            self.gap -= 1
            return
        kind = self.left.pop()
        self.in_a_row = self.in_a_row + 1 if kind == "error" else 0
        if self.in_a_row > 2:  # that it passes is what is claimed
            kind, self.in_a_row = "full", 0
        if not self.left:
            self._next()
        self.made += 1
        raise errors[kind]()


@contextmanager
def failing(faults: Faults) -> Iterator[None]:
    """Inside, every place where a run writes may fail: before anything is done, half-way, or at the very end."""
    real = {"write": Path.write_bytes, "rename": Path.rename, "sync": checkpoint._sync, "save": torch.save}
    weights, transaction = checkpoint.weights.write, Writer._transaction

    def write_bytes(path: Path, data: bytes) -> int:
        try:
            faults.here(OF_FILES)
        except OSError:
            real["write"](path, data[: len(data) // 2])
            raise
        return int(real["write"](path, data))

    def before(name: str) -> Callable[..., Any]:
        def call(*arguments: Any, **words: Any) -> Any:
            faults.here(OF_FILES)
            return real[name](*arguments, **words)

        return call

    def write_weights(tensors: Any, path: Path) -> None:
        weights(tensors, path)
        faults.here(OF_FILES)

    def commit(self: Writer, write: Callable[[sqlite3.Connection], object]) -> None:
        faults.here(OF_RECORD)
        transaction(self, lambda connection: (write(connection), faults.here(OF_RECORD)))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Path, "write_bytes", write_bytes)
        patch.setattr(Path, "rename", before("rename"))
        patch.setattr(checkpoint, "_sync", before("sync"))
        patch.setattr(torch, "save", before("save"))
        patch.setattr(checkpoint.weights, "write", write_weights)
        patch.setattr(Writer, "_transaction", commit)
        yield


@cache
def events() -> list[Event]:
    """What the engine yields while a small run trains."""
    with tempfile.TemporaryDirectory(prefix="ganlab-events-") as folder:
        found: list[Event] = []
        work(Run.create(CONFIG.replace(steps=12), root=Path(folder)), found.append)
        return [replace(one, state={"step": one.step}) if isinstance(one, Checkpoint) else one for one in found]


def kept(plan: list[tuple[int, str, int]]) -> tuple[dict[str, Any], int]:
    """All that is on the disk after these events were recorded with these faults, and how many of them there were."""
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # a disk takes its time
    with tempfile.TemporaryDirectory(prefix="ganlab-retry-", dir=memory) as folder:
        run, faults = Run.create(CONFIG.replace(steps=12), root=Path(folder)), Faults(plan)
        lock = FileLock(run.lock_path)
        assert lock.acquire()
        with failing(faults), Recorder(run, lock=lock) as recorder:
            for event in events():
                recorder.record(event)
        lock.release()
        assert run.status().state == "finished" and not lock.path.read_bytes().strip()
        curves = run.series()
        found = {
            "points": {name: (series.steps.tolist(), series.values.tolist()) for name, series in curves.items()},
            "sheets": {step: run.sample_path(step).read_bytes() for step in run.samples()},
            "marks": [(note.step, note.kind) for note in run.annotations() if note.kind not in (*MARKS, "queued")],
            "models": {one.name: checkpoint.read_model(one) for one in run.checkpoints()},
            "states": {one.name: (one / checkpoint.STATE).read_bytes() for one in run.checkpoints()},
            "files": sorted(path.relative_to(run.path).as_posix() for path in run.path.rglob("*")),
        }
        return found, faults.made


@cache
def undisturbed() -> dict[str, Any]:
    """What is kept where nothing fails."""
    return kept([])[0]


@settings(max_examples=25, phases=(Phase.explicit, Phase.reuse, Phase.generate))  # to shrink takes minutes
@given(st.lists(st.tuples(st.integers(0, 25), st.sampled_from(sorted(OF_FILES)), st.integers(1, 5)), min_size=1, max_size=12))
def test_whatever_fails_at_whatever_write_the_run_ends_the_same_when_it_passes(plan: list[tuple[int, str, int]]) -> None:
    found, made = kept(list(plan))
    assert made or plan[0][0] > 60
    for name, expected in undisturbed().items():
        assert same(found[name], expected), name


@pytest.mark.parametrize("reason", ["finished", "stopped"])
def test_a_wait_for_the_very_last_write_does_not_hide_the_end(reason: str) -> None:
    fake = FakeRun(runs_root()).start().train(10)
    with failing(Faults([(1, "quota", 2)])):
        fake.recorder.record(Finished(10, reason))
    fake.release()
    assert fake.run.status().state == reason


# -- another program has the record -----------------------------------------------------------------------------------------


@contextmanager
def locked(run: Run) -> Iterator[None]:
    """Another program writes into the record, and takes its time."""
    with closing(sqlite3.connect(run.database, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


def until(fake: FakeRun, *acts: Callable[[], object]) -> None:
    """Let these happen one after the other, each at a look whether the wait is over."""
    left = list(acts)
    fake.recorder._retry._stop = lambda: bool(left) and left.pop(0)() is True


def test_a_run_waits_while_another_program_has_its_record_locked() -> None:
    fake, seen = FakeRun(runs_root()).start().train(10), list[str]()
    lock = locked(fake.run)
    lock.__enter__()

    def look() -> None:
        status = fake.run.status()
        seen.append(f"{status.state} {status.phase}: {status_text(status)}")

    until(fake, lambda: None, look, look, lambda: lock.__exit__(None, None, None))
    fake.train(10)
    assert set(seen) == {"paused waiting_lock: Another program has the run's record locked: training waits until it is free."}
    assert fake.run.status().state == "running" and fake.run.status().step == 20
    assert [note_text(note) for note in fake.run.annotations()][-2:] == [
        seen[0].split(": ", 1)[1],
        "The run's record is free again.",
    ]
    fake.release()


def test_a_run_that_waits_for_its_record_can_be_stopped_and_says_why_it_ended() -> None:
    fake = FakeRun(runs_root()).start().train(10)
    with locked(fake.run):
        until(fake, lambda: None, lambda: True)
        with pytest.raises(sqlite3.OperationalError) as caught:
            fake.train(10)
        fake.recorder.fail(*classify(caught.value))
        fake.release()
        for _ in range(2):
            assert fake.run.status().state == "failed"
            assert status_text(fake.run.status()) == (
                "Another program has metrics.sqlite locked: close it, then resume; the last checkpoint is kept."
            )
    fake.start()
    assert fake.run.status().state == "running"
    fake.release()
    assert fake.run.status().state == "lost"  # what the earlier worker noted is void


def test_a_locked_record_is_one_sentence_for_those_who_do_not_wait() -> None:
    run = Run.create(CONFIG)
    with closing(Writer(run.database)) as writer, locked(run), pytest.raises(sqlite3.OperationalError) as caught:
        writer.annotate(0, "queued")
    assert explain(caught.value, DOING) == "Another program has metrics.sqlite locked: close it, then try again."


# -- errors of the disk -----------------------------------------------------------------------------------------------------


def test_an_error_of_the_disk_that_stays_is_given_up_after_some_tries() -> None:
    fake, tries = FakeRun(runs_root()).start(), list[int]()

    def write() -> None:
        tries.append(1)
        raise OSError(errno.EIO, "Input/output error", "/runs/x/step-000004.partial")

    with pytest.raises(OSError) as caught:
        fake.recorder.keep(write)
    assert len(tries) == retry._TRIES
    assert explain(caught.value) == (
        "The disk reports an error (step-000004.partial): see that it is in order, then resume; the last checkpoint is kept."
    )
    fake.release()


@pytest.mark.parametrize(
    ("number", "kind"), [(errno.ENOSPC, "disk_full"), (errno.EROFS, "locked"), (errno.EIO, "disk_error"), (0, "disk_error")]
)
def test_what_sqlite_hides_the_system_says(number: int, kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real, troubles = Path.write_bytes, [number] * 9

    def write(path: Path, data: bytes) -> int:
        if path.name == ".probe" and troubles.pop():
            raise OSError(number, os.strerror(number), str(path))
        return real(path, data)

    monkeypatch.setattr(Path, "write_bytes", write)
    patient = retry.Retry(tmp_path, lambda: True, lambda kind: None, lambda kinds: None)
    for text in ("unable to open database file", "disk I/O error"):
        with pytest.raises((OSError, sqlite3.OperationalError)) as caught:
            patient(lambda text=text: _raise(sqlite3.OperationalError(text)))  # type: ignore[misc]
        assert classify(caught.value)[0] == kind
    assert not list(tmp_path.iterdir())


def _raise(error: Exception) -> None:
    raise error


def test_what_cannot_pass_is_not_waited_for() -> None:
    fake = FakeRun(runs_root()).start()
    for error in (OSError(errno.EACCES, "Permission denied", "x"), FileNotFoundError(errno.ENOENT, "gone", "x")):
        with pytest.raises(type(error)):
            fake.recorder.keep(lambda error=error: _raise(error))  # type: ignore[misc]
    assert fake.run.status().state == "running"
    fake.release()
