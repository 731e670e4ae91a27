"""Workers: launch, queue, stop, resume, and the worker's main. One run, one process, started anew and never forked."""

from __future__ import annotations

import errno
import sqlite3
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from ganlab.check import check
from ganlab.config import TrainConfig
from ganlab.control import Mailbox
from ganlab.detached import hand_over, handed_over, signals_ask
from ganlab.events import Event
from ganlab.housekeeping import admit
from ganlab.lock import FileLock
from ganlab.memory import LESS, smaller
from ganlab.recorder import DISK_FULL, LIMIT_REACHED, LimitReached, Recorder, opened
from ganlab.run import Run, remove_folder, runs_root


@dataclass(frozen=True)
class Advice:
    """What to do when a process runs out of `memory` or `disk`, or must not write `name`, and where its `log` is, if anywhere."""

    memory: str
    disk: str
    log: str = ""
    locked: str = "{name} cannot be written: make it writable again, then try again."


TRAINING = Advice(
    LESS,
    "make room, then resume; the last checkpoint is kept",
    "worker.log",
    "{name} cannot be written: make it writable again, then resume.",
)
DOING = Advice(LESS, "make room (ganlab clean) and try again")
BEGINNING = replace(DOING, locked=DOING.locked.format(name="The folder of runs"))
STATE_KEYS = {"training", "position", "step", "seconds", "rng"}  # what the engine needs to go on
_ROOM_SECONDS = 1.0  # between two looks whether the disk has room again
_MOVED = "The run's folder was moved or deleted while it trained: resume it where it is now."
EXPECTED = (ValueError, ArithmeticError)  # mistakes and divergence: their own sentence says all there is to say


def launch(config: TrainConfig, *, recipe: str = "") -> Run:
    """Start training `config` in a process of its own and return at once; it outlives this process.

    It queues when its device is busy. ValueError when the settings do not fit together, too many runs wait already, or there
    is no room on the disk.
    """
    return launch_together({recipe: config})[0]


def launch_together(configs: Mapping[str, TrainConfig]) -> list[Run]:
    """Start several recipes ({name: config}) side by side on one device, as one group."""
    return launch_planned(plan_together(configs))


def plan_together(configs: Mapping[str, TrainConfig]) -> list[Plan]:
    """The same before they are made; ValueError when the settings of one do not fit together."""
    for config in configs.values():
        check(config)
    group = f"{time.time_ns():x}" if len(configs) > 1 else ""
    root, size = runs_root(), len(configs)

    def plan(name: str, config: TrainConfig) -> Plan:
        return Plan(config, root, partial(Run.create, config, recipe=name, group=group, group_size=size, root=root))

    return [plan(name, config) for name, config in configs.items()]


class Making(Protocol):
    """Makes the directory of a run; what `prepare` does with it is done before anybody can see the run."""

    def __call__(self, *, prepare: Callable[[Run], None] = ...) -> Run: ...


@dataclass(frozen=True)
class Plan:
    """A run of `config` below `root` that is not made yet."""

    config: TrainConfig
    root: Path
    make: Making


def launch_planned(plans: Sequence[Plan]) -> list[Run]:
    """Make the runs, like each other and side by side, and start them; ValueError, and nothing is left, when one cannot be."""
    started: list[Run] = []
    with in_hand(plans) as held, _in_one_sentence():
        try:
            for run, lock in held.items():
                _hand_over(run, lock)
                started.append(run)
        except BaseException:
            for run in started:  # its worker is at work already, and half a group is not what was asked for
                with suppress(OSError):
                    run.request_stop()
            for run in held.keys() - started:
                remove_folder(run.path)
            raise
    return started


@contextmanager
def in_hand(plans: Sequence[Plan]) -> Iterator[dict[Run, FileLock]]:
    """Make the runs, which are queued and in this process's hands before anybody can see them and until the block ends.

    ValueError, and nothing is left, when the server does not admit them or one cannot be made.
    """
    held: dict[Run, FileLock] = {}
    with ExitStack() as stack:

        def hold(run: Run) -> None:
            held[run] = stack.enter_context(_queued(run))

        with admitted(plans[0].config, plans[0].root, len(plans)):
            try:
                for plan in plans:
                    plan.make(prepare=hold)
            except BaseException:
                for run in held:
                    remove_folder(run.path)
                raise
        yield held


@contextmanager
def admitted(config: TrainConfig, root: Path, count: int = 1) -> Iterator[None]:
    """Where runs like `config` are made and started: one process at a time, so that no limit is passed by two at once.

    ValueError, one sentence, when the server lets no more wait, or the disk is full.
    """
    with _in_one_sentence():
        (root / ".devices").mkdir(parents=True, exist_ok=True)
        with FileLock(root / ".devices" / "launch.lock"):
            admit(config, count, root)
            yield


@contextmanager
def _in_one_sentence() -> Iterator[None]:
    """What the disk, or somebody else, has against a beginning, as a ValueError."""
    try:
        yield
    except TimeoutError:
        raise ValueError("Others are starting runs right now: try again in a moment.") from None
    except (OSError, sqlite3.OperationalError) as error:
        raise ValueError(explain(error, BEGINNING)) from error


def resume(run: Run) -> None:
    """Go on with a stopped, failed or lost run from its newest checkpoint; ValueError when it is active or finished."""
    _refuse_to_resume(run)
    with admitted(run.config, run.path.parent):
        start(run)


@contextmanager
def resumed_in_hand(run: Run) -> Iterator[FileLock]:
    """The same for who goes on with it in this process, inside the block."""
    _refuse_to_resume(run)
    with ExitStack() as stack:
        with admitted(run.config, run.path.parent):
            lock = stack.enter_context(_queued(run))
        yield lock


