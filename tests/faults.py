"""Killing workers and servers at random moments, and looking whether anything that was shown is lost.

Shared by tests/test_faults.py (a few seeded moments) and benchmarks/faults.py (hundreds). PyTorch is imported once, here, and
every worker is a fork of this process: what it runs, and what is killed, is `python -m ganlab worker` from its first line on.
"""

from __future__ import annotations

import ctypes
import json
import os
import random
import shutil
import signal
import sys
import time
import traceback
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

import torch
from app_server import AppServer
from small import small
from workers import wait_for

from ganlab import detached, meter
from ganlab.__main__ import main
from ganlab.checkpoint import STATE, checkpoints, read_info, read_model, read_state
from ganlab.config import TrainConfig
from ganlab.control import Request
from ganlab.fork import fork, forkable
from ganlab.housekeeping import clean, cleaning
from ganlab.process import launch, resume
from ganlab.run import Run, runs
from ganlab.web.snapshot import Seen, Snapshot
from ganlab.web.summary import detailed

CONFIG = small(
    image_size=16, width=4, batch_size=4, z_dim=8, samples=4, steps=30, checkpoint_every=4, sample_every=5, keep_checkpoints=3
)
TOUCHES = {"open", "os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.link", "os.scandir", "sqlite3.connect", "os.truncate"}
ALIKE = ("loss/", "score/")  # metrics that are the same however long it took
REFUSED = 3  # exit status of an action that ended in one sentence
_SUBREAPER = 36  # of prctl: workers whose server was killed become children of this process


@dataclass
class Workers:
    """Forks that do what started workers do; `pids` of those alive, `kill_at` the file event at which the next one dies."""

    root: Path
    pids: list[int] = field(default_factory=list)
    kill_at: int = 0

    def spawn(self, verb: str, folder: Path, log: Path, descriptor: int | None = None) -> None:
        """In the place of `subprocess.Popen([python, -m, ganlab, verb, folder])`."""
        kill_at, self.kill_at = self.kill_at, 0
        pid = os.fork()
        if not pid:
            _become(["worker" if verb == "worker" else verb, str(folder)], log, descriptor, self.root, kill_at)
        self.pids.append(pid)

    def act(self, act: Callable[[], object], kill_at: int = 0) -> int:
        """Do something in a process of its own, as a server would, and return the process."""
        pid = os.fork()
        if not pid:
            code = 0
            try:
                if kill_at:
                    die_at(kill_at, self.root)
                act()
            except ValueError:  # refused in one sentence
                code = REFUSED
            except BaseException:
                traceback.print_exc()
                code = 1
            os._exit(code)
        return pid

    def quiet(self, seconds: float = 120.0) -> None:
        """Until no process that was started here is left."""
        deadline = time.monotonic() + seconds
        while _children():
            try:
                os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                break
            assert time.monotonic() < deadline, "a worker does not end"
            time.sleep(0.005)
        self.pids.clear()


def _children() -> list[str]:
    return Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()


def _become(arguments: list[str], log: Path, descriptor: int | None, root: Path, kill_at: int) -> NoReturn:
    """What a started process is: a session, signals and open files of its own."""
    try:
        os.setsid()
        with log.open("ab") as output, Path(os.devnull).open() as nothing:
            os.dup2(nothing.fileno(), 0)
            os.dup2(output.fileno(), 1)
            os.dup2(output.fileno(), 2)
        for other in (int(path.name) for path in list(Path("/proc/self/fd").iterdir())):
            if other > 2 and other != descriptor:
                try:
                    os.close(other)
                except OSError:
                    continue
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)
        sys.stdout, sys.stderr = (os.fdopen(number, "w", buffering=1) for number in (1, 2))
        if descriptor is not None:
            os.environ["GANLAB_LOCK_FD"] = str(descriptor)
        if kill_at:
            die_at(kill_at, root)
        main(arguments)
    except BaseException:
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


