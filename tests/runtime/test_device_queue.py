"""The line for a device: its order, what each of those that wait looks at, and how little that costs."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from ganlab.core.config import TrainConfig
from ganlab.core.interventions import Command
from ganlab.core.lock import FileLock
from ganlab.runtime import device_queue
from ganlab.runtime.device_queue import device_slot
from ganlab.runtime.launch import launch
from ganlab.runtime.run import Run
from ganlab.runtime.status import Activity
from tests.support.fake_runs import FakeRun
from tests.support.small import small
from tests.support.workers import wait_for, worker_pid

Fake = Callable[..., FakeRun]


class Clock:
    """Time that passes only where it is slept away; `during` is called with the number of each sleep."""

    def __init__(self, during: Callable[[int], None] = lambda number: None) -> None:
        self.now, self.slept, self._during = 1000.0, 0, during

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.slept += 1
        self._during(self.slept)
        assert self.slept < 1000, "waited in vain"


def waiting(fake: Fake, **settings: object) -> FakeRun:
    return fake(device="cpu", **settings).queue()


def held_by(run: FakeRun) -> FileLock:
    """The device, as this run has it."""
    folder = run.run.path.parent / ".devices"
    folder.mkdir(exist_ok=True)
    (folder / "cpu.holder").write_text(run.id)
    lock = FileLock(folder / "cpu.lock")
    assert lock.acquire(shared=True)
    return lock


def slept(monkeypatch: pytest.MonkeyPatch, during: Callable[[int], None]) -> Clock:
    clock = Clock(during)
    monkeypatch.setattr(device_queue, "time", clock)
    return clock


def test_a_run_waits_for_all_that_are_older_and_hears_a_stop_within_a_second(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    trains, cancelled, patient, last = (waiting(fake) for _ in range(4))
    lock, ahead = held_by(trains.start()), list[Activity]()
    events = {3: cancelled.release, 5: lock.release, 6: patient.release, 8: last.run.request_stop}
    lock_of_patient = FileLock(lock.path)

    def happen(number: int) -> None:
        if number in events:
            events[number]()
        if number == 5:  # the next in line begins
            assert lock_of_patient.acquire()
            (lock.path.parent / "cpu.holder").write_text(patient.id)

    clock = slept(monkeypatch, happen)
    with device_slot(last.run, "cpu", ahead.append) as taken:
        assert not taken
    assert [activity.ahead for activity in ahead] == [3, 2, 1]
    assert clock.slept == 8 and device_queue._POLL_SECONDS <= 1.0


def test_an_older_run_that_is_resumed_comes_first(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    older, trains, younger = fake(device="cpu"), waiting(fake), waiting(fake)
    lock = held_by(trains.start())
    begun: list[str] = []

    def happen(number: int) -> None:
        if number == 2:
            older.queue()
            trains.finish()
            lock.release()
        if number == 4:
            assert not begun
            older.release()

    clock = slept(monkeypatch, happen)
    with device_slot(younger.run, "cpu", lambda activity: None) as taken:
        begun.append(younger.id)
        assert taken and clock.slept == 4


def test_one_that_comes_back_for_the_device_it_had_last_is_not_passed(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    back, younger = waiting(fake), waiting(fake)
    held_by(back).release()
    slept(monkeypatch, lambda number: back.release() if number == 3 else None)
    with device_slot(younger.run, "cpu", lambda activity: None) as taken:
        assert taken and not FileLock(back.run.path.parent / ".devices" / "cpu.lock").acquire()


def test_members_of_a_group_join_the_first_of_them(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = (waiting(fake, group="duel", group_size=2) for _ in range(2))
    alone = waiting(fake)
    with (
        device_slot(first.run, "cpu", lambda activity: None) as one,
        device_slot(second.run, "cpu", lambda activity: None) as other,
    ):
        assert one and other
        slept(monkeypatch, lambda number: alone.run.request_stop())
        with device_slot(alone.run, "cpu", lambda activity: None) as taken:
            assert not taken


def test_while_nothing_changes_no_other_run_is_read(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    root = fake().run.path.parent
    for _ in range(50):
        Run.create(TrainConfig(dataset="shapes"), root=root)
    trains, *before, last = (waiting(fake) for _ in range(5))
    lock = held_by(trains.start())
    read: list[str] = []
    status, probe, probed = Run.status, device_queue.is_held, list[Path]()

    def counted(run: Run) -> object:
        read.append(run.id)
        return status(run)

    def probing(path: Path) -> bool:
        probed.append(path)
        return probe(path)

    monkeypatch.setattr(Run, "status", counted)
    monkeypatch.setattr(device_queue, "is_held", probing)
    looks = round(device_queue._RESCAN_SECONDS / device_queue._POLL_SECONDS)
    slept(monkeypatch, lambda number: last.run.request_stop() if number == looks else None)
    with device_slot(last.run, "cpu", lambda activity: None):
        pass
    assert set(read) == {trains.id, *(one.id for one in before)}, "of the ended ones only the lock is looked at"
    assert len(read) == 2 * len(set(read)), "at first, and after a while to be sure"
    assert len(probed) <= 2 * 60 + looks * (len(before) + 1)
    lock.release()


def test_files_and_strange_folders_beside_the_runs_hold_up_none(fake: Fake) -> None:
    root = fake().run.path.parent
    (root / "notes").write_text("a file whose name could be a run's")
    (root / "0-no-run").mkdir()
    (root / "0-damaged").mkdir()
    (root / "0-damaged" / "config.json").write_text("{")
    damaged = FileLock(root / "0-damaged" / "lock")
    assert damaged.acquire()
    with device_slot(waiting(fake).run, "cpu", lambda activity: None) as taken:
        assert taken
    damaged.release()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads the memory of another process from /proc")
def test_a_worker_that_waits_has_no_pytorch_and_little_memory(fake: Fake) -> None:
    lock = held_by(fake(device="cpu").start())
    run = launch(small())
    wait_for(lambda: run.status().phase == "waiting_device")
    memory = Path(f"/proc/{worker_pid(run)}")
    assert "libtorch" not in (memory / "maps").read_text()
    resident = re.search(r"VmRSS:\s+(\d+) kB", (memory / "status").read_text())
    assert resident and int(resident[1]) / 1024 <= 60
    began = time.monotonic()
    run.mailbox.add(Command("stop", who="ada"))
    wait_for(lambda: run.status().state == "stopped")
    assert time.monotonic() - began < 10  # a busy machine; how often it looks is above
    lock.release()
    assert run.checkpoints() == []
