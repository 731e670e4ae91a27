"""A small disk of its own, another user's film that fills it, and another program that keeps the record: what runs wait for."""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ganlab.runtime.launch import launch
from ganlab.runtime.run import Run
from ganlab.training import meter
from tests.support.workers import wait_for

if TYPE_CHECKING:
    from tests.support.faults import Faults


@contextmanager
def small_disk(megabytes: int = 8, inodes: int = 0) -> Iterator[Path]:
    """A file system of its own, with so many inodes at most; skips where none may be mounted."""
    folder = Path(tempfile.mkdtemp(prefix="ganlab-disk-"))
    mount = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,nr_inodes={inodes},mode=0777", "tmpfs", str(folder)]
    if os.geteuid() or subprocess.run(mount, capture_output=True, check=False).returncode:
        folder.rmdir()
        pytest.skip("no file system can be mounted here")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)
        folder.rmdir()


class Film:
    """Another user's large file, which leaves `leave` bytes; it comes while the run trains, can shrink, and can be deleted."""

    def __init__(self, folder: Path, leave: int) -> None:
        self.path, self.leave, self.came = folder / "another-users-film", leave, False

    def __call__(self, event: object) -> None:
        if getattr(event, "step", 0) >= 10 and not self.came:
            self.come()

    def come(self) -> None:
        """Now."""
        self.came = True
        free = shutil.disk_usage(self.path.parent).free
        with suppress(OSError), self.path.open("ab", buffering=0) as file:
            file.write(b"\1" * max(0, free - self.leave))

    def give(self, room: int) -> None:
        """Make it so much smaller."""
        os.truncate(self.path, max(0, self.path.stat().st_size - room))


def little_room(faults: Faults, choices: random.Random) -> int:
    """A worker whose disk fills up at a random moment, gets a little room, and loses it again; how often it had to wait."""
    before = os.environ["GANLAB_RUNS"]
    with small_disk() as disk:
        os.environ["GANLAB_RUNS"] = str(disk / "runs")
        try:
            run, film = _training(faults, choices), Film(disk, choices.choice([0, 0, 40_000, 90_000]))
            film.come()
            for _ in range(choices.randint(3, 8)):
                _until(run, "waiting_room")
                film.give(choices.randint(20_000, 1_800_000))
                time.sleep(choices.uniform(0.0, 2.5))
                film.come()
            film.path.unlink()
            faults.workers.quiet()
            waits = [note.kind for note in run.annotations()].count("waiting_room")
            faults._compare(run)
            left = [path.name for path in run.path.rglob("*") if path.suffix == ".partial" or path.name in ("ballast", ".probe")]
            assert not left, f"left behind: {left}"
        finally:
            os.environ["GANLAB_RUNS"] = before
    return waits


def foreign_lock(faults: Faults, choices: random.Random, seconds: float) -> int:
    """A worker whose record another program locks for so long, from a random moment on; whether it had to wait."""
    run = _training(faults, choices)
    with closing(sqlite3.connect(run.database, isolation_level=None, timeout=30)) as other:
        other.execute("BEGIN IMMEDIATE")
        _until(run, "waiting_lock")
        waited = run.status().phase == "waiting_lock"
        time.sleep(seconds if waited else 0)
        other.execute("ROLLBACK")
    faults.workers.quiet()
    faults._compare(run)
    run.delete()
    return waited


def _training(faults: Faults, choices: random.Random) -> Run:
    """A run that has come to a random step; its worker reports every one."""
    before, meter.FLUSH_SECONDS = meter.FLUSH_SECONDS, 0.0
    run, step = launch(faults.config), choices.randint(1, faults.config.steps // 2)
    meter.FLUSH_SECONDS = before
    while run.status().step < step:
        time.sleep(0.002)
    return run


def _until(run: Run, phase: str) -> None:
    wait_for(lambda: run.status().phase == phase or not run.status().active)
    assert run.status().state != "failed", run.status()
