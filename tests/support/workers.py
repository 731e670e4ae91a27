"""Real worker processes in tests: finding them, and waiting for what they do."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

import pytest

from ganlab import Run, runs
from ganlab.core.lock import FileLock
from ganlab.runtime.worker import work


def wait_for(condition: Callable[[], object], seconds: float = 60) -> None:
    """Until the condition holds; fails with what every run says of itself."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"waited {seconds} s in vain: {[(r.id, r.status()) for r in runs()]}"
        time.sleep(0.05)


def worker_pid(run: Run) -> int:
    """The process that was started for this run's directory."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                words = (entry / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if str(run.path.resolve()).encode() in words:
                return int(entry.name)
    raise AssertionError("the run has no worker")


def train_in_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the runs that are launched train in threads of this process: for tests of who starts, watches and stops them."""

    def start(verb: str, folder: Path, *, log: Path, lock: FileLock) -> None:
        assert verb == "worker"
        inherited = FileLock.inherited(folder / "lock", os.dup(lock.descriptor))
        threading.Thread(target=work, args=(Run(folder),), kwargs={"lock": inherited}).start()

    monkeypatch.setattr("ganlab.runtime.launch.hand_over", start)
    monkeypatch.setattr("ganlab.runtime.worker.signals_ask", lambda stop: nullcontext())
