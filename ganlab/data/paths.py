"""Where data lies: GANLAB_DATA, and a place of our own beside it for what is downloaded or decoded."""

from __future__ import annotations

import errno
import os
from pathlib import Path

_ANY_WRITE_BIT = 0o222


def data_root() -> Path:
    """The folder of data sets: GANLAB_DATA, or `data` in the current directory."""
    return Path(os.environ.get("GANLAB_DATA") or "data").expanduser()


def cache_root() -> Path:
    """Where decoded sets are kept: inside the data folder, or in the user's cache where that folder is read-only."""
    if writable(data_root()):
        return data_root() / ".cache"
    return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "ganlab"


def download_root() -> Path:
    """Where downloaded sets are put: the data folder, or the user's cache where that folder is read-only."""
    return data_root() if writable(data_root()) else cache_root()


def writable(folder: Path) -> bool:
    """Whether files can be created in `folder`, or in the nearest folder above it that exists.

    The mode bits count as well: root may write anywhere, but a folder marked read-only says that it wants to stay as it is.
    """
    folder = folder.absolute()
    while not folder.exists():
        folder = folder.parent
    return folder.is_dir() and os.access(folder, os.W_OK | os.X_OK) and bool(folder.stat().st_mode & _ANY_WRITE_BIT)


def disk_problem(error: OSError) -> str:
    """Why a file could not be written, in words."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return "the disk is full"
    return error.strerror or str(error)
