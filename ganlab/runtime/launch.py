"""Launch, queue and resume workers: one process per run, started anew and never forked (ganlab/runtime/worker.py)."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol

from ganlab.core.config import TrainConfig
from ganlab.core.errors import BEGINNING, explain
from ganlab.core.lock import FileLock
from ganlab.runtime.limits import admit
from ganlab.runtime.recorder import opened
from ganlab.runtime.run import Run, remove_folder, runs_root
from ganlab.runtime.spawn import hand_over
from ganlab.training.preflight import check


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
        writer.annotate(0, "queued")
        writer.close()
        yield lock
    finally:
        lock.release()


def _hand_over(run: Run, lock: FileLock) -> None:
    """The worker has the lock before this process lets go of it."""
    hand_over("worker", run.path, log=run.path / "worker.log", lock=lock)
