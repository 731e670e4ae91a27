"""The worker's main: take a run, wait for its device, train it, record what happens."""

from __future__ import annotations

import sqlite3
import time
import traceback
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from ganlab.core.errors import EXPECTED, LimitReached, classify, halvable, is_disk_full
from ganlab.core.events import Event, Finished, Loading
from ganlab.core.lock import FileLock
from ganlab.core.threads import threads_for
from ganlab.runtime.device_queue import device_of, device_slot
from ganlab.runtime.mailbox import Mailbox
from ganlab.runtime.recorder import Recorder
from ganlab.runtime.run import Run
from ganlab.runtime.spawn import handed_over, signals_ask
from ganlab.runtime.status import Activity

if TYPE_CHECKING:
    from torch import nn

LoadGenerators = Callable[[str], "Mapping[str, nn.Module]"]  # a model's name -> its generators, ValueError where there is none
STATE_KEYS = {"training", "position", "step", "seconds", "rng"}  # what the engine needs to go on
_ROOM_SECONDS = 1.0  # between two looks whether the disk has room again


def no_models(name: str) -> Mapping[str, nn.Module]:
    """Refuse to load a model; for processes that train only from random weights or a run's own checkpoint."""
    raise ValueError(f"start_from = {name!r}: this process loads no models.")


def work(
    run: Run,
    watch: Callable[[Event], None] = lambda event: None,
    *,
    lock: FileLock | None = None,
    report: Callable[[Activity], None] = lambda activity: None,
    load_generators: LoadGenerators = no_models,
) -> None:
    """Train `run` in this process: wait for its device, train, and record every event, which `watch` sees too.

    A caller that has claimed the run passes the `lock`, which is released at the end. `report` is called with what the worker
    does or waits for before the first step. `load_generators` loads the model named by the setting `start_from`. A run that
    fails is recorded as failed; nothing is raised. ValueError when another worker has claimed the run.
    """
    lock = lock or handed_over(run.lock_path)
    queued = lock is not None
    lock = lock or FileLock(run.lock_path)
    if not queued and not lock.acquire(timeout=5.0):
        raise ValueError(f"Another worker has claimed {run.id} already.")
    try:
        with Recorder(run, report) as recorder, signals_ask(run.request_stop):
            try:
                if not queued:
                    recorder.enqueue(device_of(run))
                _train(run, recorder, watch, load_generators)
            except Exception as error:
                recorder.fail(*_reason(run, error))  # first, while there is the room that was kept for it
                if not (isinstance(error, EXPECTED) or is_disk_full(error)):
                    with suppress(OSError):
                        traceback.print_exc()
    finally:
        lock.release()


def _reason(run: Run, error: Exception) -> tuple[str, dict[str, Any]]:
    """Why the run ends: a kind of `classify`, or moved (its folder is gone), or diverged {step, metric, text}."""
    if not run.path.is_dir():
        return "moved", {}
    if type(error).__name__ == "Diverged":  # of training.meter, which brings PyTorch
        return "diverged", {"step": vars(error)["step"], "metric": vars(error)["metric"], "text": str(error)}
    kind, details = classify(error)
    return kind, halvable(run.settings.config) if kind == "out_of_memory" else details


def _train(run: Run, recorder: Recorder, watch: Callable[[Event], None], load_generators: LoadGenerators) -> None:
    device = run.status().device or device_of(run)
    with device_slot(run, device, recorder.report) as taken:
        if not taken:
            recorder.record(Finished(recorder.step, "stopped"))
            return
        recorder.report(Activity("starting_torch"))  # not before: a run may wait for hours, and with others
        import torch  # noqa: PLC0415  (brings PyTorch)

        from ganlab.training.engine import train  # noqa: PLC0415  (brings PyTorch)

        config = run.config
        state = newest_state(run, recorder.report)
        before = run.threads or (state or {}).get("threads")
        count, why = threads_for(before, max(1, torch.get_num_threads() // run.settings.group_size))
        torch.set_num_threads(count)
        recorder.threads(count, before if device == "cpu" else None, why, state["step"] if state else 0)
        initial = load_generators(config.start_from) if config.start_from and not state else None
        record = run.interventions()
        made = {intervention.command_id for intervention in record}
        mailbox = Mailbox(run.mailbox.path, made)
        for event in train(config, resume=state, initial=initial, commands=mailbox.new, record=record, clock=recorder.clock):
            _record(event, recorder, run)
            watch(event)
            if isinstance(event, Loading) and _to_stop(Mailbox(run.mailbox.path, made)):  # a download may take long
                recorder.record(Finished(recorder.step, "stopped"))
                return


def _to_stop(mailbox: Mailbox) -> bool:
    """Whether a stop waits there, and no change that was asked for before it."""
    commands = {command.command for command in mailbox.new()}
    return "stop" in commands and not commands & {"change", "update"}


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


def _record(event: Event, recorder: Recorder, run: Run) -> None:
    """Keep the event; where the disk is full, wait until there is room or the run is asked to stop."""
    while True:
        try:
            recorder.record(event)
            break
        except (OSError, sqlite3.OperationalError) as error:
            if not is_disk_full(error) or run.stop_requested():
                raise
            recorder.wait_for_room(error)
            while not (recorder.has_room or run.stop_requested()):
                time.sleep(_ROOM_SECONDS)
            if isinstance(error, LimitReached):
                time.sleep(_ROOM_SECONDS)
    if recorder.waiting:
        recorder.go_on()
