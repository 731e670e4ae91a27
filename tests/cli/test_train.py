"""How `ganlab train` ends: one sentence, and an exit code that says whether the run can be relied on."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ganlab.__main__ import main
from ganlab.cli.progress import StatusLine
from ganlab.core.events import Progress
from ganlab.runtime import checkpoint, retry
from ganlab.runtime.run import Run, runs, runs_root
from ganlab.training import meter
from tests.support import ROOT
from tests.support.workers import wait_for

QUICK = ["--steps", "30", "--width", "4", "--batch-size", "4", "--samples", "4", "--image-size", "16", "--device", "cpu"]
QUICK += ["--checkpoint-every", "10", "--family", "gan"]
GONE = "The run's folder was moved or deleted while it trained: resume it where it is now."


@pytest.fixture(scope="module", autouse=True)
def few_images(little_data: None) -> None:
    """How a run ends is the same whatever is trained on."""


@pytest.fixture(autouse=True)
def at_every_step(monkeypatch: pytest.MonkeyPatch) -> None:
    """A report at every step, and no time between two tries."""
    monkeypatch.setattr(meter, "FLUSH_SECONDS", 0.0)
    monkeypatch.setattr(retry, "_SECONDS", 0.0)


def at_step_5(monkeypatch: pytest.MonkeyPatch, act: Callable[[Run], object]) -> None:
    """Let something happen to the run while it trains."""
    real, done = StatusLine.__call__, list[int]()

    def watch(self: StatusLine, event: object) -> None:
        real(self, event)
        if isinstance(event, Progress) and event.step >= 5 and not done:
            done.append(1)
            act(runs()[0])

    monkeypatch.setattr(StatusLine, "__call__", watch)


def _replace_by_a_file(run: Run) -> None:
    shutil.rmtree(run.path)
    run.path.write_text("?")


LOST: dict[str, Callable[[Run], object]] = {
    "deleted": lambda run: shutil.rmtree(run.path),
    "moved": lambda run: run.path.rename(run.path.with_name("elsewhere")),
    "replaced by a file": _replace_by_a_file,
    "replaced by another run": lambda run: (run.path.rename(run.path.with_name("elsewhere")), run.path.mkdir()),
    "all runs deleted": lambda run: shutil.rmtree(run.path.parent),
    "all runs a file": lambda run: (shutil.rmtree(run.path.parent), run.path.parent.write_text("?")),
}


@pytest.mark.parametrize("what", LOST)
def test_a_folder_that_is_lost_is_one_sentence_and_exit_2(
    what: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    at_step_5(monkeypatch, LOST[what])
    assert main(["train", "shapes", *QUICK]) == 2
    error = capsys.readouterr().err
    assert error.endswith(f"failed: {GONE}\n") and "Traceback" not in error
    assert [line for line in error.splitlines() if line.startswith("ganlab: ")] == error.splitlines()[-1:]
    root = runs_root() if what != "all runs a file" else None
    assert root is None or not (root / "ballast").exists()


def test_a_run_goes_on_though_its_terminal_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any, **words: Any) -> None:
        raise BrokenPipeError(errno.EPIPE, "Broken pipe")

    at_step_5(monkeypatch, lambda run: monkeypatch.setattr("builtins.print", broken))
    monkeypatch.setattr("ganlab.cli.train.status_text", lambda status: monkeypatch.undo() or "")  # print again
    found = runs_root()
    assert main(["train", "shapes", *QUICK]) == 0
    assert [run.status().state for run in runs(found)] == ["finished"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_one_ctrl_c_or_kill_keeps_a_checkpoint_and_is_exit_0(
    number: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    at_step_5(monkeypatch, lambda run: os.kill(os.getpid(), number))
    assert main(["train", "shapes", *QUICK]) == 0
    (run,) = runs()
    assert run.status().state == "stopped" and checkpoint.resumable(run.path / "checkpoints")
    assert f"ganlab train --resume {run.id}" in capsys.readouterr().out
    assert main(["train", "--resume", run.id]) == 0
    assert run.status().state == "finished"


def test_a_stop_in_the_app_is_exit_0(monkeypatch: pytest.MonkeyPatch) -> None:
    at_step_5(monkeypatch, lambda run: run.request_stop("Ada"))
    assert main(["train", "shapes", *QUICK]) == 0
    assert runs()[0].status().state == "stopped"


def test_ctrl_c_on_a_full_disk_is_exit_2_and_needs_no_room(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(*_: Any) -> Path:
        os.kill(os.getpid(), signal.SIGINT)
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(checkpoint, "save", full)
    monkeypatch.setattr("ganlab.runtime.mailbox.Mailbox.add", full)  # a signal writes no file
    assert main(["train", "shapes", *QUICK]) == 2
    assert capsys.readouterr().err.endswith("failed: The disk is full: make room, then resume; the last checkpoint is kept.\n")
    assert (runs()[0].status().state, runs()[0].status().reason) == ("failed", "disk_full")


def test_a_second_ctrl_c_ends_it_at_once_and_the_shell_sees_the_signal() -> None:
    command = [sys.executable, "-m", "ganlab", "train", "shapes", *QUICK, "--steps", "100000"]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=environment)
    wait_for(lambda: runs() and runs()[0].status().step)
    while process.poll() is None:
        process.send_signal(signal.SIGINT)
    state = runs()[0].status().state
    assert (process.returncode, state) in ((-signal.SIGINT, "lost"), (0, "stopped")), (process.returncode, state)
