"""The folders of runs and jobs: named by their time of creation, and deleted in one step."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import time
from pathlib import Path

from ganlab.core.files import is_file
from ganlab.core.lock import FileLock


def remove_unless_held(path: Path, lock_path: Path, refusal: str) -> None:
    """Delete a folder that no process has claimed; ValueError with `refusal` while one has."""
    lock = FileLock(lock_path)
    try:
        if not lock.acquire(timeout=0.5):  # a worker that ends releases it; with the lock held here none resumes the run
            raise ValueError(refusal)
    except OSError:
        if not os.path.lexists(path):  # another process was quicker: the outcome is the same
            return
        if is_file(lock_path):
            raise  # what is no file was claimed by no worker
    try:
        remove_folder(path)
    finally:
        lock.release()


def remove_folder(path: Path) -> None:
    """Delete a folder and all it holds; other processes see it vanish at once."""
    try:
        grave = path.rename(path.with_name(f".deleted-{path.name[:40]}-{secrets.token_hex(4)}"))
    except FileNotFoundError:  # another process was quicker: the outcome is the same
        return
    if grave.is_symlink():
        grave.unlink()
    shutil.rmtree(grave, ignore_errors=True)


def share(source: Path, target: Path) -> None:
    """A hard link; a copy where there are none. Finished files of a run are replaced, never written to."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def new_folder(root: Path, stem: str) -> Path:
    """A new directory whose name sorts by its time of creation, to 15 microseconds: the queue goes by it."""
    stem = re.sub("[^a-z0-9-]+", "-", stem.lower())[:70]
    while True:
        seconds, rest = divmod(time.time_ns(), 10**9)
        path = root / f"{time.strftime('%Y%m%d-%H%M%S', time.localtime(seconds))}-{rest * 2**16 // 10**9:04x}-{stem}"
        try:
            path.mkdir(parents=True)
            return path
        except FileExistsError:  # another process made the same name
            continue
