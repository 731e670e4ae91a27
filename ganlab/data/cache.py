"""Decoded images as arrays: collected in memory or, when they are too many, in a file; and kept for the next start.

An entry is a folder named after a digest of everything that decided its content: images.npy, labels.npy and about.json. It is
written under another name and renamed when complete. A disk that is full or read-only costs the second start its speed, no more.
"""

from __future__ import annotations

import errno
import json
import shutil
import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import numpy as np

from ganlab.core.errors import DataError
from ganlab.core.files import disk_problem
from ganlab.core.remarks import Remark
from ganlab.core.text import byte_size
from ganlab.data.paths import cache_root

RESIDENT_BYTES = 4 * 2**30  # larger sets stay in their file and stream; smaller ones live on the training device
_FORMAT = 3  # of an entry; part of its name
_SPARE_BYTES = 2**28  # left free on the disk
_STALE_SECONDS = 24 * 3600  # then an unfinished entry belongs to a process that was killed


@dataclass(frozen=True)
class About:
    """`labels` (N,) int64 index `label_names`; `remarks` are about the files that the images came from."""

    labels: np.ndarray | None = None
    label_names: tuple[str, ...] = ()
    remarks: tuple[Remark, ...] = ()


@dataclass(frozen=True)
class Decoded:
    """`images` (N, S, S, C) uint8, or pairs (N, 2, S, S, C), and what is known of them."""

    images: np.ndarray
    about: About


def entry(*facts: object) -> Path:
    """The folder of the entry that these facts decide."""
    digest = blake2b(repr((_FORMAT, facts)).encode("utf-8", "surrogateescape"), digest_size=16)
    return cache_root() / digest.hexdigest()


def recall(folder: Path) -> Decoded | None:
    """What was kept in `folder`, its images mapped rather than read; None when there is nothing of use."""
    try:
        known = json.loads((folder / "about.json").read_text("utf-8"))
        images = np.load(folder / "images.npy", mmap_mode="c")  # private pages: no write reaches the file
        labels = np.load(folder / "labels.npy") if known["label_names"] else None
        if labels is not None and len(labels) != len(images):
            return None
        remarks = tuple(map(Remark.from_dict, known["remarks"]))
        return Decoded(images, About(labels, tuple(known["label_names"]), remarks))
    except (OSError, EOFError, ValueError, KeyError, TypeError):
        return None


def keep_file(path: Path, write: Callable[[Path], object]) -> None:
    """Let `write` make a file of the cache, in one piece; a disk that is full or read-only costs the next start its speed."""
    partial = path.with_name(f"{path.name}.{uuid.uuid4().hex}.partial")
    with suppress(OSError):
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            write(partial)
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)


def _sweep(place: Path) -> None:
    """Delete what killed processes left unfinished: folders of images, files of statistics."""
    for old in place.glob("*.partial"):
        inside = old.iterdir() if old.is_dir() else ()
        if time.time() - max(file.stat().st_mtime for file in (old, *inside)) > _STALE_SECONDS:
            shutil.rmtree(old) if old.is_dir() else old.unlink()


class Spool:
    """Collects up to `rows` images of `shape` (S, S, C), or pairs (2, S, S, C), then keeps them in `folder`; used in a `with`.

    They are collected in memory when they fit, otherwise in the file itself, which then must succeed.
    """

    def __init__(self, folder: Path, rows: int, shape: tuple[int, ...]) -> None:
        self._folder, self._shape, self._count = folder, shape, 0
        self._partial: Path | None = None
        self._bytes = rows * int(np.prod(shape))
        self._memory = np.empty((rows, *shape), dtype=np.uint8) if self._bytes <= RESIDENT_BYTES else None
        self._file: IO[bytes] | None = None
        if self._memory is None:
            try:
                self._partial = self._make_room()
                self._file = (self._partial / "images.npy").open("wb")
                self._write_header(rows)
            except OSError as error:
                raise self._failure(error) from error

    def append(self, images: np.ndarray) -> None:
        """Add images (n, S, S, C), or pairs, uint8."""
        if self._memory is not None:
            self._memory[self._count : self._count + len(images)] = images
        elif self._file is not None:
            try:
                self._file.write(np.ascontiguousarray(images).data)
            except OSError as error:
                raise self._failure(error) from error
        self._count += len(images)

    def finish(self, about: About, *, keep: bool = True) -> Decoded:
        """Everything that was added; with `keep`, what is in memory goes to the disk too, if the disk allows."""
        if self._memory is not None:
            images = self._memory[: self._count]
            if keep:
                with suppress(OSError):
                    partial = self._make_room()
                    np.save(partial / "images.npy", images)
                    self._publish(partial, about)
            return Decoded(images, about)
        assert self._file is not None and self._partial is not None
        try:
            self._file.seek(0)
            self._write_header(self._count)
            self._file.close()
            self._publish(self._partial, about)
        except OSError as error:
            raise self._failure(error) from error
        kept = recall(self._folder)
        if kept is None:
            raise DataError(f"The decoded images in {self._folder} could not be read back; start again.")
        return kept

    def _publish(self, partial: Path, about: About) -> None:
        if about.labels is not None:
            np.save(partial / "labels.npy", about.labels)
        known = {"label_names": about.label_names, "remarks": [remark.to_dict() for remark in about.remarks]}
        (partial / "about.json").write_text(json.dumps(known), "utf-8")
        try:
            partial.rename(self._folder)
        except OSError:
            if recall(self._folder) is None:  # damaged; otherwise another run has just kept the same
                shutil.rmtree(self._folder)
                partial.rename(self._folder)

    def _make_room(self) -> Path:
        """A new folder to write to; OSError when the disk has no room for the whole."""
        place = self._folder.parent
        place.mkdir(parents=True, exist_ok=True)
        with suppress(OSError):
            _sweep(place)
        if shutil.disk_usage(place).free < self._bytes + _SPARE_BYTES:
            raise OSError(errno.ENOSPC, "the disk is full")
        self._partial = self._folder.with_name(f"{self._folder.name}.{uuid.uuid4().hex}.partial")
        self._partial.mkdir()
        return self._partial

    def _write_header(self, rows: int) -> None:
        """NumPy leaves room in the header for the number of rows to change."""
        assert self._file is not None
        header = {"descr": "|u1", "fortran_order": False, "shape": (rows, *self._shape)}
        np.lib.format.write_array_header_1_0(self._file, header)

    def _failure(self, error: OSError) -> DataError:
        size, place = byte_size(self._bytes), self._folder.parent
        return DataError(f"The images take {size} in {place} ({disk_problem(error)}): make room or choose a smaller image_size.")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._file is not None:
            with suppress(OSError):  # a full disk has raised an error before
                self._file.close()
        if self._partial is not None:
            shutil.rmtree(self._partial, ignore_errors=True)
