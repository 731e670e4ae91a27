"""Small questions about files: their checksum, whether a folder can be written, why writing failed."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

MAX_WEIGHTS_BYTES = 10**9  # of a file of weights: a full CycleGAN with its optimizers has 0.34 GB
_ANY_WRITE_BIT = 0o222


def is_file(path: Path) -> bool:
    """Whether a file is there that may be looked at."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def is_no_file(path: Path) -> bool:
    """Whether something else than a file is there: a folder, a pipe, a device."""
    try:
        return not stat.S_ISREG(path.stat().st_mode)
    except (OSError, ValueError):
        return False


def read_bounded(path: Path, most: int) -> bytes:
    """The bytes of a file of at most `most`; OSError for a larger one, a folder, and a pipe or device, which may never end."""
    with open_file(path) as file:
        content = file.read(most + 1)
    if len(content) > most:
        raise OSError(errno.EOVERFLOW, f"It has more than {most:,} bytes", str(path))
    return content


def open_file(path: Path) -> BinaryIO:
    """A file to read; OSError for a folder, a pipe or a device, without waiting for one."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "It is no file", str(path))
    return os.fdopen(descriptor, "rb")


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file, as 64 hexadecimal digits."""
    return _digest(path, hashlib.sha256)


def matches(path: Path, checksum: str) -> bool:
    """Whether `path` is a file with this checksum: a whole MD5 (32 digits), or else the first digits of its SHA-256."""
    if not path.is_file():
        return False
    if len(checksum) == 32:
        return _digest(path, lambda: hashlib.md5(usedforsecurity=False)) == checksum
    return sha256(path).startswith(checksum)


def no_folder(path: Path) -> bool:
    """Whether neither a folder is at `path` nor one can be made there: it, or what it should lie in, is something else."""
    while not os.path.lexists(path) and path != path.parent:
        path = path.parent
    return not path.is_dir()


def writable(folder: Path) -> bool:
    """Whether files can be created in `folder`, or in the nearest folder above it that exists.

    The mode bits count as well: root may write anywhere, but a folder marked read-only is meant to stay as it is.
    """
    folder = folder.absolute()
    while not folder.exists():
        folder = folder.parent
    return folder.is_dir() and os.access(folder, os.W_OK | os.X_OK) and bool(folder.stat().st_mode & _ANY_WRITE_BIT)


def disk_problem(error: OSError) -> str:
    """Why a file could not be written, as a clause for a message."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return "the disk is full"
    return error.strerror or str(error)


def _digest(path: Path, algorithm: Callable[[], Any]) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, algorithm).hexdigest()
