"""Where a verb writes: whether it can is known before anything is drawn or measured, and folders on the way are made."""

from __future__ import annotations

import argparse
import json
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image

from ganlab.core.errors import all_mistakes, is_disk_full
from ganlab.core.images import WRITTEN, encoded, png
from ganlab.core.names import located, shown

_ENDING = re.compile(r"\.[a-z][a-z0-9]{1,5}", re.IGNORECASE)  # not that of a folder called run-0.5
IMAGES = tuple(WRITTEN)
JSON_LINES = "one JSON object per line"


def add_json(parser: argparse.ArgumentParser, help: str = JSON_LINES) -> None:
    """The flag of every verb that lists something."""
    parser.add_argument("--json", action="store_true", help=help)


def print_json(*values: Any) -> None:
    """Print each value on a line of its own; paths and other objects as their text."""
    for value in values:
        print(json.dumps(value, default=str))


@dataclass(frozen=True)
class ImageOutput:
    """One image file (`single`), in the format of its ending, or a folder of PNGs."""

    path: Path
    single: bool

    @classmethod
    def of(cls, text: str) -> ImageOutput:
        """What `-o TEXT` means; ValueError, one sentence, where nothing can be written there."""
        if not text.strip():
            raise ValueError("-o names no file and no folder: leave it out, or write a name behind it.")
        path = located(text)
        ending = path.suffix.lower() if _ENDING.fullmatch(path.suffix) and not text.endswith(("/", os.sep)) else ""
        with _refusals(path):
            if not ending or (ending not in WRITTEN and path.is_dir()):
                return cls(folder_output(text), False)
        return cls(file_output(text, IMAGES, f"or a folder ({text}/)"), True)

    def save(self, image: Image.Image, name: str) -> None:
        """Write an image: as this file, or into this folder as `name`.png."""
        if self.single:
            save(self.path, encoded(image, self.path.suffix))
        else:
            save(self.path / f"{name}.png", png(image))

    def make(self) -> None:
        """Make the folder, also where nothing will be written into it."""
        with _refusals(self.path):
            (self.path.parent if self.single else self.path).mkdir(parents=True, exist_ok=True)


def file_output(text: str | Path, endings: Sequence[str], otherwise: str = "") -> Path:
    """The file that a flag names; ValueError where its ending is none of `endings`, or nothing can be written there."""
    path = located(text)
    with _refusals(path):
        if str(text) and endings and path.suffix.lower() not in endings:
            raise ValueError(
                f"{_name(path)} cannot be written: end it in {', '.join(endings)}{f', {otherwise}' if otherwise else ''}."
            )
        if not str(text) or path.is_dir():
            example = _name(path / f"made{next(iter(endings), '')}")
            raise ValueError(f"{_name(path)} is a folder: name a file, such as {example}.")
        _check_room(path)
        if path.exists() and not os.access(path, os.W_OK):
            raise ValueError(f"{_name(path)} cannot be written: it is write-protected.")
    return path


def folder_output(text: str | Path) -> Path:
    """The folder that a flag names; ValueError where it is a file, or nothing can be written there."""
    path = located(text)
    with _refusals(path):
        if path.exists() and not path.is_dir():
            raise ValueError(f"{_name(path)} is a file, not a folder: choose another name.")
        _check_room(path / "inside")
    return path


def check_files(*paths: Path | None) -> None:
    """Mistakes for those of `paths`, of any ending, that cannot be written."""
    with all_mistakes() as part:
        for path in filter(None, paths):
            with part():
                file_output(path, ())


def save(path: Path, data: bytes) -> None:
    """Write a file and the folders that it lies in; ValueError where that is impossible, OSError for a full disk."""
    with _refusals(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def _check_room(path: Path) -> None:
    """ValueError where the folder of `path` can be neither written to nor made."""
    there = next(parent for parent in path.parents if parent.exists())
    if not there.is_dir():
        raise ValueError(f"{_name(path)} cannot be written: {_name(there)} is a file, not a folder.")
    if not os.access(there, os.W_OK | os.X_OK):
        raise ValueError(f"{_name(path)} cannot be written: the folder {_name(there)} is write-protected.")


@contextmanager
def _refusals(path: Path) -> Iterator[None]:
    """What the system refuses, as one sentence that names the whole path; a full disk is explained elsewhere."""
    try:
        yield
    except OSError as error:
        if error.errno is None or not error.strerror or is_disk_full(error):
            raise
        raise ValueError(f"{_name(path)} cannot be written: {error.strerror}.") from error


def _name(path: Path) -> str:
    text = shown(str(path))
    return text if len(text) < 200 else f"…{text[-100:]}"
