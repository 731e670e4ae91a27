"""What was read of files, kept in memory: until the file changes, and a long list for a second."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from threading import Lock
from typing import Generic, TypeVar

T = TypeVar("T")
_SETTLED = 2 * 10**9  # nanoseconds: two changes within one tick of a file system's clock look like one
_Facts = tuple[int, int, int, int] | None  # of a file that is there


class Kept(Generic[T]):
    """The result of `read` for each path, read anew when one of the `files` that it is made of has changed.

    A file that was written within the last two seconds is always read. Of more than `most` paths those asked for last are kept.
    """

    def __init__(
        self, read: Callable[[Path], T], files: Callable[[Path], Iterable[Path]] = lambda path: (path,), most: int = 10_000
    ) -> None:
        self._read, self._files, self._most = read, files, most
        self._found: OrderedDict[Path, tuple[list[_Facts], T]] = OrderedDict()
        self._lock = Lock()

    def __call__(self, path: Path) -> T:
        """The result for `path`, which callers must not change; an error of `read` is not kept."""
        path = path.absolute()  # the current folder may change
        now = [_facts(file) for file in self._files(path)]
        with self._lock:
            known = self._found.get(path)
            if known is not None and known[0] == now:
                self._found.move_to_end(path)
                return known[1]
        result = self._read(path)
        if all(map(_settled, now)):
            with self._lock:
                self._found[path] = (now, result)
                while len(self._found) > self._most:
                    self._found.popitem(last=False)
        return result


class Lately(Generic[T]):
    """The list that `compute` makes of a folder: where it is long, a class that looks at it together has it made once a second,
    and more seldom where making it takes longer than a tenth of that.

    It is made anew at once where an entry of the folder has come or gone. Who asks while it is made waits for it.
    """

    def __init__(self, compute: Callable[[Path], Sequence[T]], many: int = 200, seconds: float = 1.0) -> None:
        self._compute, self._many, self._seconds = compute, many, seconds
        self._kept: tuple[tuple[Path, _Facts], float, Sequence[T]] | None = None  # of what, good until, the list
        self._lock = Lock()

    def __call__(self, folder: Path) -> Sequence[T]:
        """The list, which callers must not change."""
        folder = folder.absolute()
        with self._lock:
            now = folder, _facts(folder)
            began = time.monotonic()
            if self._kept and self._kept[0] == now and began < self._kept[1]:
                return self._kept[2]
            made, ended = self._compute(folder), time.monotonic()
            good_until = ended + max(self._seconds, 10 * (ended - began))
            self._kept = (now, good_until, made) if len(made) >= self._many else None
            return made


def _facts(path: Path) -> _Facts:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


def _settled(facts: _Facts) -> bool:
    return facts is None or all(abs(time.time_ns() - moment) > _SETTLED for moment in facts[2:])
