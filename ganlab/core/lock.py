"""An advisory lock that dies with its process: the only honest sign that a worker is alive.

A process id can be reused and a killed child that was not reaped still answers signals; the kernel drops an flock the
moment its holder is gone. Linux and macOS; on Windows run GANLab inside WSL.
"""

from __future__ import annotations

import errno
import fcntl
import os
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

_BUSY = (errno.EACCES, errno.EAGAIN)
_NOTE_BYTES = 512


class FileLock:
    """A lock on `path`; `shared` holders tolerate each other, an exclusive one tolerates none."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._descriptor: int | None = None

    def acquire(self, *, shared: bool = False, timeout: float = 0.0) -> bool:
        """Take the lock, trying for `timeout` seconds; False when another process keeps it.

        FileNotFoundError when its folder is gone, or was deleted by the process that had the lock.
        """
        if self._descriptor is None:
            self._descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        mode = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
        deadline = time.monotonic() + timeout
        while True:
            try:
                fcntl.flock(self._descriptor, mode | fcntl.LOCK_NB)
                self.make_sure_it_is_there()
                return True
            except FileNotFoundError:
                self.release()
                raise
            except OSError as error:
                if error.errno not in _BUSY:
                    raise
            if time.monotonic() >= deadline:
                self.release()
                return False
            time.sleep(0.01)

    def make_sure_it_is_there(self) -> None:
        """Raise FileNotFoundError where the file of a lock that is held was moved, deleted or replaced."""
        with suppress(NotADirectoryError):  # a file is where its folder was
            if self._descriptor is None or os.path.samestat(os.fstat(self._descriptor), self.path.stat()):
                return
        raise FileNotFoundError(errno.ENOENT, "replaced meanwhile", str(self.path))

    def is_there(self) -> bool:
        """Whether the file of a lock that is held is where it was taken; what cannot be looked at is taken to be there."""
        try:
            self.make_sure_it_is_there()
        except FileNotFoundError:
            return False
        except OSError:
            return True
        return True

    def leave_note(self, text: str) -> None:
        """Write what `note_in` reads, over what was there: on a full disk it needs no more room than the note before."""
        data = text.encode().ljust(_NOTE_BYTES)
        if self._descriptor is not None:
            os.pwrite(self._descriptor, data, 0)
            os.ftruncate(self._descriptor, len(data))

    @classmethod
    def inherited(cls, path: Path, descriptor: int) -> Self:
        """The lock that the process which started this one had taken, and handed over as an open file."""
        os.set_inheritable(descriptor, False)
        lock = cls(path)
        lock._descriptor = descriptor
        return lock

    @property
    def descriptor(self) -> int:
        """The open file of a lock that is held, to hand over to a process that is being started."""
        assert self._descriptor is not None
        return self._descriptor

    def release(self) -> None:
        """Give the lock back; harmless when it is not held."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def __enter__(self) -> Self:
        if not self.acquire(timeout=10.0):
            raise TimeoutError(f"{self.path.name} is held by another process.")
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.release()


def note_in(path: Path) -> str:
    """The note that a holder of the lock has left in its file, "" where there is none."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError:
        return ""
    try:
        return os.read(descriptor, 8 * _NOTE_BYTES).decode(errors="replace").strip()
    except OSError:  # no file
        return ""
    finally:
        os.close(descriptor)


def is_held(path: Path) -> bool:
    """Whether a process holds `path` exclusively. Probes share the lock, so readers never see each other."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)  # on a read-only disk too
    except (FileNotFoundError, NotADirectoryError):
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        return False
    except OSError as error:
        if error.errno not in _BUSY:
            raise
        return True
    finally:
        os.close(descriptor)
