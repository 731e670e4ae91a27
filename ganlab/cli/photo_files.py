"""Which image files a person means, and what their translations are called."""

from __future__ import annotations

import glob
from itertools import chain, count
from pathlib import Path


def image_files(arguments: list[str]) -> list[Path]:
    """The files that arguments name: themselves, what lies in a folder, what a pattern matches; ValueError for none."""
    files: list[Path] = []
    for argument in arguments:
        path = Path(argument)
        if path.is_dir():
            found = sorted(file for file in path.iterdir() if file.is_file() and not file.name.startswith("."))
        else:
            found = [path] if path.is_file() else [Path(name) for name in sorted(glob.glob(argument))]  # noqa: PTH207 (Path.glob takes no absolute pattern)
        if not found:
            raise ValueError(
                f"There is no image {argument!r}: it is no file, no folder with files and no pattern that matches one."
            )
        files += found
    return files


class Names:
    """File names for pictures whose sources may be called alike in different folders."""

    def __init__(self) -> None:
        self._used: set[str] = set()

    def unused(self, stem: str) -> str:
        """`stem`.png, or with the first number that makes it new."""
        names = chain([f"{stem}.png"], (f"{stem}-{number}.png" for number in count(2)))
        name = next(name for name in names if name not in self._used)
        self._used.add(name)
        return name
