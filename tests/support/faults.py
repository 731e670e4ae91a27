"""Kill workers and servers at random moments, and look whether anything that was shown is lost.

Shared by tests/runtime/test_survival.py (a few seeded moments) and benchmarks/faults.py (hundreds). PyTorch is imported
once, here, and every worker is a fork of this process: what it runs, and what is killed, is `python -m ganlab worker` from
its first line on.
"""

from __future__ import annotations

import ctypes
import json
import os
import random
import shutil
import signal
import sqlite3
import sys
import time
import traceback
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

import torch

from ganlab.__main__ import main
from ganlab.app.api.snapshot import Seen, Snapshot
from ganlab.app.api.summary import detailed
from ganlab.app.views.status_wording import status_text
from ganlab.core.config import TrainConfig
from ganlab.core.interventions import Command
from ganlab.runtime import cleanup as cleaning
from ganlab.runtime import spawn as detached
from ganlab.runtime.checkpoint import STATE, checkpoints, read_info, read_model, read_state
from ganlab.runtime.cleanup import clean
from ganlab.runtime.fork import fork, forkable, repeat
from ganlab.runtime.launch import launch, resume
from ganlab.runtime.run import Run, runs
from ganlab.training import meter
from tests.support.app_server import AppServer
from tests.support.small import small
from tests.support.workers import wait_for

CONFIG = small(
    image_size=16, width=4, batch_size=4, z_dim=8, samples=4, steps=30, checkpoint_every=4, sample_every=5, keep_checkpoints=3
)
TOUCHES = {"open", "os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.link", "os.scandir", "sqlite3.connect", "os.truncate"}
BY_DESCRIPTOR = {"os.remove", "os.rmdir", "os.scandir", "open"}  # how shutil.rmtree goes down a tree: the names are relative
ALIKE = ("loss/", "score/")  # metrics that are the same however long it took
REFUSED = 3  # exit status of an action that ended in one sentence
_SUBREAPER = 36  # of prctl: workers whose server was killed become children of this process


@dataclass
class Workers:
    """Forks that do what started workers do; `pids` of those alive, `kill_at` the file event at which the next one dies.

    `ended` holds the wait status of every process that has ended since it was last cleared: who was killed, and by what.
    """

    root: Path
    pids: list[int] = field(default_factory=list)
    kill_at: int = 0
    ended: dict[int, int] = field(default_factory=dict)

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
                touched = die_at(kill_at, self.root) if kill_at else None
                act()
                if touched:  # it outlived its moment: this is how many there are
                    self.touched.write_text(str(touched()))
            except ValueError:  # refused in one sentence
                code = REFUSED
            except BaseException:
                traceback.print_exc()
                code = 1
            os._exit(code)
        return pid

    @property
    def touched(self) -> Path:
        """Where an action that was not killed says how many files it has touched."""
        return self.root.with_name("touched")

    def quiet(self, seconds: float = 120.0, look: Callable[[], object] = lambda: None) -> None:
        """Until no process that was started here is left; `look` is done over and over meanwhile."""
        deadline = time.monotonic() + seconds
        while _children():
            self.reap()
            look()
            assert time.monotonic() < deadline, "a worker does not end"
            time.sleep(0.005)
        self.pids.clear()

    def reap(self) -> None:
        """Take note of all that have ended by now."""
        with suppress(ChildProcessError):
            while (found := os.waitpid(-1, os.WNOHANG))[0]:
                self.ended[found[0]] = found[1]

    def wait(self, pid: int, seconds: float = 60.0) -> int:
        """Until that process has ended; its wait status."""
        deadline = time.monotonic() + seconds
        while pid not in self.ended:
            assert time.monotonic() < deadline, "an action does not end"
            self.reap()
            time.sleep(0.002)
        return self.ended[pid]

    def killed(self, *but: int) -> list[int]:
        """The signals by which processes other than `but` have ended."""
        return [os.WTERMSIG(status) for pid, status in self.ended.items() if pid not in but and os.WIFSIGNALED(status)]


