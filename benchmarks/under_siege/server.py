"""The server under siege, measured from outside."""

from __future__ import annotations

import os
import re
import resource
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.support.app_server import AppServer

END_SECONDS = 15.0  # after SIGTERM; then it is killed
DESCRIPTORS = 1024  # the soft limit on open files that a shell gives a process
_PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True)
class Target:
    """What a client knows of a server. `code` and `token` are empty where the playground is served alone."""

    url: str
    home: str
    code: str
    token: str

    @property
    def playground(self) -> str:
        """Below which address Gradio answers."""
        return "/playground" if self.code else ""


class Server(AppServer):
    """The whole app as a classroom, or the playground alone, of the checkout in `app`; bound to 127.0.0.1."""

    def __init__(self, app: Path, home: Path, *, alone: bool) -> None:
        super().__init__(home, home / "data")
        self.home, self.alone, self.peak, self._folder, self._ended = home, alone, 0, app, threading.Event()
        (home / "tmp").mkdir()
        own = {"TMPDIR": home / "tmp", "PYTHONPATH": app, "GANLAB_CLASSROOM": int(not alone)}
        self._environment |= {name: str(value) for name, value in own.items()}

    def command(self, port: int | None = None) -> list[str]:
        """As the command line does it."""
        port = port or self.port
        whole = ["streamlit", "run", "app.py", f"--server.port={port}", "--server.address=127.0.0.1"]
        served = (
            ["ganlab.app.playground_server", f"--port={port}"] if self.alone else [*whole, "--logger.hideWelcomeMessage=true"]
        )
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        return ["prlimit", f"--nofile={DESCRIPTORS}:{hard}", sys.executable, "-m", *served]

    def __enter__(self) -> Server:
        super().__enter__()
        threading.Thread(target=self._weigh, daemon=True).start()
        return self

    def __exit__(self, *error: object) -> None:
        self._ended.set()
        self.kill()

    def target(self) -> Target:
        """What the teacher reads in the terminal."""
        code, token = (re.search(pattern, self.log.read_text()) for pattern in (r"Join code +([\d ]+\d)", r"teacher=(\S+)"))
        return Target(self.url, str(self.home), code[1] if code else "", token[1] if token else "")

    def end(self) -> float:
        """Seconds from SIGTERM to the end; infinite where it does not end."""
        began = time.monotonic()
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            return float("inf")
        return time.monotonic() - began

    def _answers(self) -> bool:
        try:
            answer = httpx.get(f"{self.url}{'/config' if self.alone else '/_stcore/health'}", timeout=5)
        except httpx.HTTPError:
            return False
        return answer.status_code == 200 and (self.alone or bool(self.target().token))

    def _weigh(self) -> None:
        """Keep the most memory that the server and its helper processes were seen to have resident, in bytes."""
        while not self._ended.wait(0.2):
            self.peak = max(self.peak, _resident(self._process.pid))


def _resident(pid: int) -> int:
    """The memory of a process and of all that descend from it."""
    try:
        own = int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE
        children = " ".join(path.read_text() for path in Path(f"/proc/{pid}/task").glob("*/children"))
    except OSError:  # it has ended
        return 0
    return own + sum(map(_resident, map(int, children.split())))