def _refuse_to_resume(run: Run) -> None:
    status = run.status()
    if status.active:
        raise ValueError(f"{run.id} is already {status.state}.")
    if status.state == "finished":
        raise ValueError(f"{run.id} has done all its {status.steps:,} steps.")


def start(run: Run) -> None:
    """A worker for `run`; ValueError when somebody else has it in hand, or was quicker to delete it."""
    with _queued(run) as lock:
        _hand_over(run, lock)


@contextmanager
def _queued(run: Run) -> Iterator[FileLock]:
    """From here on the run is queued, whoever asks; nobody else starts or deletes it inside the block."""
    lock = FileLock(run.lock_path)
    try:
        if not lock.acquire(timeout=0.25):  # longer than anybody only looks
            raise ValueError(f"{run.id} is already in the hands of another worker.")
    except FileNotFoundError:
        raise ValueError(f"There is no run named {run.id!r} any more.") from None
    try:
        run.clear_requests()
        writer = opened(run)
        writer.annotate(0, "queued", "Queued.")
        writer.close()
        yield lock
    finally:
        lock.release()


def _hand_over(run: Run, lock: FileLock) -> None:
    """The worker has the lock before this process lets go of it."""
    hand_over("worker", run.path, log=run.path / "worker.log", lock=lock)


def work(
    run: Run,
    watch: Callable[[Event], None] = lambda event: None,
    *,
    lock: FileLock | None = None,
    tell: Callable[[str], None] = lambda sentence: None,
) -> None:
    """The worker's main, in this process: take the run, wait for the device, train, record; `watch` sees every event.

    Who has it in hand already passes its `lock`, which is released in the end. `tell` hears what is done or waited for
    meanwhile. A run that fails is recorded as failed, not raised. ValueError when another worker has the run in hand.
    """
    lock = lock or handed_over(run.lock_path)
    queued = lock is not None
    lock = lock or FileLock(run.lock_path)
    if not queued and not lock.acquire(timeout=5.0):
        raise ValueError(f"{run.id} is already in the hands of another worker.")
    try:
        with Recorder(run, tell) as recorder, signals_ask(run.request_stop):
            if not queued:
                recorder.annotate("queued", "Queued.")
            try:
                _train(run, recorder, watch)
            except Exception as error:
                recorder.fail(_reason(run, error))  # first, while there is the room that was kept for it
                if not (isinstance(error, EXPECTED) or is_disk_full(error)):
                    with suppress(OSError):
                        traceback.print_exc()
    finally:
        lock.release()


def _reason(run: Run, error: Exception) -> str:
    """Why the run ends, in one sentence."""
    if not run.path.is_dir():
        return _MOVED
    return explain(error, replace(TRAINING, memory=smaller(run.settings["config"])))


def _train(run: Run, recorder: Recorder, watch: Callable[[Event], None]) -> None:
    recorder.say("Starting PyTorch.")
    import torch

    from ganlab.devices import resolve
    from ganlab.engine import train
    from ganlab.events import Finished
    from ganlab.pipeline import Pipeline
    from ganlab.slots import device_slot

    torch.set_num_threads(max(1, torch.get_num_threads() // run.settings["group_size"]))
    config = run.config
    with device_slot(run, resolve(config.device), recorder.say) as taken:
        if not taken:
            recorder.record(Finished(recorder.step, "stopped"))
            return
        state = newest_state(run, recorder.say)
        initial = Pipeline.load(config.start_from).generators if config.start_from and not state else None
        record = run.interventions()
        mailbox = Mailbox(run.mailbox.path, {intervention.letter for intervention in record})
        for event in train(config, resume=state, initial=initial, letters=mailbox.new, record=record, clock=recorder.clock):
            _record(event, recorder, run)
            watch(event)


def newest_state(run: Run, say: Callable[[str], None] = lambda sentence: None) -> dict[str, Any] | None:
    """What to go on from: the newest checkpoint that can be read and is of numbers; None where there is none at all.

    ValueError where there are some and none of them will do.
    """
    from ganlab.checkpoint import read_state, resumable
    from ganlab.training_state import all_finite

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
            say(f"{error} Going back to the one before.")
    if folders:
        raise ValueError(f"All {len(folders)} checkpoints of {run.id} that it could go on from are damaged: start it anew.")
    return None


def _record(event: Event, recorder: Recorder, run: Run) -> None:
    """Keep the event; where the disk is full, wait until there is room or somebody asks to stop."""
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


def is_disk_full(error: Exception) -> bool:
    """Whether an error of the operating system or of SQLite says that there is no room, or no more allowed."""
    if isinstance(error, OSError):
        return error.errno in (errno.ENOSPC, errno.EDQUOT)
    return isinstance(error, sqlite3.OperationalError) and "full" in str(error)


def explain(error: Exception, advice: Advice = TRAINING) -> str:
    """One sentence for a person; the traceback is in the log."""
    text = str(error).strip().split("\n")[0]
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError" or "can't allocate memory" in text:
        return f"Out of memory: {advice.memory}."
    if is_disk_full(error):
        return f"{LIMIT_REACHED if isinstance(error, LimitReached) else DISK_FULL}: {advice.disk}."
    name = Path(str(error.filename)).name if isinstance(error, OSError) and error.filename else ""  # not where it lies
    if isinstance(error, OSError) and error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return advice.locked.format(name=name or "The folder")
    if isinstance(error, sqlite3.OperationalError) and "readonly" in text:
        return advice.locked.format(name="metrics.sqlite")
    if isinstance(error, EXPECTED) and text:
        return text
    if isinstance(error, OSError) and error.strerror:
        text = f"{name}: {error.strerror}" if name else error.strerror
    return f"Unexpected {type(error).__name__}: {text or 'no message'}{f' (details in {advice.log})' if advice.log else ''}."
