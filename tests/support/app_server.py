"""The whole app as a person starts it, on a free port, for the tests that need all of it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

from ganlab.analysis.jobs import Job, jobs
from ganlab.runtime.run import Run, runs
from tests.support import ROOT

START_SECONDS = 180.0


class AppServer:
    """`streamlit run app.py` with runs and data of its own; a context manager that ends it and every run it started."""

    def __init__(self, home: Path, data: Path) -> None:
        self.runs_root, self.data, self.log = home / "runs", data, home / "server.log"
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._folder = ROOT
        self._environment = os.environ | {"GANLAB_RUNS": str(self.runs_root), "GANLAB_DATA": str(data)}

    def command(self, port: int | None = None) -> list[str]:
        """The README's command, with a port."""
        return [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port or self.port)]

    def __enter__(self) -> AppServer:
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(self.command(), cwd=self._folder, env=self._environment, stdout=log, stderr=log)
        try:
            self._wait()
        except BaseException:
            self._process.kill()
            raise
        return self

    def _wait(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not self._answers():
            assert self._process.poll() is None, self.log.read_text()
            assert time.monotonic() < deadline, f"no answer after {START_SECONDS:.0f} s: {self.log.read_text()}"
            time.sleep(0.1)

    def kill(self) -> None:
        """As a crash ends it: at once, and its runs go on."""
        self._process.kill()
        self._process.wait()

    def __exit__(self, *error: object) -> None:
        if self._process.poll() is not None:
            return
        for active in self._work():
            active.request_stop()
        self._process.send_signal(signal.SIGINT)
        try:
            self._process.wait(5)  # it waits for clients that keep a connection open
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._wait_for_workers()

    def empty(self) -> None:
        """Stop and delete every run and every job: the next file finds the server as after its start."""
        for one in self._work():
            one.request_stop()
        self._wait_for_workers()
        for one in self._work():
            one.delete()

    def _work(self) -> list[Run | Job]:
        return [*runs(self.runs_root), *jobs(self.runs_root)]

    def _wait_for_workers(self) -> None:
        deadline = time.monotonic() + 60
        while any(one.status().active for one in self._work()) and time.monotonic() < deadline:
            time.sleep(0.1)

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/_stcore/health", timeout=5) as answer:
                return answer.status == 200
        except (urllib.error.URLError, OSError):
            return False
