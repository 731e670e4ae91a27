"""Real worker processes in tests: finding them, and waiting for what they do."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from ganlab import Run, runs


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
