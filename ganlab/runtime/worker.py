"""The worker's main: take a run, wait for its device, train it, record what happens."""

from __future__ import annotations

import ctypes
import gc
import os
import sqlite3
import traceback
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from ganlab.core.errors import classify, halvable
from ganlab.core.events import Event, Finished, Loading
from ganlab.core.interventions import Command
from ganlab.core.lock import FileLock
from ganlab.core.threads import BACKGROUND, threads_for
from ganlab.runtime.device_queue import device_of, device_slot
from ganlab.runtime.lock_note import leave_end
from ganlab.runtime.log_to import logged
from ganlab.runtime.mailbox import Mailbox
from ganlab.runtime.recorder import Recorder
from ganlab.runtime.run import Run
from ganlab.runtime.spawn import handed_over, signals_ask
from ganlab.runtime.status import Activity, Status, ended
from ganlab.runtime.turn import Turn

if TYPE_CHECKING:
    from torch import nn

LoadNetworks = Callable[[str], "Mapping[str, nn.Module]"]  # a model's name -> its networks, ValueError where there is none
STATE_KEYS = {"training", "position", "step", "seconds", "rng"}  # what the engine needs to go on


def no_models(name: str) -> Mapping[str, nn.Module]:
    """Refuse to load a model; for processes that train only from random weights or a run's own checkpoint."""
    raise ValueError(f"start_from = {name!r}: this process loads no models.")


def work(
    run: Run,
    watch: Callable[[Event], None] = lambda event: None,
    *,
    lock: FileLock | None = None,
    report: Callable[[Activity], None] = lambda activity: None,
    load_networks: LoadNetworks = no_models,
) -> Status:
    """Train `run` in this process: wait for its device, train, and record every event, which `watch` sees too.

    A caller that has claimed the run passes the `lock`, which is released at the end. `report` is called with what the worker
    does or waits for before the first step. `load_networks` loads the model named by the setting `start_from`. Return how the
    run ended: a run that fails is recorded as failed; nothing is raised. ValueError when another worker has claimed the run.
    """
    lock = lock or handed_over(run.lock_path)
    queued = lock is not None
    lock = lock or FileLock(run.lock_path)
    if not queued and not lock.acquire(timeout=5.0):
        raise ValueError(f"Another worker has claimed {run.id} already.")
    requests = _Requests(run)
    if run.settings.owner and queued:  # a process of its own; what runs beside the sandbox goes before it
        os.nice(BACKGROUND)
    try:
        with signals_ask(requests.ask_to_stop):
            return _recorded(
                run, lock, requests, queued, report, lambda recorder: _train(run, recorder, requests, watch, load_networks)
            )
    finally:
        lock.release()


def _recorded(
    run: Run,
    lock: FileLock,
    requests: _Requests,
    queued: bool,
    report: Callable[[Activity], None],
    train: Callable[[Recorder], None],
) -> Status:
    """Do `train` with a recorder, and return how it ended, which is on record where anything can be written."""
    step, steps = 0, 0
    try:
        with Recorder(run, report, lock=lock, stop=requests.stop) as recorder:
            try:
                if not queued:
                    recorder.enqueue(device_of(run))
                steps = int(run.settings.steps)
                train(recorder)
            except Exception as error:
                reason, details = _reason(run, error, lock)
                recorder.fail(reason, details)  # first, while there is the room that was kept for it
                if reason == "unexpected":
                    with suppress(OSError):
                        traceback.print_exc()
        kind, data = recorder.ended
        step = recorder.step
    except (OSError, sqlite3.Error, ValueError) as error:  # its record cannot be opened
        reason, details = _reason(run, error, lock)
        kind, data = "failed", {"reason": reason, **details}
        leave_end(lock, step, kind, data)
    return ended(kind, data, step, steps)


class _Requests:
    """What a worker is asked to do: by commands in the run's mailbox, and by signals, which need no file."""

    def __init__(self, run: Run) -> None:
        self._mailbox, self._asked, self._signalled = run.mailbox, False, False

    def ask_to_stop(self) -> None:
        """What a signal asks."""
        self._signalled = True

    def stop(self) -> bool:
        """Whether the run is asked to stop."""
        self._asked = any(command.command == "stop" for command in self._mailbox.new()) or self._asked
        return self._asked or self._signalled

    def added_to(self, mailbox: Mailbox) -> list[Command]:
        """What is new in the mailbox, and a stop for the signal."""
        return [*mailbox.new(), *([Command("stop")] if self._signalled else [])]