def _children(pid: int = 0) -> list[str]:
    """Processes that this one has started, or another one."""
    pid = pid or os.getpid()
    return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()


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


def die_at(event: int, root: Path) -> Callable[[], int]:
    """This process gets SIGKILL right before it touches a file below `root` for the `event`-th time; how often it has."""
    count, me, removing = 0, os.getpid(), False

    def hook(name: str, arguments: tuple[Any, ...]) -> None:
        nonlocal count, removing
        ours = os.getpid() == me and str(root) in str(arguments[0] if arguments else "")
        removing = removing or (ours and name == "shutil.rmtree")
        if (name in TOUCHES and ours) or (removing and name in BY_DESCRIPTOR):
            count += 1
            if count == event:
                os.kill(me, signal.SIGKILL)

    sys.addaudithook(hook)
    return lambda: count


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
    from ganlab.runtime.worker import work

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
    busy: int = 0  # looks in vain, one after the other
    looks: int = 0  # while its worker was at it
    steady: bool = True  # False: a change at its checkpoint makes a run another one from there on

    def look(self, run: Run, *, meanwhile: bool = False) -> None:
        """Add what the run shows now; it must be readable in every way, and nothing seen before may be missing.

        While it trains (`meanwhile`) checkpoints come and go, and a file may be in somebody's hands for a moment.
        """
        try:
            seen = read_everything(run, checkpoints=not meanwhile)
        except (sqlite3.OperationalError, FileNotFoundError):
            if not meanwhile:
                raise
            self.busy += 1
            assert self.busy < 20, "it stays unreadable"
            return
        self.busy, self.looks = 0, self.looks + meanwhile
        lost = self.points.keys() - seen.points.keys()
        assert not lost, f"points are gone: {sorted(lost)[:3]}"
        assert not self.sheets.keys() - seen.sheets.keys(), "sheets are gone"
        changed = [key for key, value in self.points.items() if seen.points[key] != value]
        if self.steady:
            assert not changed, f"points have changed: {changed[:3]}"
            assert all(seen.sheets[step] == png for step, png in self.sheets.items()), "a sheet has changed"
        self.points, self.sheets, self.step = seen.points, seen.sheets, run.status().step


