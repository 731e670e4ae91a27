"""Runs survive: killed workers and servers, full disks, lost permissions, damaged files, moved folders, jumping clocks."""

from __future__ import annotations

import atexit
import errno
import os
import re
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from functools import cache, partial
from pathlib import Path
from typing import Any

import pytest
import torch
from starlette.applications import Starlette
from starlette.testclient import TestClient

from ganlab.__main__ import main
from ganlab.app.api import routes
from ganlab.app.api.summary import detailed
from ganlab.app.views.status_wording import damage_text, status_text
from ganlab.core.errors import explain
from ganlab.core.events import Checkpoint
from ganlab.core.lock import FileLock
from ganlab.runtime import spawn as detached
from ganlab.runtime.checkpoint import INFO, MODEL, STATE, read_model, resumable, save, step_of
from ganlab.runtime.fork import fork
from ganlab.runtime.launch import launch, resume
from ganlab.runtime.run import Run, damaged_runs, runs, runs_root
from ganlab.runtime.worker import work
from ganlab.training import meter
from tests.support import ROOT
from tests.support.fake_runs import FakeRun
from tests.support.faults import CONFIG, end_of, read_everything, same
from tests.support.short_of_room import Film, small_disk
from tests.support.workers import wait_for


@pytest.fixture(scope="module", autouse=True)
def every_step_looks() -> Iterator[None]:
    """Reports and commands at every step, not a few times a second; one thread."""
    before = torch.get_num_threads(), meter.FLUSH_SECONDS
    meter.FLUSH_SECONDS = 0.0
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before[0])
    meter.FLUSH_SECONDS = before[1]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], Any]:
    """How a run ends to which nothing happens."""
    run = Run.create(CONFIG, root=tmp_path_factory.mktemp("whole"))
    work(run)
    return end_of(run)


def assert_ends_like(run: Run, whole: tuple[dict[str, Any], Any], *, curves: bool = True) -> None:
    """Bit for bit: weights, optimizers, and all that was shown."""
    assert run.status().state == "finished", run.status()
    state, shown = end_of(run)
    assert same(state, whole[0])
    if curves:
        assert shown.points == whole[1].points
    assert shown.sheets == whole[1].sheets


@cache
def _stopped() -> Path:
    """Stopped after about 18 steps, with checkpoints to fall back to; made once, copied for every test."""
    run = Run.create(CONFIG, root=Path(tempfile.mkdtemp(prefix="ganlab-stopped-")))
    atexit.register(shutil.rmtree, run.path.parent)
    work(run, lambda event: run.request_stop() if getattr(event, "step", 0) >= 18 else None)
    run.clear_requests()
    assert run.status().state == "stopped" and len(resumable(run.path / "checkpoints")) >= 2
    return run.path


def interrupted(root: Path | None = None) -> Run:
    """A run that somebody has stopped."""
    path = _stopped()
    return Run(Path(shutil.copytree(path, (root or runs_root()) / path.name)))


# -- kills ------------------------------------------------------------------------------------------------------------------


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="kills through Linux' process tree")
def test_killed_workers_and_servers_lose_nothing() -> None:
    """A process of its own, since it forks its workers; hundreds of moments are the benchmark's."""
    command = [sys.executable, "benchmarks/faults.py", "--kills", "4", "--seed", "7", "--races", "1"]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 not survived" in done.stdout


def test_at_no_moment_can_two_workers_take_a_run_or_one_a_deleted_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """Start, Stop, Resume, Delete pressed by several people at once: one outcome each, a sentence for the others."""
    held: list[int] = []
    monkeypatch.setattr(detached, "_spawned", lambda verb, folder, log, descriptor: held.append(os.dup(descriptor)))
    for number in range(20):
        run = Run.create(CONFIG)
        actions: list[Callable[[], object]] = [partial(resume, run), partial(resume, run), run.delete, run.request_stop]
        with ThreadPoolExecutor(4) as people:
            outcomes = [future.exception() for future in [people.submit(action) for action in actions[number % 2 :]]]
        wrong = [error for error in outcomes if error and not isinstance(error, ValueError | FileNotFoundError)]
        assert not wrong
        assert len(held) == (1 if run.path.exists() else len(held)) <= 1
        for descriptor in held:
            os.close(descriptor)
        held.clear()
        with suppress(ValueError):
            run.delete()
    assert runs() == []