def _reason(run: Run, error: Exception, lock: FileLock) -> tuple[str, dict[str, Any]]:
    """Why the run ends: a kind of `classify`, or moved (its folder is gone), or diverged {step, metric, text}."""
    if not lock.is_there():
        return "moved", {}
    if type(error).__name__ == "Diverged":  # of training.meter, which brings PyTorch
        return "diverged", {"step": vars(error)["step"], "metric": vars(error)["metric"], "text": str(error)}
    kind, details = classify(error)
    return kind, halvable(run.settings.config) if kind == "out_of_memory" else details


def _train(
    run: Run, recorder: Recorder, requests: _Requests, watch: Callable[[Event], None], load_networks: LoadNetworks
) -> None:
    device = run.status().device or device_of(run)
    made = {intervention.command_id for intervention in run.interventions()}
    turn = Turn(run, device, partial(requests.added_to, Mailbox(run.mailbox.path, made)))
    while True:
        with device_slot(run, device, recorder.report, stop=requests.stop, attempt=recorder.keep) as taken:
            if not taken:
                break
            recorder.report(Activity("starting_torch"))  # not before: a run may wait for hours, and with others
            if not _take(turn, recorder, requests, watch, load_networks):
                return
            _free_memory()
        wanted = turn.asked(requests.stop)
        if not wanted:
            break
        recorder.enqueue(device, {"reason": "asked"} | ({"who": wanted.who} if wanted.who else {}))
    recorder.record(Finished(recorder.step, "stopped"))


def _free_memory() -> None:
    """Give back what a training had, which refers to itself, on the device too."""
    import torch  # noqa: PLC0415  (brings PyTorch)

    gc.collect()
    torch.cuda.empty_cache()  # does nothing where there is no GPU
    with suppress(OSError, AttributeError):  # else half of what is free stays with this process
        ctypes.CDLL(None).malloc_trim(0)  # glibc


def _take(
    turn: Turn, recorder: Recorder, requests: _Requests, watch: Callable[[Event], None], load_networks: LoadNetworks
) -> bool:
    """Train until the run ends; True when it has given its turn to another run before."""
    import torch  # noqa: PLC0415  (brings PyTorch)

    from ganlab.training.engine import train  # noqa: PLC0415  (brings PyTorch)

    run, config = turn.run, turn.run.config
    state = newest_state(run, recorder.report)
    before = run.threads or (state or {}).get("threads")
    shared = torch.get_num_threads() if run.settings.owner else run.settings.group_size  # one thread in the sandbox
    count, why = threads_for(before, max(1, torch.get_num_threads() // shared))
    torch.set_num_threads(count)
    recorder.threads(count, before if turn.device == "cpu" else None, why, state["step"] if state else 0)
    initial = load_networks(config.start_from) if config.start_from and not state else None
    record = run.interventions()
    made = {intervention.command_id for intervention in record}
    with logged(run) as log:
        for event in train(config, resume=state, initial=initial, commands=turn.commands, record=record, clock=recorder.clock):
            if turn.gives(event):
                recorder.give_turn(turn.who)
                return True
            recorder.record(event)
            log(event)
            watch(event)
            # A download may take long.
            if isinstance(event, Loading) and _to_stop(requests.added_to(Mailbox(run.mailbox.path, made))):
                recorder.record(Finished(recorder.step, "stopped"))
                return False
    return False


def _to_stop(commands: Iterable[Command]) -> bool:
    """Whether a stop is among them, and no change that was asked for before it."""
    kinds = {command.command for command in commands}
    return "stop" in kinds and not kinds & {"change", "update"}


def newest_state(run: Run, report: Callable[[Activity], None] = lambda activity: None) -> dict[str, Any] | None:
    """What to go on from: the newest checkpoint that can be read and is of numbers; None where there is none at all.

    ValueError where there are some and none of them will do.
    """
    from ganlab.runtime.checkpoint import read_state, resumable  # noqa: PLC0415  (brings PyTorch)
    from ganlab.training.state import all_finite  # noqa: PLC0415  (brings PyTorch)

    folders = resumable(run.path / "checkpoints")
    for folder in reversed(folders):
        try:
            state = read_state(folder)
            if not state.keys() >= STATE_KEYS:
                raise ValueError(f"{folder.name} holds the state of something else.")
            if all_finite(state["training"]):
                return state
            raise ValueError(f"{folder.name} holds weights that are no numbers.")
        except ValueError as error:
            report(Activity("restoring", str(error)))
    if folders:
        raise ValueError(f"All {len(folders)} checkpoints of {run.id} that it could go on from are damaged: start it anew.")
    return None