def read_everything(run: Run, *, checkpoints: bool = True) -> Shown:
    """As the screens do: status, curves, sheets, checkpoints, the web's answers; whatever cannot be read raises."""
    status = run.status()
    assert status_text(status).count("\n") == 0 and "Traceback" not in status_text(status)
    assert run.id in {other.id for other in runs(run.path.parent)}
    detailed(run)
    Snapshot.read(run).delta(Seen())
    for folder in run.checkpoints() if checkpoints else ():
        read_info(folder), read_model(folder)
        if (folder / STATE).is_file():
            read_state(folder)
    shown = Shown(sheets={step: run.sample_path(step).read_bytes() for step in run.samples()})
    for name, series in run.series().items():
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
        self.obeyed: Counter[str] = Counter()  # signals that ask, and were heard: the worker ended by itself
        self.most_lost = self.races = self.looks = self.changes = 0
        self.files = dict(_FILES)
        begun = time.monotonic()
        reference = launch(config)
        workers.quiet()
        assert reference.status().state == "finished", reference.status()
        self.seconds = time.monotonic() - begun
        self.end = end_of(reference)
        reference.delete()

    @property
    def kills(self) -> int:
        """Moments so far at which a real process was killed, as its wait status says."""
        return sum(self.counts.values())

    def chain(self, most: int) -> None:
        """One run from launch to its end, whose worker is killed up to `most` times on the way; then it is compared.

        Every third one is changed on the way: then it is compared to its own repeat.
        """
        run, shown, number, commands = None, Shown(), 0, []
        changing = self.random.random() < 1 / 3
        shown.steady = not changing
        while run is None or run.status().state != "finished":
            self.workers.ended.clear()
            kind = self.random.choice([*SIGNALS, "SIGKILL at a file"]) if number < most else ""
            if kind == "SIGKILL at a file":
                self.workers.kill_at = self.random.randint(1, 200)
            with _hearing(changing):
                if run is None:
                    run = launch(self.config)
                else:
                    resume(run)
            number += 1
            if changing and number <= most and self._steps_left(run):
                commands.append(f"command-{number}")
                run.mailbox.add(Command("change", "lr", self.random.choice([1e-4, 3e-4, 1e-3]), id=commands[-1]))
            if kind in SIGNALS:
                self._signal(SIGNALS[kind], kind)
            before = self._running_to_end(run, shown)
            self._judge(run, shown, before, kind)
            assert number <= most + 2, f"it does not end: {run.status()}"
        self.looks += shown.looks
        if changing:
            self._as_promised(run, commands)
        else:
            self._compare(run)
        run.delete()

    def _steps_left(self, run: Run) -> bool:
        """Whether the run has steps to do: where it has none, what is asked of it comes after the last."""
        folders = run.checkpoints()
        return not folders or read_info(folders[-1]).step < self.config.steps

    def _as_promised(self, run: Run, commands: list[str]) -> None:
        """Every confirmed change was made once (the last one may have come after the last step), and a repeat ends the same."""
        made = [one.command_id for one in run.interventions()]
        assert sorted(made) == sorted(commands) or sorted(made) == sorted(commands[:-1]), f"asked {commands}, made {made}"
        self.changes += len(made)
        again = repeat(run)
        self.workers.quiet()
        state, shown = end_of(again)
        first, first_shown = end_of(run)
        assert same(state, first), "the weights differ from those of the repeat"
        assert shown.points == first_shown.points and shown.sheets == first_shown.sheets, "what is shown differs from the repeat"
        again.delete()

    def _signal(self, number: int, kind: str) -> None:
        time.sleep(self.random.uniform(0, 0.9 * self.seconds))
        for pid in self.workers.pids:
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                return

    def _running_to_end(self, run: Run, shown: Shown) -> int:
        """Look on, as a viewer does, until the worker is gone; the step that was shown before it went."""
        self.workers.quiet(look=lambda: self._glance(run, shown))
        return shown.step

    def _glance(self, run: Run, shown: Shown) -> None:
        shown.look(run, meanwhile=True)
        time.sleep(0.05)

    def _judge(self, run: Run, shown: Shown, before: int, kind: str) -> None:
        status = run.status()
        shown.look(run)
        killed = self.workers.killed()
        if killed:
            assert kind, f"nobody killed it: {status}"
            self.counts[kind] += 1
        elif status.state != "finished":
            self.obeyed[f"{kind}, heard" if status.state == "stopped" else f"{kind} before it listened"] += 1
        if status.state == "finished":
            self.when["after the last step"] += bool(killed)
            return
        assert status.state == "lost" or (not killed and status.state == "stopped"), status
        if not killed:
            assert kind in ("SIGTERM", "SIGINT"), f"nobody asked it to stop: {status}"
            return
        self._found_lost(run)

    def _found_lost(self, run: Run) -> None:
        """Note what the killed worker of a lost run was doing; no more than is allowed may be lost."""
        status = run.status()
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
        self.workers.ended.clear()
        self.workers.touched.unlink(missing_ok=True)
        pid = self.workers.act(self._action(what, run), self.random.randint(1, self.files[what]))
        died = os.WIFSIGNALED(self.workers.wait(pid))
        if self.workers.touched.exists():  # it ended before its moment, and told how many there were
            self.files[what] = max(1, int(self.workers.touched.read_text()))
        if both:  # workers that the server had started by then have become ours
            time.sleep(self.random.uniform(0, 0.5 * self.seconds))
            for child in _children():
                os.kill(int(child), signal.SIGKILL)
        self.workers.quiet()
        others = bool(self.workers.killed(pid))
        if died or others:
            who = {(True, False): "server", (True, True): "server and worker", (False, True): "worker after a server's"}
            self.counts[f"{who[died, others]}, {what}"] += 1
        for one in runs(self.workers.root):
            if one.id not in known or what != "delete":
                mine = shown if run and one.id == run.id else Shown()
                mine.look(one)
            self._finish(one)
        self._sweep()

    def together(self) -> None:
        """A server with a run under way and its worker get SIGKILL in one moment, one call after the other; then all goes on."""
        self.workers.ended.clear()
        shown, choices = Shown(), random.Random(self.random.random())
        server = self.workers.act(lambda: self._serve(choices))
        wait_for(lambda: _children(server) and runs(self.workers.root))
        (run,), until = runs(self.workers.root), time.monotonic() + self.random.uniform(0, 0.9 * self.seconds)
        while time.monotonic() < until:
            self._glance(run, shown)
        doomed = [server, *map(int, _children(server))]
        self.random.shuffle(doomed)
        for pid in doomed:
            os.kill(pid, signal.SIGKILL)
        self.workers.quiet()
        assert len(doomed) == 2 and set(doomed) <= self.workers.ended.keys(), "a server has one worker"
        if len(self.workers.killed()) == 2:
            self.counts["server and worker in one moment"] += 1
            assert run.status().state == "lost", run.status()
            self._found_lost(run)
        else:
            assert run.status().state == "finished", run.status()
            self.counts["server, after its worker was done"] += 1
        shown.look(run)
        self._finish(run)
        self._sweep()

    def _serve(self, choices: random.Random) -> NoReturn:
        """Start a run, then answer for it as a server does: reading, cleaning up, passing on what people press."""
        run = launch(self.config)
        while True:
            detailed(run)
            Snapshot.read(run).delta(Seen())
            pressed = choices.choice(["", "", "pause", "continue", "clean"])
            if pressed == "clean":
                clean(self.workers.root)
            elif pressed:
                run.mailbox.add(Command(pressed))
            time.sleep(0.01)

    def race(self) -> None:
        """Several people press Resume, Stop, Delete and Fork of one run at once: one outcome each, no traceback."""
        run = self._ready("resume")
        assert run
        actions = [self._action(what, run) for what in ("resume", "resume", "fork")] + [run.request_stop]
        if self.random.random() < 0.5:
            actions.append(run.delete)
        self.random.shuffle(actions)
        people = [self.workers.act(action) for action in actions]
        codes = [os.waitstatus_to_exitcode(self.workers.wait(pid)) for pid in people]
        assert set(codes) <= {0, REFUSED}, f"a traceback instead of an outcome: {codes}"
        self.workers.quiet()
        self.races += 1
        for one in runs(self.workers.root):
            Shown().look(one)
            self._finish(one)
        self._sweep()

    def application(self, home: Path, *, both: bool) -> None:
        """`streamlit run app.py` is killed while a run is paused, and with `both` the worker too; a new one finds the run."""
        before, meter.FLUSH_SECONDS = meter.FLUSH_SECONDS, 0.0  # its worker looks for commands at every step
        run, shown = launch(self.config), Shown()
        run.mailbox.add(Command("pause"))
        meter.FLUSH_SECONDS = before
        wait_for(lambda: run.status().state == "paused")
        shown.look(run)
        with AppServer(home, home / "data") as server:
            server.kill()
        if both:
            os.kill(self.workers.pids[-1], signal.SIGKILL)
            assert os.WIFSIGNALED(self.workers.wait(self.workers.pids[-1]))
        with AppServer(home, home / "data") as server:
            with urllib.request.urlopen(f"{server.url}/api/runs", timeout=30) as answer:
                listed = {item["id"]: item["status"]["state"] for item in json.load(answer)}
            assert listed == {run.id: "lost" if both else "paused"}, listed
            shown.look(run)
            if both:
                resume(run)
            else:
                run.mailbox.add(Command("continue"))
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


@contextmanager
def _hearing(changing: bool) -> Iterator[None]:
    """Workers that are started inside look for commands at every step if one is to be `changing` them."""
    before = meter.FLUSH_SECONDS
    meter.FLUSH_SECONDS = 0.0 if changing else before
    try:
        yield
    finally:
        meter.FLUSH_SECONDS = before


_FILES = {"launch": 25, "resume": 20, "fork": 45, "delete": 45, "clean": 40}  # how often each touches a file, about, at first
