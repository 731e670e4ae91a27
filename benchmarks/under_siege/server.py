"""The server under siege: a process of its own, with runs, data and temporary files of its own, measured from outside."""

from __future__ import annotations

import os
import re
import resource
import signal
import socket
import subprocess
import sys
import threading
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import httpx

START_SECONDS = 240.0
END_SECONDS = 15.0  # after SIGTERM; then it is killed
_PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True)
class Target:
    """What a client knows of a server. `code` and `token` are empty where the playground is served alone."""

    url: str
    home: str
    code: str = ""
    token: str = ""

    @property
    def gradio(self) -> str:
        """Where Gradio answers."""
        return "/playground/gradio_api" if self.code else "/gradio_api"

    @property
    def config(self) -> str:
        """Where Gradio describes its endpoints."""
        return "/playground/config" if self.code else "/config"

    dict = asdict


class Server:
    """The whole app as a classroom, or the playground alone, of the checkout in `app`; bound to 127.0.0.1.

    A context manager. `descriptors`: the soft limit on open files that it is started with, as a shell has it.
    """

    def __init__(self, app: Path, home: Path, *, alone: bool = False, descriptors: int = 1024) -> None:
        self.home, self.log, self.alone, self.peak = home, home / "server.log", alone, 0
        for name in ("runs", "data", "tmp"):
            (home / name).mkdir(parents=True, exist_ok=True)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        whole = ["streamlit", "run", "app.py", f"--server.port={port}", "--server.address=127.0.0.1"]
        command = ["ganlab.app.playground_server", f"--port={port}"] if alone else [*whole, "--logger.hideWelcomeMessage=true"]
        own = {"GANLAB_RUNS": home / "runs", "GANLAB_DATA": home / "data", "TMPDIR": home / "tmp", "PYTHONPATH": app}
        environment = os.environ | {name: str(path) for name, path in own.items()} | {"GANLAB_CLASSROOM": str(int(not alone))}
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", *command],
                cwd=app,
                env=environment,
                stdout=log,
                stderr=log,
                preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, hard)),
            )
        self._ended = threading.Event()

    def __enter__(self) -> Server:
        until = time.monotonic() + START_SECONDS
        while not self._ready():
            if self.process.poll() is not None or time.monotonic() > until:
                self.process.kill()
                raise RuntimeError(f"The server does not start:\n{self.log.read_text()[-2000:]}")
            time.sleep(0.3)
        threading.Thread(target=self._weigh, daemon=True).start()
        return self

    def __exit__(self, *error: object) -> None:
        self._ended.set()
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def target(self) -> Target:
        """What the teacher reads in the terminal."""
        log = "" if self.alone else self.log.read_text()
        code, token = re.search(r"Join code +([\d ]+)", log), re.search(r"teacher=(\S+)", log)
        return Target(self.url, str(self.home), code[1].strip() if code else "", token[1] if token else "")

    def end(self) -> float:
        """Seconds from SIGTERM to the end; infinite where it must be killed."""
        began = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            return float("inf")
        return time.monotonic() - began

    def _ready(self) -> bool:
        try:
            answers = httpx.get(f"{self.url}{'/config' if self.alone else '/_stcore/health'}", timeout=5).status_code == 200
        except httpx.HTTPError:
            return False
        return answers and (self.alone or bool(self.target().token))

    def _weigh(self) -> None:
        """Keep the most memory that the server and its helper processes were seen to have resident, in bytes."""
        while not self._ended.wait(0.2):
            self.peak = max(self.peak, sum(map(_resident, _family(self.process.pid))))


def _family(pid: int) -> list[int]:
    """A process and all that descend from it."""
    found = [pid]
    for one in found:
        try:
            for children in Path(f"/proc/{one}/task").glob("*/children"):
                found += map(int, children.read_text().split())
        except OSError:
            continue
    return found


def _resident(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE
    except OSError:
        return 0
