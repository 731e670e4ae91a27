"""A paused run gives its turn to those that wait, takes another when it is to go on, and loses nothing by it."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from typing import Any

import pytest
import torch

from ganlab.__main__ import main
from ganlab.app.views.status_wording import note_text, status_text
from ganlab.core.interventions import Command
from ganlab.core.lock import FileLock
from ganlab.runtime import device_queue, turn
from ganlab.runtime.checkpoint import step_of
from ganlab.runtime.device_queue import awaited, queue
from ganlab.runtime.launch import claim_again
from ganlab.runtime.limits import admit, will_wait
from ganlab.runtime.run import Run, runs_root
from ganlab.runtime.worker import work
from ganlab.training import meter
from tests.support import ROOT
from tests.support.fake_runs import FakeRun
from tests.support.faults import CONFIG, end_of, same
from tests.support.workers import wait_for

Fake = Callable[..., FakeRun]


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Reports at every step, no patience, and workers that are threads of this process."""
    before = torch.get_num_threads()
    monkeypatch.setattr(meter, "FLUSH_SECONDS", 0.0)
    monkeypatch.setattr(device_queue, "_POLL_SECONDS", 0.02)
    for name in ("_PATIENCE", "_LOOK_SECONDS", "_POLL_SECONDS"):
        monkeypatch.setattr(turn, name, 0.02)
    monkeypatch.setattr("ganlab.runtime.worker.signals_ask", lambda stop: nullcontext())
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The end of a run to which nothing happens."""
    run = Run.create(CONFIG, root=tmp_path_factory.mktemp("whole"))
    work(run)
    return end_of(run)[0]


@pytest.fixture
def trains() -> Iterator[Callable[..., Run]]:
    """Starts a worker for a run, a new one by default, which Ada pauses after `pause` steps."""
    threads: list[tuple[Run, threading.Thread]] = []

    def start(run: Run | None = None, pause: int = 0) -> Run:
        run = run or Run.create(CONFIG, root=runs_root())

        def watch(event: object) -> None:
            if getattr(event, "step", 0) == pause and not run.mailbox.path.read_text():
                run.mailbox.add(Command("pause", who="Ada"))

        threads.append((run, threading.Thread(target=work, args=(run, watch if pause else lambda event: None))))
        threads[-1][1].start()
        return run

    yield start
    for run, thread in threads:
        run.request_stop()
        thread.join(30)
        assert not thread.is_alive()


def has_given(run: Run) -> Callable[[], bool]:
    return lambda: run.status().gave_turn


def test_others_train_in_a_pause_and_the_run_goes_on_bit_for_bit(trains: Callable[..., Run], whole: Any) -> None:
    paused = trains(pause=10)
    wait_for(lambda: paused.status().state == "paused")
    assert not awaited(paused, "cpu") and not paused.status().gave_turn
    other = trains()
    wait_for(lambda: other.status().state == "finished")
    status = paused.status()
    assert status.gave_turn and status_text(status) == "Paused by Ada; gave its turn to another run."
    assert step_of(paused.checkpoints()[-1]) == status.step
    assert [(place.run.id, place.has, place.waits, place.away) for place in queue()["cpu"]] == [(paused.id, False, False, True)]
    for who in ("Ada", "Grace"):  # at once
        paused.mailbox.add(Command("continue", who=who))
    wait_for(lambda: not paused.status().active)
    assert paused.status().state == "finished" and same(end_of(paused)[0], whole)
    assert "Asked to go on by Ada: waits for its turn." in map(note_text, paused.annotations())


def test_what_is_asked_in_the_pause_takes_a_turn_and_the_pause_goes_on(
    trains: Callable[..., Run], fake: Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    paused, waits = trains(pause=10), fake(device="cpu").queue()
    wait_for(has_given(paused))
    step = paused.status().step
    paused.mailbox.add(Command("update", "D", who="Ada"))
    paused.mailbox.add(Command("step"))
    wait_for(lambda: paused.status().step == step + 1 and paused.status().gave_turn)
    assert status_text(paused.status()) == "Paused by Ada; gave its turn to another run."
    assert [one.name for one in paused.interventions()] == ["D"]
    assert [step_of(folder) for folder in paused.checkpoints()][-1] == step + 1
    waits.release()


def with_the_device(waits: FakeRun) -> FileLock:
    """The lock of the device that a run given its turn has taken."""
    lock = FileLock(runs_root() / ".devices" / "cpu.lock")
    assert lock.acquire(timeout=5)
    lock.path.with_suffix(".holder").write_text(waits.id)
    waits.start()
    return lock


def test_it_waits_for_a_turn_and_a_stop_meanwhile_loses_nothing(trains: Callable[..., Run], fake: Fake, whole: Any) -> None:
    paused, waits = trains(pause=10), fake(device="cpu").queue()
    wait_for(has_given(paused))
    lock = with_the_device(waits)
    assert [(place.run.id, place.has, place.away) for place in queue()["cpu"]] == [
        (waits.id, True, False),
        (paused.id, False, True),
    ]
    paused.mailbox.add(Command("continue", who="Ada"))
    wait_for(lambda: paused.status().phase == "waiting_device")
    assert status_text(paused.status()) == "Waiting for cpu: 1 run is ahead." and will_wait(queue()) == 1
    paused.request_stop()
    wait_for(lambda: not paused.status().active)
    assert paused.status().state == "stopped"
    waits.finish()
    lock.release()
    with claim_again(paused) as claimed:
        claimed.release()
    trains(paused)
    wait_for(lambda: paused.status().state == "finished")
    assert same(end_of(paused)[0], whole)


def test_it_can_be_cancelled_and_is_listed(
    trains: Callable[..., Run], fake: Fake, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    paused, waits = trains(pause=10), fake(device="cpu").queue()
    wait_for(has_given(paused))
    waits.release()
    monkeypatch.setenv("GANLAB_MAX_WAITING", "0")
    admit(CONFIG)  # nothing has the device
    assert main(["queue"]) == 0 and "paused, gave its turn to another run" in capsys.readouterr().out
    assert main(["queue", "--cancel", paused.id]) == 0
    wait_for(lambda: paused.status().state == "stopped")
    assert step_of(paused.checkpoints()[-1]) == paused.status().step


def test_a_run_keeps_its_turn_while_its_group_trains(fake: Fake) -> None:
    one, other = (fake(device="cpu", group="duel", group_size=2).start() for _ in range(2))
    fake(device="cpu").queue()
    assert not awaited(one.run, "cpu")
    for member in (one, other):
        member.recorder.annotate("paused")
    assert awaited(one.run, "cpu")
    assert not awaited(one.run, "cuda:0")


_WORKER = """
import sys
from ganlab.runtime import turn
from ganlab.training import meter
turn._PATIENCE = turn._LOOK_SECONDS = meter.FLUSH_SECONDS = 0.0
from ganlab.__main__ import main
main(["worker", sys.argv[1]])
"""


@pytest.mark.parametrize("waiting", [False, True], ids=["away", "waiting for a turn"])
def test_a_worker_that_is_killed_without_its_device_loses_nothing(waiting: bool, fake: Fake, whole: Any) -> None:
    run, waits = Run.create(CONFIG, root=runs_root()), fake(device="cpu").queue()
    run.mailbox.add(Command("pause", who="Ada"))
    process = subprocess.Popen([sys.executable, "-c", _WORKER, str(run.path)], cwd=ROOT)
    try:
        wait_for(has_given(run))
        if waiting:
            lock = with_the_device(waits)
            run.mailbox.add(Command("continue", who="Ada"))
            wait_for(lambda: run.status().phase == "waiting_device")
    finally:
        process.kill()
        process.wait(10)
    assert run.status().state == "lost" and run.status().details["kept"]
    if waiting:
        waits.finish()
        lock.release()
    waits.release()
    with claim_again(run) as claimed:
        claimed.release()
    work(run)
    assert run.status().state == "finished" and same(end_of(run)[0], whole)