def die_at(event: int, root: Path) -> None:
    """This process gets SIGKILL right before it touches a file below `root` for the `event`-th time."""
    count, me = 0, os.getpid()

    def hook(name: str, arguments: tuple[Any, ...]) -> None:
        nonlocal count
        if name in TOUCHES and os.getpid() == me and str(root) in str(arguments[0] if arguments else ""):
            count += 1
            if count == event:
                os.kill(me, signal.SIGKILL)

    sys.addaudithook(hook)


@contextmanager
def forked_workers(root: Path) -> Iterator[Workers]:
    """Inside, whatever starts a worker forks this process; runs live under `root`."""
    torch.set_num_threads(1)
    ctypes.CDLL(None).prctl(_SUBREAPER, 1, 0, 0, 0)
    _warm_up(root)
    workers = Workers(root)
    before, runs_before = detached._spawned, os.environ.get("GANLAB_RUNS")
    detached._spawned = workers.spawn  # type: ignore[assignment]
    os.environ["GANLAB_RUNS"] = str(root)
    try:
        yield workers
    finally:
        detached._spawned = before
        if runs_before is not None:
            os.environ["GANLAB_RUNS"] = runs_before
        for pid in _children():
            os.kill(int(pid), signal.SIGKILL)
        workers.quiet()


def _warm_up(root: Path) -> None:
    """Import here, once, whatever training imports late."""
    from ganlab.process import work

    spare = root.with_name(root.name + "-warm-up")
    work(Run.create(CONFIG.replace(steps=2), root=spare))
    shutil.rmtree(spare)


# -- what must hold ---------------------------------------------------------------------------------------------------------


@dataclass
class Shown:
    """Everything that a person has seen of a run."""

    points: dict[tuple[str, int], float] = field(default_factory=dict)
    sheets: dict[int, bytes] = field(default_factory=dict)
    step: int = 0

    def look(self, run: Run) -> None:
        """Add what the run shows now; it must be readable in every way, and nothing seen before may be missing."""
        seen = read_everything(run)
        lost = self.points.keys() - seen.points.keys()
        assert not lost, f"points are gone: {sorted(lost)[:3]}"
        assert not self.sheets.keys() - seen.sheets.keys(), "sheets are gone"
        changed = [key for key, value in self.points.items() if seen.points[key] != value]
        assert not changed, f"points have changed: {changed[:3]}"
        assert all(seen.sheets[step] == png for step, png in self.sheets.items()), "a sheet has changed"
        self.points, self.sheets, self.step = seen.points, seen.sheets, run.status().step


def read_everything(run: Run) -> Shown:
    """As the screens do: status, curves, sheets, checkpoints, the web's answers; whatever cannot be read raises."""
    status = run.status()
    assert status.message.count("\n") == 0 and "Traceback" not in status.message
    assert run.id in {other.id for other in runs(run.path.parent)}
    detailed(run)
    Snapshot.read(run).delta(Seen())
    for folder in run.checkpoints():
        read_info(folder), read_model(folder)
        if (folder / STATE).is_file():
            read_state(folder)
    shown = Shown(sheets={step: run.sample_path(step).read_bytes() for step in run.samples()})
    for name, series in run.metrics().items():
        if name.startswith(ALIKE):
            shown.points |= {
                (name, step): value for step, value in zip(series.steps.tolist(), series.values.tolist(), strict=True)
            }
    return shown


def end_of(run: Run) -> tuple[dict[str, Any], Shown]:
    """The last training state and all that is shown: what two runs must agree on bit for bit."""
    return read_state(checkpoints(run.path / "checkpoints")[-1])["training"], read_everything(run)


def same(a: Any, b: Any) -> bool:
    """Whether two trees of tensors and plain values are equal, bit for bit."""
    if isinstance(a, torch.Tensor):
        return torch.equal(a, b)
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(value, b[key]) for key, value in a.items())
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(map(same, a, b))
    return bool(a == b)


# -- the suite --------------------------------------------------------------------------------------------------------------

