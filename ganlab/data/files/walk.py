"""Everything below a folder: links to files and folders are followed, and a link that leads back ends there."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_SHADOWS = ("__MACOSX", "._")  # what macOS writes beside the real files
_NOT_ENTERED = (".git", ".cache")  # full of other files


@dataclass(frozen=True)
class Entry:
    """A file at `path`, whose `parts` lead there from the root; `hidden` where it or a folder around it is.

    `problem` is a kind of remark where it cannot be followed: dangling, loop or unreadable. The `stamp` (bytes, time) changes
    when a file does.
    """

    path: Path
    parts: tuple[str, ...]
    hidden: bool
    stamp: tuple[int, int] = (0, 0)
    problem: str = ""

    @property
    def size(self) -> int:
        """In bytes."""
        return self.stamp[0]


@dataclass(frozen=True)
class _Folder:
    """A folder to look through; `above` are the folders around it and itself, as (device, inode), to which no link may lead."""

    path: Path
    parts: tuple[str, ...]
    hidden: bool
    above: frozenset[tuple[int, int]]


def walk(root: Path) -> Iterator[Entry]:
    """What lies below a folder, in any order; of links to folders only a loop, a broken one and what is behind the others."""
    real = root.resolve()
    above = (folder.stat() for folder in (real, *real.parents))
    waiting = [_Folder(root, (), False, frozenset((about.st_dev, about.st_ino) for about in above))]
    while waiting:
        folder = waiting.pop()
        try:
            with os.scandir(folder.path) as inside:
                found = [entry for entry in inside if not is_shadow(entry.name)]
        except OSError:
            yield Entry(folder.path, folder.parts, folder.hidden, problem="unreadable")
            continue
        for entry in found:
            made = _look(entry, folder)
            if isinstance(made, _Folder):
                waiting.append(made)
            elif made is not None:
                yield made


def is_shadow(name: str) -> bool:
    """Whether a file or folder is what macOS adds to others, which is no picture whatever its ending."""
    return name.startswith(_SHADOWS)


def _look(entry: os.DirEntry[str], folder: _Folder) -> _Folder | Entry | None:
    path, parts = Path(entry.path), (*folder.parts, entry.name)
    hidden = folder.hidden or entry.name.startswith(".")
    try:
        about = entry.stat()
    except OSError:
        return Entry(path, parts, hidden, problem="dangling" if entry.is_symlink() else "unreadable")
    key = (about.st_dev, about.st_ino)
    if stat.S_ISDIR(about.st_mode):
        if entry.name in _NOT_ENTERED:
            return None
        if key in folder.above:
            return Entry(path, parts, hidden, problem="loop")
        return _Folder(path, parts, hidden, folder.above | {key})
    if stat.S_ISREG(about.st_mode):
        return Entry(path, parts, hidden, (about.st_size, about.st_mtime_ns))
    return Entry(path, parts, hidden, problem="unreadable")
