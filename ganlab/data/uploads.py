"""Pictures that a browser sent, kept in one zip: their names are names of its members, and never paths of this machine."""

from __future__ import annotations

import io
import os
import re
import shutil
import time
import uuid
import zipfile
from collections.abc import Sequence
from hashlib import blake2b
from pathlib import Path

from ganlab.core.errors import DataError
from ganlab.core.names import shown
from ganlab.core.text import byte_size

NAME = "pictures.zip"
MOST_FILES = 5_000
MOST_BYTES = 500 * 10**6  # of all files together
_KEPT_SECONDS = 24 * 3600  # that an upload waits to be trained on
_SEPARATOR = re.compile(r"[/\\]")
_NO_NAMES = ("", ".", "..")

Content = bytes | memoryview
Sent = Sequence[tuple[str, Content]]  # the name that the browser gives, and the content


def keep(files: Sent, place: Path) -> Path:
    """Store pictures, or one zip of them, below `place` and return the path of the zip; the same content is stored once.

    What was stored a day ago is removed first. DataError, one sentence, where they are too many or too large, or a zip is among
    several files.
    """
    _check(files)
    forget(place)
    folder = place / _digest(files)
    path = folder / NAME
    if path.is_file():
        os.utime(folder)
        return path.absolute()
    partial = place / f"{folder.name}.{uuid.uuid4().hex}.partial"
    partial.mkdir(parents=True)
    try:
        (_, first), *others = files
        if not others and is_zip(first):
            (partial / NAME).write_bytes(first)
        else:
            _pack(files, partial / NAME)
        partial.rename(folder)
    except OSError:
        if not path.is_file():  # else another visitor was quicker with the same
            raise
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return path.absolute()


def forget(place: Path, seconds: float = _KEPT_SECONDS) -> None:
    """Remove what was stored more than `seconds` ago; what a run trains on is linked or copied into the run."""
    for old in place.iterdir() if place.is_dir() else ():
        if old.is_dir() and time.time() - old.stat().st_mtime > seconds:
            shutil.rmtree(old, ignore_errors=True)


def is_zip(data: Content) -> bool:
    """Whether this is the content of a zip."""
    return bytes(data[:2]) == b"PK" and zipfile.is_zipfile(io.BytesIO(data))


def member_name(name: str) -> str:
    """What a file is called inside of the zip: its folders and itself, with what would lead elsewhere left out."""
    parts = [shown(part) for part in _SEPARATOR.split(name) if part not in _NO_NAMES]
    return "/".join(parts) or "picture"


def _check(files: Sent) -> None:
    if not files:
        raise DataError("Nothing was uploaded: choose some pictures, or a zip of them.")
    if len(files) > MOST_FILES:
        raise DataError(f"{len(files):,} files are too many to upload, of {MOST_FILES:,}: name their folder on this machine.")
    total = sum(memoryview(data).nbytes for _, data in files)
    if total > MOST_BYTES:
        raise DataError(
            f"{byte_size(total)} are too much to upload, of {byte_size(MOST_BYTES)}: make the pictures smaller, or name their "
            "folder on this machine."
        )
    if len(files) > 1 and any(is_zip(data) for _, data in files):
        raise DataError("A zip came together with other files: upload it alone, or the pictures alone.")


def _digest(files: Sent) -> str:
    made = blake2b(digest_size=12)
    for name, data in sorted(files, key=lambda file: file[0]):
        made.update(f"{member_name(name)}\0{memoryview(data).nbytes}\0".encode())
        made.update(data)
    return made.hexdigest()


def _pack(files: Sent, path: Path) -> None:
    """Write the files into a zip, uncompressed as pictures are; a name that was there before gets a number."""
    taken: set[str] = set()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for name, data in files:
            member, number = member_name(name), 2
            stem, dot, ending = member.rpartition(".")
            while member in taken:
                member, number = f"{stem}-{number}{dot}{ending}" if dot else f"{ending}-{number}", number + 1
            taken.add(member)
            archive.writestr(zipfile.ZipInfo(member), bytes(data))
