"""Folders of runs of which another program, a disk or a hand wrote a part: any value, any file, any name, from a seed."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from random import Random
from typing import Any

from ganlab.core.files import is_file, read_bounded

VALUES: tuple[Any, ...] = (
    *(None, True, 0, -1, 3, 10**30, 2**53, 0.5, -0.0, 1e308, float("nan"), float("inf"), "", "x", "a\x00b\x1b[31m\n", "\udcff"),
    *("../../etc/passwd", "ab" * 5000, "\u202egnp", [], [1, 2], ["x", None], [[]], {}, {"a": {"b": []}}, {"run": "x", "step": 1}),
)
NAMES = (
    "20261130-000000-0001",
    "run",
    "a" * 100,
    "Ü",
    " ",
    "a b",
    "x\ny",
    "\udcbb\udce7",
    "-",
    "_x",
    "A",
    "a" * 250,
    "%2e",
    "x.y",
)
TABLES = ("metrics", "sheets", "annotations", "interventions", "state")
STATE = (
    "progress",
    "activity",
    "device",
    "num_images",
    "best",
    "protocols",
    "readings",
    "sheet_titles",
    "domains",
    "kernel_kills",
)
KINDS = (
    "queued",
    "started",
    "paused",
    "waiting_room",
    "continued",
    "changed",
    "finished",
    "stopped",
    "failed",
    "repaired",
    "data",
)
REASONS = ("diverged", "moved", "killed", "out_of_memory", "disk_full", "message", "text", "user", "room", "missing")

Change = Callable[[Random, Path], None]


def bad_run(random: Random, model: Path, root: Path, number: int) -> Path:
    """A copy of the run `model` with one to three parts changed; its name may be none of a run's."""
    name = (
        f"20261130-{number:06d}-{random.choice(NAMES)[:60]}" if random.random() < 0.9 else f"{random.choice(NAMES)[:200]}{number}"
    )
    run = Path(shutil.copytree(model, root / name.replace("/", "")))
    for change in random.choices(CHANGES, k=random.randint(1, 3)):
        if os.path.lexists(run) and run.is_dir() and not run.is_symlink():
            change(random, run)
    return run


def _settings(random: Random, run: Path) -> None:
    """One value of config.json replaced or taken away, at any depth."""
    path = random.choice([run / "config.json", *run.glob("checkpoints/*/config.json")])
    _rewrite(random, path)


def _every_settings(random: Random, run: Path) -> None:
    for path in (run / "config.json", *run.glob("checkpoints/*/config.json")):
        _rewrite(random, path)


def _rewrite(random: Random, path: Path) -> None:
    try:
        values = json.loads(read_bounded(path, 2**20))
    except (OSError, ValueError, RecursionError):
        return
    if not isinstance(values, dict):
        return
    if random.random() < 0.2:
        values["parent"] = {"run": "x", "step": 1, "images": [[0, 0], [1, 64]], "changes": {"lr": [1, 2]}}
    inside = [values, *(value for value in values.values() if isinstance(value, dict))]
    inside += [value for part in inside for value in part.values() if isinstance(value, dict)]
    filled = [part for part in inside if part]
    if not filled:
        return
    chosen = random.choice(filled)
    key = random.choice(list(chosen))
    if random.random() < 0.2:
        del chosen[key]
    else:
        chosen[key] = random.choice(VALUES)
    path.write_text(json.dumps(random.choice(VALUES) if random.random() < 0.05 else values))


def _bytes(random: Random, run: Path) -> None:
    """A file cut, overwritten, emptied, or with other bytes."""
    files = [path for path in run.rglob("*") if is_file(path) and path.stat().st_size < 2**24]
    if not files:
        return
    path = random.choice(files)
    data = path.read_bytes()
    at = random.randrange(len(data) + 1)
    junk = random.randbytes(random.choice((0, 1, 16, 5000)))
    path.write_bytes(random.choice((data[:at], junk, data[:at] + junk + data[at + len(junk) :], b"[" * 100_000, b"\xff" * 999)))


