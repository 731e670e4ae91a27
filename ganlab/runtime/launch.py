"""Start and resume runs: each is trained by a process of its own, started anew and never forked (ganlab/runtime/worker.py)."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from ganlab.core import plugins
from ganlab.core.config import TrainConfig
from ganlab.core.devices import resolve
from ganlab.core.errors import BEGINNING, all_mistakes, explain
from ganlab.core.lock import FileLock
from ganlab.runtime.folders import remove_folder
from ganlab.runtime.limits import admit
from ganlab.runtime.recorder import opened
from ganlab.runtime.run import Run, runs_root
from ganlab.runtime.spawn import hand_over
from ganlab.runtime.trackers import check_tracker
from ganlab.training.preflight import check
from ganlab.training.warm_start import LoadModel


@dataclass(frozen=True)
class NewRun:
    """A run that is not made yet: the arguments of Run.create.

    `fill` adds what a fork or a repeat begins with to its directory.
    """

    config: TrainConfig
    root: Path
    settings: Mapping[str, Any] = field(default_factory=dict)  # recipe, group, group_size, parent, owner
    fill: Callable[[Run], None] = lambda run: None

    def create(self, prepare: Callable[[Run], None] = lambda run: None) -> Run:
        """Make the directory; `prepare` is called before other processes can see the run."""

        def both(run: Run) -> None:
            self.fill(run)
            prepare(run)

        return Run.create(self.config, root=self.root, prepare=both, **self.settings)


def launch(
    config: TrainConfig, *, recipe: str = "", owner: str = "", log_to: str = "", load_model: LoadModel | None = None
) -> Run:
    """Start training `config` in a process of its own, which outlives this one, and return at once.

    The run waits when its device is busy. `owner` is the seat that starts it in the sandbox, `log_to` a tracker that is given its
    events. `load_model` opens the model that `start_from` names, to see whether it fits. ValueError when the settings do not fit
    together, the tracker is not installed, too many runs wait already, or the disk is full.
    """
    new = logging_to(log_to, new_runs({recipe: config}, load_model))
    return start([replace(one, settings={**one.settings, "owner": owner}) for one in new])[0]


def logging_to(tracker: str, new: Sequence[NewRun]) -> list[NewRun]:
    """The runs with a tracker for their events, "" for none; ValueError where it is not installed."""
    if tracker:
        check_tracker(tracker)
    return [replace(one, settings={**one.settings, "log_to": tracker}) for one in new] if tracker else list(new)


def launch_together(configs: Mapping[str, TrainConfig], load_model: LoadModel | None = None) -> list[Run]:
    """Start {recipe: config} as one group, side by side on one device; ValueError, as `launch`, and then none is left."""
    return start(new_runs(configs, load_model))


def new_runs(
    configs: Mapping[str, TrainConfig],
    load_model: LoadModel | None = None,
    check_more: Callable[[TrainConfig], None] = lambda _: None,
) -> list[NewRun]:
    """The runs of a group before they are made; Mistakes names all settings that do not fit, and what `check_more` raises."""
    with all_mistakes() as part:
        for config in configs.values():
            with part():
                check(config, load_model)
            with part():
                check_more(config)
    group = {"group": f"{time.time_ns():x}" if len(configs) > 1 else "", "group_size": len(configs)}
    return [NewRun(config, runs_root(), {"recipe": name, **group}) for name, config in configs.items()]


def start(new: Sequence[NewRun]) -> list[Run]:
    """Make the runs and start a worker for each; ValueError, and none is left, when one cannot be made or started."""
    started: list[Run] = []
    with claim(new) as claimed, _as_value_error():
        try:
            for run, lock in claimed.items():
                _start_worker(run, lock)
                started.append(run)
        except BaseException:
            for run in started:  # its worker runs already: half a group is asked to stop
                with suppress(OSError):
                    run.request_stop()
            for run in claimed.keys() - started:
                remove_folder(run.path)
            raise
    return started


@contextmanager
def claim(new: Sequence[NewRun]) -> Iterator[dict[Run, FileLock]]:
    """Make the runs; inside the block this process holds their locks.

    Each is locked and queued before other processes can see it. ValueError, and none is left, when the server does not admit
    them or one cannot be made.
    """
    claimed: dict[Run, FileLock] = {}
    with ExitStack() as locks:

        def lock(run: Run, device: str) -> None:
            claimed[run] = locks.enter_context(_queued(run, device))

        with _admission(new[0].config, new[0].root, len(new), sandbox=bool(new[0].settings.get("owner"))):
            try:
                for one in new:
                    one.create(partial(lock, device=resolve(one.config.device)))
            except BaseException:
                for run in claimed:
                    remove_folder(run.path)
                raise
        yield claimed


def resume(run: Run | str) -> None:
    """Continue a stopped, failed or lost run, or the one of an id, from its newest checkpoint.

    ValueError when it is active or finished.
    """
    run = run if isinstance(run, Run) else Run.open(str(run))
    with claim_again(run) as lock, _as_value_error():
        _start_worker(run, lock)


@contextmanager
def claim_again(run: Run) -> Iterator[FileLock]:
    """Queue a run that has ended before its last step; inside the block this process holds its lock. ValueError as `resume`."""
    status = run.status()
    if status.active:
        raise ValueError(f"{run.id} is already {status.state}.")
    if status.state == "finished":
        raise ValueError(f"{run.id} has done all its {status.steps:,} steps.")
    plugins.require(run.settings.packages)
    with ExitStack() as locks:
        with _admission(run.config, run.path.parent, sandbox=bool(run.settings.owner)):
            lock = locks.enter_context(_queued(run, resolve(run.config.device)))
        yield lock


@contextmanager
def _admission(config: TrainConfig, root: Path, count: int = 1, *, sandbox: bool = False) -> Iterator[None]:
    """Admit `count` runs like `config`, one process at a time, so that two at once do not pass a limit.

    ValueError when the server lets no more wait, or the disk is full.
    """
    with _as_value_error():
        (root / ".devices").mkdir(parents=True, exist_ok=True)
        with FileLock(root / ".devices" / "launch.lock"):
            admit(config, count, root, sandbox=sandbox)
            yield


@contextmanager
def _queued(run: Run, device: str) -> Iterator[FileLock]:
    """Lock and queue a run for `device`: no other process starts or deletes it inside the block."""
    lock = FileLock(run.lock_path)
    try:
        if not lock.acquire(timeout=0.25):  # longer than a reader's probe
            raise ValueError(f"Another worker has claimed {run.id} already.")
    except FileNotFoundError:
        raise ValueError(f"There is no run named {run.id!r} any more.") from None
    try:
        run.clear_requests()
        writer = opened(run)
        writer.enqueue(0, device)
        writer.close()
        lock.leave_note("")  # of an earlier worker
        yield lock
    finally:
        lock.release()


def _start_worker(run: Run, lock: FileLock) -> None:
    """The worker inherits the lock before this process releases it."""
    hand_over("worker", run.path, log=run.path / "worker.log", lock=lock)


@contextmanager
def _as_value_error() -> Iterator[None]:
    """An error of the disk, or of another process that starts runs, as a ValueError of one sentence."""
    try:
        yield
    except TimeoutError:
        raise ValueError("Others are starting runs right now: try again in a moment.") from None
    except (OSError, sqlite3.OperationalError) as error:
        raise ValueError(explain(error, BEGINNING)) from error
