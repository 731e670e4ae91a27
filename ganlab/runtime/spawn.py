"""Processes that outlive the one that starts them: started anew, never forked, and stopped by a polite signal."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from ganlab.core.lock import FileLock, is_held
from ganlab.core.threads import yielding_threads

_HOME = Path(__file__).resolve().parents[2]  # a worker finds ganlab wherever this process found it
_HANDED = "GANLAB_LOCK_FD"
_START_TIMEOUT = 30.0  # seconds for a Python process to start and take its lock on a busy machine


def start_detached(verb: str, folder: Path, *, log: Path, lock: Path) -> bool:
    """Start `python -m ganlab VERB FOLDER` and return once it holds its `lock`; its output is added to `log`.

    False when it ended with an error before that, or meanwhile.
    """
    process = _spawned(verb, folder, log)
    deadline = time.monotonic() + _START_TIMEOUT
    # Until the lock is held a starting worker looks like a dead one.
    while not is_held(lock) and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)
    return process.poll() in (None, 0)


def hand_over(verb: str, folder: Path, *, log: Path, lock: FileLock) -> None:
    """Start `python -m ganlab VERB FOLDER` and give it the `lock` held here: it is held at every moment."""
    _spawned(verb, folder, log, lock.descriptor)
    lock.release()


def handed_over(path: Path) -> FileLock | None:
    """The lock on `path` that this process was started with, once; None when it was started without."""
    descriptor = os.environ.pop(_HANDED, "")
    return FileLock.inherited(path, int(descriptor)) if descriptor else None


def _spawned(verb: str, folder: Path, log: Path, descriptor: int | None = None) -> subprocess.Popen[bytes]:
    environment = yielding_threads(os.environ | {"PYTHONPATH": f"{_HOME}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"})
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "ganlab", verb, str(folder.resolve())],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            env=environment if descriptor is None else environment | {_HANDED: str(descriptor)},
            pass_fds=() if descriptor is None else (descriptor,),
        )
    threading.Thread(target=process.wait, daemon=True, name=f"reaper-{process.pid}").start()  # or it stays as a zombie
    return process


@contextmanager
def signals_ask(stop: Callable[[], None]) -> Iterator[None]:
    """Ctrl-C and a polite kill call `stop`; a second one ends the process at once."""

    def ask(number: int, _frame: object) -> None:
        stop()
        signal.signal(number, signal.SIG_DFL)

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
