"""Workers: launch, queue, stop, resume, and the worker's main. One run, one process, started anew and never forked."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from ganlab.check import check
from ganlab.config import TrainConfig
from ganlab.events import Event
from ganlab.lock import FileLock, is_held
from ganlab.run import Run
from ganlab.threads import yielding_threads

if TYPE_CHECKING:
    from ganlab.recorder import Recorder

EXPECTED = (ValueError, ArithmeticError)  # mistakes and divergence: their own sentence says all there is to say
_HOME = Path(__file__).resolve().parent.parent  # a worker finds ganlab wherever this process found it
_START_TIMEOUT = 30.0  # seconds for a Python process to start and take its lock on a busy machine


def launch(config: TrainConfig, *, recipe: str = "") -> Run:
    """Start training `config` in a process of its own and return at once; it outlives this process.

    It queues when its device is busy. ValueError when the settings do not fit together or the worker could not start.
    """
    check(config)
    run = Run.create(config, recipe=recipe)
    _start(run)
    return run


def launch_together(configs: Mapping[str, TrainConfig]) -> list[Run]:
    """Start several recipes ({name: config}) side by side on one device, as one group."""
    for config in configs.values():
        check(config)
    group = f"{time.time_ns():x}"
    members = [Run.create(config, recipe=name, group=group, group_size=len(configs)) for name, config in configs.items()]
    for run in members:
        _start(run)
    return members


def resume(run: Run) -> None:
    """Go on with a stopped, failed or lost run from its newest checkpoint; ValueError when it is active or finished."""
    status = run.status()
    if status.active:
        raise ValueError(f"{run.id} is already {status.state}.")
    if status.state == "finished":
        raise ValueError(f"{run.id} has done all its {status.steps:,} steps.")
    _start(run)


def _start(run: Run) -> None:
    run.clear_requests()
    with (run.path / "worker.log").open("ab") as log:
        worker = subprocess.Popen(
            [sys.executable, "-m", "ganlab", "worker", str(run.path.resolve())],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            env=yielding_threads(os.environ | {"PYTHONPATH": f"{_HOME}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"}),
        )
    deadline = time.monotonic() + _START_TIMEOUT
    # Until the lock is held nobody could tell a starting worker from a dead one.
    while not is_held(run.lock_path) and worker.poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)
    if worker.poll() not in (None, 0) and not run.annotations():
        raise ValueError(f"The worker of {run.id} could not start; worker.log in the run directory says why.")


def work(run: Run, watch: Callable[[Event], None] = lambda event: None) -> None:
    """The worker's main, in this process: take the run, wait for the device, train, record; `watch` sees every event.

    A run that fails is recorded as failed, not raised. ValueError when another worker has the run in hand.
    """
    from ganlab.recorder import Recorder

    lock = FileLock(run.lock_path)
    if not lock.acquire(timeout=5.0):
        raise ValueError(f"{run.id} is already in the hands of another worker.")
    try:
        with Recorder(run) as recorder, _signals_stop(run):
            recorder.annotate("queued", "Queued.")
            try:
                _train(run, recorder, watch)
            except Exception as error:
                if not isinstance(error, EXPECTED):
                    traceback.print_exc()
                recorder.annotate("failed", explain(error))
    finally:
        lock.release()


def _train(run: Run, recorder: Recorder, watch: Callable[[Event], None]) -> None:
    recorder.say("Starting PyTorch.")
    import torch

    from ganlab.checkpoint import read_state
    from ganlab.devices import resolve
    from ganlab.engine import train
    from ganlab.events import Finished
    from ganlab.pipeline import Pipeline
    from ganlab.slots import device_slot

    torch.set_num_threads(max(1, torch.get_num_threads() // run.settings["group_size"]))
    config = run.config
    folders = [folder for folder in run.checkpoints() if (folder / "training_state.pt").is_file()]
    with device_slot(run, resolve(config.device), recorder.say) as taken:
        if not taken:
            recorder.record(Finished(recorder.step, "stopped"))
            return
        state = read_state(folders[-1]) if folders else None
        initial = Pipeline.load(config.start_from).generators if config.start_from and not state else None
        for event in train(config, resume=state, initial=initial, should_stop=run.stop_requested):
            recorder.record(event)
            watch(event)


@contextmanager
def _signals_stop(run: Run) -> Iterator[None]:
    """Ctrl-C and a polite kill ask the run to checkpoint and stop; a second one ends the process at once."""

    def ask(number: int, _frame: object) -> None:
        run.request_stop()
        signal.signal(number, signal.SIG_DFL)

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def explain(error: Exception) -> str:
    """One sentence for a person; the traceback is in worker.log."""
    text = str(error).strip().split("\n")[0]
    if type(error).__name__ == "OutOfMemoryError" or "can't allocate memory" in text:
        return "Out of memory: a smaller batch_size, width or image_size needs less."
    if isinstance(error, OSError) and error.errno == 28:
        return "The disk is full: make room, then resume; the last checkpoint is kept."
    if isinstance(error, EXPECTED) and text:
        return text
    return f"Unexpected {type(error).__name__}: {text or 'no message'} (details in worker.log)."