SIGNALS = {"SIGKILL": signal.SIGKILL, "SIGTERM": signal.SIGTERM, "SIGINT": signal.SIGINT, "OOM killer": signal.SIGKILL}
SERVER = ("launch", "resume", "fork", "delete", "clean")


class Faults:
    """Random faults on runs under `root`; `counts` says how many of which kind were survived."""

    def __init__(self, workers: Workers, seed: int, config: TrainConfig = CONFIG) -> None:
        self.workers, self.random, self.config = workers, random.Random(seed), config
        self.counts: Counter[str] = Counter()
        self.when: Counter[str] = Counter()
        self.most_lost = self.races = 0
        begun = time.monotonic()
        reference = launch(config)
        workers.quiet()
        assert reference.status().state == "finished", reference.status()
        self.seconds = time.monotonic() - begun
        self.end = end_of(reference)
        reference.delete()

    @property
    def kills(self) -> int:
        """Moments so far at which a real process was killed."""
        return sum(self.counts.values())

    def chain(self, most: int) -> None:
        """One run from launch to its end, whose worker is killed up to `most` times on the way; then it is compared."""
        run, shown, number = None, Shown(), 0
        while run is None or run.status().state != "finished":
            kind = self.random.choice([*SIGNALS, "SIGKILL at a file"]) if number < most else ""
            if kind == "SIGKILL at a file":
                self.workers.kill_at = self.random.randint(1, 200)
            if run is None:
                run = launch(self.config)
            else:
                resume(run)
            number += 1
            if kind in SIGNALS:
                self._signal(SIGNALS[kind], kind)
            before = self._running_to_end(run, shown)
            self._judge(run, shown, before, kind)
            assert number <= most + 2, f"it does not end: {run.status()}"
        self._compare(run)
        run.delete()

    def _signal(self, number: int, kind: str) -> None:
        time.sleep(self.random.uniform(0, 0.9 * self.seconds))
        for pid in self.workers.pids:
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                return

    def _running_to_end(self, run: Run, shown: Shown) -> int:
        """Look on, as a viewer does, until the worker is gone; the step that was shown before it went."""
        self.workers.quiet()
        return shown.step

    def _judge(self, run: Run, shown: Shown, before: int, kind: str) -> None:
        status = run.status()
        shown.look(run)
        if status.state == "finished":
            return
        assert kind, f"nobody killed it: {status}"
        assert status.state in ("lost", "stopped"), status
        self.counts[kind] += 1
        words = [note.kind for note in run.annotations()]
        loading = words[-1] == "queued"
        partial = list((run.path / "checkpoints").glob("*.partial"))
        self.when[
            "while a checkpoint was written or thinned out" if partial else "before training" if loading else "training"
        ] += 1
        folders = [folder for folder in run.checkpoints() if (folder / STATE).is_file()]
        kept = read_info(folders[-1]).step if folders else 0
        lost = status.step - kept
        self.most_lost = max(self.most_lost, lost)
        assert lost <= self.config.checkpoint_every, f"{lost} steps are lost"

    def _compare(self, run: Run) -> None:
        state, shown = end_of(run)
        assert same(state, self.end[0]), "the weights differ from those of a run that was never killed"
        assert shown.points == self.end[1].points, "the curves differ"
        assert shown.sheets == self.end[1].sheets, "the sheets differ"

    def server(self, what: str, *, both: bool = False) -> None:
        """A server is killed while it does `what` for somebody, and with `both` every worker too; then all goes on."""
        run = self._ready(what)
        known = {one.id for one in runs(self.workers.root)}
        shown = Shown()
        if run:
            shown.look(run)
        by_file = not both and self.random.random() < 0.7
        pid = self.workers.act(self._action(what, run), self.random.randint(1, _FILES[what]) if by_file else 0)
        if not by_file:
            time.sleep(self.random.uniform(0, 0.5 * self.seconds if both else 0.1))
            for child in [*(_children() if both else ()), str(pid)]:
                os.kill(int(child), signal.SIGKILL)
            if both:  # workers that the server had started by then have become ours
                for child in _children():
                    os.kill(int(child), signal.SIGKILL)
        self.workers.quiet()
        self.counts[f"server, {what}" + (", and its workers" if both else "")] += 1
        for one in runs(self.workers.root):
            if one.id not in known or what != "delete":
                mine = shown if run and one.id == run.id else Shown()
                mine.look(one)
            self._finish(one)
        self._sweep()

    def race(self) -> None:
        """Several people press Resume, Stop, Delete and Fork of one run at once: one outcome each, no traceback."""
        run = self._ready("resume")
        assert run
        actions = [self._action(what, run) for what in ("resume", "resume", "fork")] + [run.request_stop]
        if self.random.random() < 0.5:
            actions.append(run.delete)
        self.random.shuffle(actions)
        people = [self.workers.act(action) for action in actions]
        codes = [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in people]
        assert set(codes) <= {0, REFUSED}, f"a traceback instead of an outcome: {codes}"
        self.workers.quiet()
        self.races += 1
        for one in runs(self.workers.root):
            Shown().look(one)
            self._finish(one)
        self._sweep()

    def application(self, home: Path, *, both: bool) -> None:
        """`streamlit run app.py` is killed while a run is paused, and with `both` the worker too; a new one finds the run."""
        before, meter.FLUSH_SECONDS = meter.FLUSH_SECONDS, 0.0  # its worker looks for letters at every step
        run, shown = launch(self.config), Shown()
        run.mailbox.add(Request("pause"))
        meter.FLUSH_SECONDS = before
        wait_for(lambda: run.status().state == "paused")
        shown.look(run)
        with AppServer(home, home / "data") as server:
            server.kill()
        if both:
            os.kill(self.workers.pids[-1], signal.SIGKILL)
            os.waitpid(self.workers.pids[-1], 0)
        with AppServer(home, home / "data") as server:
            with urllib.request.urlopen(f"{server.url}/api/runs", timeout=30) as answer:
                listed = {item["id"]: item["status"]["state"] for item in json.load(answer)}
            assert listed == {run.id: "lost" if both else "paused"}, listed
            shown.look(run)
            if both:
                resume(run)
            else:
                run.mailbox.add(Request("continue"))
            wait_for(lambda: run.status().state == "finished")
        self.workers.quiet()
        self.counts["application" + (" and worker" if both else "")] += 1
        shown.look(run)
        self._compare(run)
        run.delete()

    def _ready(self, what: str) -> Run | None:
        """The run that the server is about to do something with."""
        if what == "launch":
            return None
        run = launch(self.config)
        if what in ("resume", "fork"):
            time.sleep(self.random.uniform(0.5, 0.9) * self.seconds)
            run.request_stop()
        self.workers.quiet()
        return run

    def _action(self, what: str, run: Run | None) -> Callable[[], object]:
        if what == "launch" or run is None:
            return lambda: launch(self.config)
        if what == "fork":
            return lambda: fork(run, forkable(run)[-1], steps=self.config.steps) if forkable(run) else None
        return {"resume": lambda: resume(run), "delete": run.delete, "clean": lambda: clean(run.path.parent)}[what]

    def _finish(self, run: Run) -> None:
        """Whatever is left of a run can be brought to the same end."""
        if run.status().state != "finished":
            resume(run)
            self.workers.quiet()
        assert run.status().state == "finished", run.status()
        self._compare(run)
        run.delete()

    def _sweep(self) -> None:
        """Leftovers of what was killed are found and removed; nothing else is left in the folder."""
        before, cleaning._LEFTOVER_SECONDS = cleaning._LEFTOVER_SECONDS, -1.0
        try:
            clean(self.workers.root)
        finally:
            cleaning._LEFTOVER_SECONDS = before
        left = {path.name for path in self.workers.root.iterdir()} - {".devices"}
        assert not left, f"left behind: {left}"


_FILES = {"launch": 25, "resume": 20, "fork": 45, "delete": 45, "clean": 40}  # how often each touches a file, about
