"""Freeing disk space: the checkpoints of ended runs that a simple rule does not keep."""

from __future__ import annotations

import shutil
import sqlite3
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ganlab.core.lock import FileLock, is_held
from ganlab.runtime.checkpoint import STATE, checkpoints, resumable, step_of
from ganlab.runtime.folders import remove_folder
from ganlab.runtime.run import Run, runs, runs_root

_LEFTOVER_SECONDS = 600.0  # younger ones may still be at work


@dataclass(frozen=True)
class Rule:
    """What stays of a run that has ended: its first, best and last checkpoint and every `every`-th in between, counted from
    step 0; of what a resume needs the last, and one more where the run is not finished."""

    every: int = 4


RULE = Rule()


@dataclass(frozen=True)
class Cleaned:
    """What was removed, or would be: `bytes` on the disk, whole `checkpoints`, training `states`, `leftovers` of killed
    processes, over so many `runs`."""

    bytes: int = 0
    checkpoints: int = 0
    states: int = 0
    leftovers: int = 0
    runs: int = 0


def clean(root: Path | None = None, rule: Rule = RULE, *, dry_run: bool = False) -> Cleaned:
    """Remove what `rule` does not keep from every run that has ended, and what killed processes left behind.

    Runs that a worker has claimed are left alone, and so are the record, curves and sheets of all runs. With `dry_run` nothing
    is removed: the result is what would be. A file that a fork shares frees nothing and is not counted.
    """
    root = root or runs_root()
    size = whole = states = touched = 0
    for run in runs(root):
        lock = FileLock(run.lock_path)
        try:
            if not lock.acquire(timeout=0.2):
                continue  # a worker has claimed it
            doomed = list(_doomed(run, rule))
            size += sum(map(_freed, doomed))
            whole += sum(path.is_dir() for path in doomed)
            states += sum(path.is_file() for path in doomed)
            touched += bool(doomed)
            if not dry_run:
                _remove(doomed)
        except (OSError, ValueError, sqlite3.Error):  # deleted meanwhile, or damaged: left alone
            continue
        finally:
            lock.release()
    left = list(_leftovers(root))
    size += sum(map(_freed, left))
    if not dry_run:
        _remove(left)
    return Cleaned(size, whole, states, len(left), touched)


def _doomed(run: Run, rule: Rule) -> Iterator[Path]:
    """Checkpoint folders, and training states of checkpoints that stay."""
    parent = run.path / "checkpoints"
    found, states = checkpoints(parent), resumable(parent)
    status = run.status()
    keep_states = states[-1:] if status.step >= status.steps else states[-2:]
    regular = run.settings.checkpoint_every
    spacing = rule.every * regular  # by step: cleaning twice removes no more
    stay = {*found[:1], *found[-1:], *keep_states, *(folder for folder in found if step_of(folder) % spacing == 0)}
    stay |= {folder for folder in found if step_of(folder) in (run.best, regular)}  # a table's first epoch is the regular one
    for folder in found:
        if folder not in stay:
            yield folder
        elif folder in states and folder not in keep_states:
            yield folder / STATE
    yield from parent.glob(".deleted-*")
    yield from (path for path in parent.glob("*.partial") if _old(path))


def _leftovers(root: Path) -> Iterator[Path]:
    """Half-made and half-deleted folders of processes that were killed in the middle."""
    if not root.is_dir():
        return
    for folder in (root, root / ".jobs"):
        for path in folder.glob(".deleted-*"):
            yield path
        for path in folder.glob("[0-9a-z]*") if folder.is_dir() else ():
            described = any((path / name).exists() for name in ("config.json", "job.json"))
            made = path.is_dir() and not described and _looks_made_here(path)
            if made and _old(path) and not is_held(path / "lock"):  # the clock may have jumped while it is made
                yield path


def _looks_made_here(path: Path) -> bool:
    """Whether this program made the folder; others are not touched."""
    made = {"samples", "checkpoints", "config.partial", "job.json.partial", "lock"}
    return all(item.name in made or item.name.startswith("metrics.sqlite") for item in path.iterdir())  # SQLite's own beside it


def _old(path: Path) -> bool:
    return abs(time.time() - path.stat().st_mtime) > _LEFTOVER_SECONDS


def _remove(paths: list[Path]) -> None:
    """Renamed first: a folder is whole or gone, whenever this is killed."""
    for path in paths:
        if path.name.startswith(".deleted-"):
            shutil.rmtree(path, ignore_errors=True)
        elif path.is_dir():
            remove_folder(path)
        else:
            path.unlink(missing_ok=True)


def _freed(path: Path) -> int:
    """Bytes that come free on the disk: files that have another name elsewhere stay."""
    files = [path] if path.is_file() else [file for file in path.rglob("*") if file.is_file()]
    facts = [file.stat() for file in files]
    return sum(fact.st_blocks * 512 for fact in facts if fact.st_nlink == 1)