# -- the disk ---------------------------------------------------------------------------------------------------------------


@contextmanager
def somebody(acts: Callable[[], None]) -> Iterator[None]:
    """A person who does something while the worker works in this thread; what goes wrong there is raised here."""
    with ThreadPoolExecutor(1) as person:
        doing = person.submit(acts)
        yield
        doing.result(60)


@pytest.mark.parametrize("leave", [0, 90_000])
def test_a_full_disk_pauses_a_run_until_there_is_room(leave: int, whole: Any) -> None:
    with small_disk() as disk:
        run = Run.create(CONFIG, root=disk / "runs")
        sentences: list[str] = []

        def make_room() -> None:
            wait_for(lambda: run.status().state == "paused")
            sentences.append(status_text(run.status()))
            time.sleep(1.5)  # it tries again, in vain
            assert run.status().state == "paused"
            read_everything(run)
            film.path.unlink()

        film = Film(disk, leave)
        with somebody(make_room):
            work(run, film)
        assert sentences == ["The disk is full: training waits until there is room."]
        assert [note.kind for note in run.annotations()].count("waiting_room") == 1
        assert_ends_like(run, whole)
        assert not list(run.path.rglob("*.partial")) and not (run.path / "ballast").exists()


def test_room_that_comes_and_goes_bit_by_bit_costs_only_time(whole: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ganlab.runtime.retry._SECONDS", 0.05)
    with small_disk() as disk:
        run = Run.create(CONFIG, root=disk / "runs")
        film, paused = Film(disk, 0), list[bool]()

        def give_and_take() -> None:
            for room in (100_000, 500_000, 1_060_000, 1_120_000, 1_300_000, 1_900_000):
                wait_for(lambda: run.status().state in ("paused", "finished"))
                film.give(room)
                time.sleep(0.2)
                film.come()
                paused.append(run.status().state == "paused")
            film.path.unlink()

        with somebody(give_and_take):
            work(run, film)
        assert_ends_like(run, whole)
        assert any(paused) and not list(run.path.rglob("*.partial")) and not (run.path / "ballast").exists()


def test_a_disk_without_inodes_is_full_too_and_a_stop_is_still_heard(whole: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ganlab.runtime.retry._SECONDS", 0.05)
    with small_disk(inodes=200) as disk:
        run = Run.create(CONFIG, root=disk / "runs")

        def take_all(event: object) -> None:
            if getattr(event, "step", 0) == 10 and not (disk / "many").exists():
                (disk / "many").mkdir()
                with suppress(OSError):
                    for number in range(200):
                        (disk / "many" / str(number)).touch()

        def stop() -> None:
            wait_for(lambda: run.status().state == "paused")
            assert status_text(run.status()) == "The disk is full: training waits until there is room."
            run.request_stop()

        with somebody(stop):
            assert work(run, take_all).reason == "disk_full"
        assert (run.status().state, run.status().reason) == ("failed", "disk_full")
        shutil.rmtree(disk / "many")
        run.clear_requests()
        work(run)
        assert_ends_like(run, whole)


def test_another_program_that_locks_the_record_costs_only_time(whole: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ganlab.runtime.retry._SECONDS", 0.05)
    monkeypatch.setattr("ganlab.runtime.store._BUSY_SECONDS", 0.05)
    run = Run.create(CONFIG)

    def lock() -> None:
        wait_for(lambda: run.status().step >= 5)
        with closing(sqlite3.connect(run.database, isolation_level=None, timeout=30)) as other:
            for statement in ("BEGIN IMMEDIATE", "BEGIN EXCLUSIVE"):
                other.execute(statement)
                wait_for(lambda: run.status().phase == "waiting_lock" or run.status().state == "finished")
                read_everything(run)
                other.execute("ROLLBACK")

    with somebody(lock):
        work(run)
    assert_ends_like(run, whole)


def test_a_run_that_waits_for_room_can_be_stopped_and_goes_on_later(whole: Any) -> None:
    with small_disk() as disk:
        run = Run.create(CONFIG, root=disk / "runs")

        film = Film(disk, 40_000)

        def stop() -> None:
            wait_for(lambda: run.status().state == "paused")
            run.request_stop()

        with somebody(stop):
            work(run, film)
        assert run.status().state == "failed"
        assert run.status().reason == "disk_full"
        assert status_text(run.status()) == "The disk is full: make room, then resume; the last checkpoint is kept."
        film.path.unlink()
        run.clear_requests()
        work(run)
        assert_ends_like(run, whole)


def test_the_limit_of_a_server_pauses_runs_too(whole: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    run = Run.create(CONFIG)
    monkeypatch.setenv("GANLAB_DISK_LIMIT", "10 kB")

    def allow_more() -> None:
        wait_for(lambda: run.status().state == "paused")
        assert status_text(run.status()) == "The runs take all the room they may: training waits until there is room."
        monkeypatch.setenv("GANLAB_DISK_LIMIT", "1 GB")

    with somebody(allow_more):
        work(run)
    assert_ends_like(run, whole)


def test_on_a_full_disk_nothing_is_started_and_nothing_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    with small_disk() as disk:
        monkeypatch.setenv("GANLAB_RUNS", str(disk / "runs"))
        Film(disk, 0).come()
        with pytest.raises(ValueError, match=r"^(Only .* are left|The disk is full: make room)[^\n]*$"):
            launch(CONFIG)
        assert runs() == []


@contextmanager
def as_nobody(folder: Path) -> Iterator[None]:
    """Root may write everywhere; inside, this process is somebody for whom permissions count."""
    if os.geteuid():
        yield
        return
    for path in (folder, *folder.rglob("*")):
        os.chown(path, 65534, 65534)
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


def test_permissions_that_are_taken_away_end_a_run_in_one_sentence(whole: Any) -> None:
    folder = Path(tempfile.mkdtemp(prefix="ganlab-denied-"))
    folder.chmod(0o755)
    try:
        run = Run.create(CONFIG, root=folder / "runs")
        (folder / "runs" / ".devices").mkdir()
        with as_nobody(folder):
            work(run, lambda event: (run.path / "checkpoints").chmod(0o555) if getattr(event, "step", 0) == 10 else None)
            assert run.status().state == "failed"
            assert status_text(run.status()).endswith("cannot be written: make it writable again, then resume.")
            read_everything(run)
            (run.path / "checkpoints").chmod(0o755)
            work(run)
            assert_ends_like(run, whole)
    finally:
        shutil.rmtree(folder)


def test_ctrl_c_in_a_folder_that_became_read_only_keeps_what_can_be_kept_and_says_what_is_true(whole: Any) -> None:
    folder = Path(tempfile.mkdtemp(prefix="ganlab-denied-"))
    folder.chmod(0o755)
    try:
        for name, denied in (("one", "*"), ("two", "checkpoints")):
            run = Run.create(CONFIG, root=folder / name)
            (folder / name / ".devices").mkdir()

            def deny(event: object, run: Run = run, denied: str = denied) -> None:
                if getattr(event, "step", 0) == 10 and run.path.stat().st_mode & 0o200:
                    for path in (run.path, *run.path.rglob(denied)):
                        path.chmod(path.stat().st_mode & ~0o222)
                    os.kill(os.getpid(), signal.SIGINT)

            with as_nobody(folder):
                ended = work(run, deny)
            assert (ended.state, ended.reason) == (run.status().state, run.status().reason) == ("failed", "locked")
            assert status_text(run.status()).endswith("cannot be written: make it writable again, then resume.")
            for path in (run.path, *run.path.rglob("*")):
                path.chmod(0o755)
            work(run)
            assert_ends_like(run, whole)
    finally:
        shutil.rmtree(folder)


def test_where_nothing_can_be_written_any_more_the_terminal_and_the_lists_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    run = Run.create(CONFIG)

    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system", str(run.path))

    def deny(event: object) -> None:
        if getattr(event, "step", 0) == 10:
            for where in ("store.Writer._transaction", "checkpoint.save", "recorder.Recorder._save_sheet"):
                monkeypatch.setattr(f"ganlab.runtime.{where}", refuse)
            monkeypatch.setattr(FileLock, "leave_note", refuse)

    ended = work(run, deny)
    assert (ended.state, ended.reason) == ("failed", "locked")
    monkeypatch.setattr("ganlab.runtime.run.writable", lambda folder: False)
    assert status_text(run.status()) == (
        "The worker ended and could not record why, as the run's folder cannot be written: make it writable, then resume."
    )


def test_a_read_only_disk_can_still_be_looked_at(whole: Any) -> None:
    with small_disk() as disk:
        run = interrupted(disk / "runs")
        before = read_everything(run)
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
        after = read_everything(run)
        assert (after.points, after.sheets) == (before.points, before.sheets)
        with pytest.raises(ValueError, match="cannot be written: make it writable again"):
            resume(run)
        subprocess.run(["mount", "-o", "remount,rw", str(disk)], check=True)
        work(run)
        assert_ends_like(run, whole)


# -- damage -----------------------------------------------------------------------------------------------------------------


def _flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0x10
    path.write_bytes(data)


def _spoil(path: Path) -> None:
    state = torch.load(path, weights_only=True)
    next(iter(state["training"]["networks"].values())).fill_(torch.nan)
    torch.save(state, path)


DAMAGE: dict[str, Callable[[Path], object]] = {
    "state truncated": lambda folder: os.truncate(folder / STATE, (folder / STATE).stat().st_size // 2),
    "state empty": lambda folder: (folder / STATE).write_bytes(b""),
    "state zeroed": lambda folder: (folder / STATE).write_bytes(bytes((folder / STATE).stat().st_size)),
    "one bit of the state flipped": lambda folder: _flip(folder / STATE),
    "state missing": lambda folder: (folder / STATE).unlink(),
    "state of somebody else": lambda folder: torch.save({"epoch": 3, "model": {}}, folder / STATE),
    "weights that are no numbers": lambda folder: _spoil(folder / STATE),
    "state a list": lambda folder: torch.save([1, 2], folder / STATE),
    "folder empty": lambda folder: [path.unlink() for path in folder.iterdir()],
    "folder a file": lambda folder: (shutil.rmtree(folder), folder.write_bytes(b"?")),
    "folder full of others": lambda folder: (shutil.rmtree(folder), shutil.copytree(ROOT / "docs", folder)),
    "config damaged": lambda folder: (folder / INFO).write_text('{"format": '),
    "model truncated": lambda folder: os.truncate(folder / MODEL, 100),
    "one bit of the model flipped": lambda folder: _flip(folder / MODEL),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_newest_checkpoint_costs_only_the_steps_since_the_one_before(damage: str, whole: Any) -> None:
    run = interrupted()
    newest = resumable(run.path / "checkpoints")[-1]
    DAMAGE[damage](newest)
    detailed(run)
    assert run.status().state == "stopped"
    work(run)
    assert_ends_like(run, whole)
    for folder in run.checkpoints():
        if folder.name != newest.name or not re.search("config|model", damage):
            read_model(folder)
        elif "model" in damage:
            with pytest.raises(ValueError, match=f"model.safetensors in {newest.name} is damaged"):
                read_model(folder)


def test_where_all_checkpoints_are_damaged_the_run_says_so() -> None:
    run = interrupted()
    for folder in resumable(run.path / "checkpoints"):
        (folder / STATE).write_bytes(b"PK")
    work(run)
    assert run.status().state == "failed" and status_text(run.status()).endswith("are damaged: start it anew.")


RECORD: dict[str, Callable[[Path], object]] = {
    "garbage": lambda path: path.write_bytes(b"not a database" * 999),
    "truncated": lambda path: os.truncate(path, path.stat().st_size // 2),
    "its middle overwritten": lambda path: path.write_bytes(
        (data := path.read_bytes())[: len(data) // 3] + b"\xa5" * (len(data) // 3) + data[2 * (len(data) // 3) :]
    ),
    "empty": lambda path: path.write_bytes(b""),
    "gone": lambda path: path.unlink(),
    "a log of nothing beside it": lambda path: path.with_name(f"{path.name}-wal").write_bytes(b"\xff" * 5000),
}


@pytest.mark.parametrize("damage", RECORD)
def test_a_damaged_record_is_told_in_one_sentence_and_the_run_still_ends_the_same(damage: str, whole: Any) -> None:
    run, other = interrupted(), Run.create(CONFIG)
    RECORD[damage](run.database)
    client = TestClient(Starlette(routes=routes()))
    listed = {item["id"]: item["status"]["details"].get("text", "") for item in client.get("/api/runs").json()}
    assert listed.keys() == {run.id, other.id} and "\n" not in listed[run.id]
    if damage == "garbage":
        assert "metrics.sqlite is damaged" in listed[run.id]
    answer = client.get(f"/api/runs/{run.id}/delta")
    assert answer.status_code == 200 or answer.json()["error"].startswith("metrics.sqlite is damaged")
    work(run)
    assert_ends_like(run, whole, curves=False)
    assert client.get(f"/api/runs/{run.id}/delta").status_code == 200


def test_damaged_settings_are_found_again_in_a_checkpoint(whole: Any) -> None:
    run = interrupted()
    (run.path / "config.json").write_text('{"config": {"fam')
    again = Run(run.path)
    assert [one.id for one in runs()] == [run.id] and again.config == CONFIG
    work(again)
    assert_ends_like(again, whole)


@pytest.mark.parametrize("junk", ["", "{", "[]", "{}", "null", '{"config": 3}', "\udcff", "[" * 100_000])
def test_settings_that_nobody_can_read_are_told_and_disturb_nothing_else(junk: str, capsys: pytest.CaptureFixture[str]) -> None:
    broken, fine = Run.create(CONFIG), Run.create(CONFIG)
    (broken.path / "config.json").write_bytes(junk.encode(errors="surrogateescape"))
    assert [run.id for run in runs()] == [fine.id]
    ((found, damage),) = damaged_runs().items()
    assert found.path == broken.path and damage.kind in ("no_json", "missing")
    sentence = damage_text(found.id, damage)
    assert sentence.startswith(f"config.json of the run {broken.id} is damaged, ") and "\n" not in sentence
    assert main(["runs"]) == 0
    assert sentence in capsys.readouterr().err
    found.delete()
    assert damaged_runs() == {}


# -- moved, renamed, at another time ----------------------------------------------------------------------------------------


def test_a_run_that_is_renamed_moved_and_copied_stays_the_same_run(tmp_path: Path, whole: Any) -> None:
    run = interrupted()
    moved = Run(shutil.move(run.path, tmp_path / "elsewhere" / "my-best-run"))
    copied = Run(Path(shutil.copytree(moved.path, runs_root() / "a-copy")))
    for one in (moved, copied):
        read_everything(one)
        work(one)
        assert_ends_like(one, whole)


@pytest.mark.parametrize("jump", [-10 * 365 * 86400, 10 * 365 * 86400])
def test_a_clock_that_jumps_changes_nothing(jump: int, whole: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    real = time.time
    run = interrupted()
    monkeypatch.setattr(time, "time", lambda: real() + jump)
    read_everything(run)
    work(run, lambda event: monkeypatch.setattr(time, "time", real) if getattr(event, "step", 0) == 22 else None)
    assert_ends_like(run, whole)
    assert run.status().seconds < 100
    forked = fork_in_place(run)
    work(forked)
    assert_ends_like(forked, whole)


def fork_in_place(run: Run) -> Run:
    from ganlab.runtime.fork import new_fork

    return new_fork(run, step_of(resumable(run.path / "checkpoints")[0])).create()


def test_a_checkpoint_that_vanishes_while_it_is_forked_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    run = interrupted()

    def vanish(source: str | Path, target: str | Path) -> None:
        raise FileNotFoundError(errno.ENOENT, "gone", str(source))

    monkeypatch.setattr("ganlab.runtime.fork.share", vanish)
    with pytest.raises(ValueError, match="was removed meanwhile: choose another"):
        fork(run)
    assert [one.id for one in runs()] == [run.id]


# -- memory, and numbers that are none --------------------------------------------------------------------------------------


def test_out_of_memory_names_the_settings_and_a_value(whole: Any) -> None:
    run = Run.create(CONFIG.replace(batch_size=4096, width=64, steps=3))
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    before = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + 60 * 2**20, before[1]))
    try:
        work(run)
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)
    assert run.status().state == "failed"
    assert status_text(run.status()) == (
        "Out of memory: try batch_size = 2048 (it was 4096); a smaller width or image_size needs less too."
    )


def test_an_array_that_does_not_fit_is_out_of_memory_too() -> None:
    assert explain(MemoryError("Unable to allocate 5.2 GiB for an array")).startswith("Out of memory: a smaller batch_size")


def test_what_a_killed_worker_says_is_true_of_its_checkpoints_and_of_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ganlab.runtime.recorder.kernel_kills", lambda: 3)
    lost = FakeRun(runs_root()).start().train(50)
    lost._lock.release()
    monkeypatch.setattr("ganlab.runtime.run.kernel_kills", lambda: 3)
    assert status_text(lost.run.status()) == "The worker was killed before it kept a checkpoint. Resume to begin again."
    lost.checkpoint()
    assert status_text(lost.run.status()) == "The worker was killed. Its last checkpoint is kept: resume to go on from there."
    monkeypatch.setattr("ganlab.runtime.run.kernel_kills", lambda: 4)
    assert status_text(lost.run.status()) == (
        "The worker was killed. The machine ran out of memory meanwhile: try batch_size = 32 (it was 64); a smaller width or "
        "image_size needs less too. Its last checkpoint is kept: resume to go on from there."
    )
    monkeypatch.setattr("ganlab.runtime.run.kernel_kills", lambda: None)  # another machine
    assert "memory" not in status_text(lost.run.status())


def test_a_checkpoint_that_replaces_an_older_one_is_never_half_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    run = interrupted()
    newest = run.checkpoints()[-1]
    event = Checkpoint(step_of(newest), {"G.w": torch.ones(2)}, {"step": 1}, {}, ())
    removed: list[str] = []
    real = shutil.rmtree
    monkeypatch.setattr(
        shutil, "rmtree", lambda path, *rest, **words: (removed.append(Path(path).name), real(path, *rest, **words))
    )
    save(newest.parent, event, {})
    assert newest.name not in removed and f".deleted-{newest.name}" in removed
    assert read_model(newest)["G.w"].tolist() == [1, 1] and not list(newest.parent.glob(".*"))


def test_a_loss_that_stops_being_a_number_ends_the_run_at_the_last_good_checkpoint(
    whole: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ganlab.training.adversarial import AdversarialTraining

    real, run = AdversarialTraining.step, Run.create(CONFIG)

    def poisoned(self: Any, batches: Any) -> Any:
        if self.steps_done == 13:
            with torch.no_grad():
                for parameter in self.networks.parameters():
                    parameter.fill_(torch.nan)
        return real(self, batches)

    monkeypatch.setattr(AdversarialTraining, "step", poisoned)
    work(run)
    status = run.status()
    message = status_text(status)
    assert status.state == "failed" and "stopped being a number at step 1" in message and "learning rate" in message
    assert status.reason == "diverged" and status.details["step"] == 14
    assert all(torch.isfinite(tensor).all() for folder in run.checkpoints() for tensor in read_model(folder).values())
    assert step_of(run.checkpoints()[-1]) == 12
    monkeypatch.setattr(AdversarialTraining, "step", real)
    work(run)
    assert_ends_like(run, whole)