def _kind(random: Random, run: Path) -> None:
    """Something else in a file's or folder's place: nothing, a folder, a file, a pipe, a loop, a link to a device."""
    path = random.choice([*run.rglob("*"), run / "lock", run / "control.jsonl", run / "metrics.sqlite-wal"])
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
    match random.randrange(7):
        case 0:
            path.mkdir(parents=True, exist_ok=True)
        case 1:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"x")
        case 2:
            os.mkfifo(path)
        case 3:
            path.symlink_to(path.name)
        case 4:
            path.symlink_to("/dev/zero")
        case 5:
            path.symlink_to("/no/such/place")


def _large(random: Random, run: Path) -> None:
    """A file of 50 GB, without taking that room."""
    path = random.choice([run / "config.json", run / "control.jsonl", *run.glob("checkpoints/*/config.json"), run / "lock"])
    if not os.path.lexists(path) or is_file(path):
        with path.open("ab") as file:
            file.truncate(50 * 10**9)


def _closed(random: Random, run: Path) -> None:
    with suppress(OSError):  # a link that leads nowhere
        path = random.choice([run, *run.rglob("*")])
        if not path.is_symlink():
            path.chmod(0)


def _rows(random: Random, run: Path) -> None:
    """Rows with any values in the tables of the record."""
    path, value = run / "metrics.sqlite", lambda: random.choice(VALUES)
    if not path.is_file():
        return
    try:
        with closing(sqlite3.connect(path)) as database, database:
            for _ in range(random.randint(1, 4)):
                step, text = random.choice((0, 100, -1, 2**62, "x", None, 1.5)), json.dumps(value())
                match random.randrange(6):
                    case 0:
                        state = {"progress": {random.choice(("step", "steps_per_second", "seconds", "x")): value()}}
                        key = random.choice(STATE)
                        database.execute("INSERT OR REPLACE INTO state VALUES (?, ?)", (key, json.dumps(state.get(key, value()))))
                    case 1:
                        data = {random.choice(("reason", "who", "name", "remarks", "text", "value")): value(), "reason": value()}
                        data |= {"reason": random.choice(REASONS)} if random.random() < 0.7 else {}
                        row = (step, 1.0, random.choice((*KINDS, text)), json.dumps(data))
                        database.execute("INSERT INTO annotations(step, time, kind, data) VALUES (?, ?, ?, ?)", row)
                    case 2:
                        changed = {"step": value(), "name": random.choice(("lr", "d_steps", "G", "x")), "value": value()}
                        database.execute("INSERT INTO interventions(json) VALUES (?)", (json.dumps(changed),))
                    case 3:
                        name = random.choice(("loss/G/adversarial", "score/real", "distance/x", text))
                        database.execute(
                            "INSERT OR REPLACE INTO metrics VALUES (?, ?, ?)", (name, step, random.choice((1e999, "x", None, 5)))
                        )
                    case 4:
                        database.execute("INSERT OR REPLACE INTO sheets VALUES (?)", (random.choice((7, -5, 2**62)),))
                    case 5:
                        database.execute(f"DROP TABLE IF EXISTS {random.choice(TABLES)}")
    except (sqlite3.Error, UnicodeEncodeError, OverflowError):
        return


def _commands(random: Random, run: Path) -> None:
    lines = (json.dumps(random.choice(VALUES)), '{"command": 3, "who": []}', '{"command": "change", "name": null}', "[" * 5000)
    path = run / "control.jsonl"
    if not os.path.lexists(path):
        path.write_text("\n".join(random.choices(lines, k=5)) + "\n")


def _name(random: Random, run: Path) -> None:
    """A checkpoint or sheet of another name."""
    found = [*run.glob("checkpoints/*"), *run.glob("samples/*")]
    if found:
        path = random.choice(found)
        path.rename(path.with_name(random.choice(("step-0", "step-999999999999999999", "step-x", "\udcff", "step--1.png", "x"))))


def _whole(random: Random, run: Path) -> None:
    """No folder, but a file, a loop, a link to a device or to another run."""
    shutil.rmtree(run)
    match random.randrange(4):
        case 0:
            run.write_bytes(b"x")
        case 1:
            run.symlink_to(run.name)
        case 2:
            run.symlink_to("/dev")
        case 3:
            run.symlink_to(run.parent)


CHANGES: tuple[Change, ...] = (
    *(_settings,) * 5,
    *(_every_settings,) * 3,
    *(_bytes,) * 3,
    *(_kind,) * 3,
    *(_rows,) * 6,
    *(_large, _closed, _commands, _name, _whole),
)
