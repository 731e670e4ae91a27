"""Real worker processes: started, stopped, killed, queued, resumed."""

from __future__ import annotations

import errno
import os
import signal
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from ganlab import Run, launch, resume, runs
from ganlab.app.views.status_wording import status_text
from ganlab.core.errors import BEGINNING, DOING, Advice, explain
from ganlab.core.events import Progress
from ganlab.runtime.launch import launch_together
from ganlab.runtime.worker import work
from ganlab.training import meter
from ganlab.training.recipes import configs_of
from tests.support.small import small
from tests.support.workers import train_in_threads, wait_for, worker_pid

LONG = {"steps": 100_000, "checkpoint_every": 20, "sample_every": 50}


def state(run: Run) -> str:
    return run.status().state


@pytest.fixture(autouse=True)
def no_worker_survives(own_directories: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    yield
    for run in runs():
        if run.status().active:
            run.request_stop()
    wait_for(lambda: not any(run.status().active for run in runs()))


needs_proc = pytest.mark.skipif(not Path("/proc/self").exists(), reason="finds workers through /proc")


def test_a_launched_run_finishes() -> None:
    run = launch(small(), recipe="some-recipe")
    assert run.status().active
    wait_for(lambda: state(run) == "finished")
    assert run.status().step == 20 and status_text(run.status()) == "All steps done."
    assert run.samples() == [0, 10, 20] and [path.name for path in run.checkpoints()] == ["step-000010", "step-000020"]
    assert run.series(["loss/G/adversarial"])["loss/G/adversarial"].steps.tolist() == list(range(1, 21))
    with pytest.raises(ValueError, match="has done all its 20 steps"):
        resume(run)


@needs_proc
def test_runs_queue_in_order_stop_politely_and_one_whose_worker_is_killed_is_lost_and_resumes() -> None:
    first, second, third = (launch(small(**LONG, seed=seed)) for seed in range(3))
    wait_for(lambda: first.status().step > 0)
    wait_for(lambda: "Waiting for cpu" in status_text(second.status()) and "Waiting for cpu" in status_text(third.status()))
    assert [state(run) for run in (first, second, third)] == ["running", "queued", "queued"]
    third.request_stop()
    wait_for(lambda: state(third) == "stopped")  # a waiting one can be stopped
    os.kill(worker_pid(first), signal.SIGTERM)
    wait_for(lambda: state(second) == "running")
    assert state(first) == "stopped"
    assert int(first.checkpoints()[-1].name.removeprefix("step-")) == first.status().step, "a polite signal keeps a checkpoint"
    _lost_and_resumed(second)


def _lost_and_resumed(run: Run) -> None:
    """Kill the run's worker: it shows as lost, keeps its checkpoint, and a new worker goes on."""
    wait_for(run.checkpoints)
    os.kill(worker_pid(run), signal.SIGKILL)
    wait_for(lambda: state(run) == "lost")
    kept, before = run.checkpoints()[-1], run.series()
    assert "resume" in status_text(run.status())
    resume(run)
    wait_for(lambda: run.checkpoints()[-1] != kept)
    with pytest.raises(ValueError, match="is already running"):
        resume(run)
    run.request_stop()
    wait_for(lambda: state(run) == "stopped")
    after = run.series()
    for name, series in before.items():  # nothing that was shown is missing, and the same steps give the same values
        if name.startswith(("loss/", "score/")):
            assert after[name].values[: len(series.values)].tolist() == series.values.tolist()
            assert after[name].steps[: len(series.steps)].tolist() == series.steps.tolist()


def test_a_duel_runs_side_by_side(monkeypatch: pytest.MonkeyPatch) -> None:
    train_in_threads(monkeypatch)
    monkeypatch.setattr(meter, "FLUSH_SECONDS", 0.0)
    changes = {"dataset": "shapes", "channels": 1, "batch_size": 8, "steps": 100_000}
    duel = launch_together(configs_of("duel", changes))
    assert [run.title for run in duel] == ["duel-bce", "duel-mse"]
    wait_for(lambda: all(state(run) == "running" for run in duel))


def test_half_a_group_is_neither_left_to_train_nor_taken_from_its_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    handed: list[Run] = []

    def hand_over(verb: str, folder: Path, **_: object) -> None:
        if handed:
            raise OSError(errno.EAGAIN, "Resource temporarily unavailable")
        handed.append(Run(folder))

    monkeypatch.setattr("ganlab.runtime.launch.hand_over", hand_over)
    with pytest.raises(ValueError, match="Resource temporarily unavailable"):
        launch_together({"a": small(), "b": small()})
    assert [run.id for run in runs()] == [handed[0].id] and handed[0].stop_requested()


def test_a_run_that_cannot_work_fails_with_one_sentence(capfd: pytest.CaptureFixture[str]) -> None:
    run = Run.create(small(dataset="folder", data_path="/no/such/folder"))
    work(run)
    assert state(run) == "failed"
    message, printed = status_text(run.status()), capfd.readouterr()
    assert "/no/such/folder" in message and "\n" not in message and "Traceback" not in printed.out + printed.err


@pytest.mark.parametrize("changes", [{"architecture": "nope"}, {"image_size": 30}, {"dataset": "nope"}, {"device": "cuda:9"}])
def test_settings_that_do_not_fit_never_become_a_run(changes: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=next(iter(changes))):
        launch(small(**changes))
    assert runs() == []


def test_in_the_foreground_every_event_can_be_watched() -> None:
    run, seen = Run.create(small()), []
    work(run, seen.append)
    assert state(run) == "finished" and any(isinstance(event, Progress) for event in seen)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OSError(28, "No space left on device"), "The disk is full"),
        (
            RuntimeError("[enforce fail at alloc_cpu.cpp] DefaultCPUAllocator: can't allocate memory"),
            "Out of memory: a smaller batch_size",
        ),
        (ValueError("lr = 3 is out of range."), "lr = 3 is out of range."),
        (KeyError("x"), "Unexpected KeyError: 'x' (details in worker.log)."),
    ],
)
def test_failures_are_told_in_one_sentence(error: Exception, words: str) -> None:
    assert explain(error).startswith(words)


@pytest.mark.parametrize(
    ("error", "advice", "sentence"),
    [
        (
            OSError(errno.EROFS, "Read-only file system", "/home/ada/runs/.devices/launch.lock"),
            BEGINNING,
            "The folder of runs cannot be written: make it writable again, then try again.",
        ),
        (
            OSError(errno.EROFS, "Read-only file system", "/home/ada/runs/x/control.jsonl"),
            DOING,
            "control.jsonl cannot be written: make it writable again, then try again.",
        ),
        (OSError(errno.EMFILE, "Too many files", "/home/ada/x.png"), DOING, "Unexpected OSError: x.png: Too many files."),
        (
            OSError(errno.EIO, "Input/output error", "/home/ada/x.png"),
            DOING,
            "The disk reports an error (x.png): see that it is in order, then try again.",
        ),
        (
            sqlite3.OperationalError("database or disk is full"),
            DOING,
            "The disk is full: make room (ganlab clean) and try again.",
        ),
    ],
)
def test_what_speaks_against_a_deed_names_no_folder_of_the_machine(error: Exception, advice: Advice, sentence: str) -> None:
    assert explain(error, advice) == sentence
