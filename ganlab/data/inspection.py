"""A look at a folder, zip or table of pictures before anything is trained on it.

How many there are, how large, of which classes, and what cannot be used.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Generator, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from hashlib import blake2b
from itertools import islice
from pathlib import Path
from statistics import median_low
from typing import Any

from ganlab.core.errors import DataError
from ganlab.core.events import Loading
from ganlab.core.images import ImageError, decode, size_of
from ganlab.core.remarks import Remark, joined
from ganlab.data.files.collect import ImageFile, grouped, image_files
from ganlab.data.files.decode import content, native_channels
from ganlab.data.files.domain_folders import matched, place
from ganlab.data.files.parquet import label_column, one_column, tables_at
from ganlab.data.files.parts import divided
from ganlab.data.files.rows import Rows

NAMED = 10  # broken files, of all
_BATCH = 64  # files between two messages
_THUMBNAIL = 96  # pixels that a JPEG is decoded to at least: enough to find it broken
_SIDE_BY_SIDE = (1.9, 2.1)  # width by height of two pictures in one file
_LOOKED_AT = 32  # rows of a table that decide whether it is grey


@dataclass(frozen=True)
class Inspection:
    """What there is at a place. Sides in pixels; `count` pictures to train on, `tested` set aside by folders for testing.

    `decoded` of all files were read to the end, the others by their first bytes alone. `classes` counts the pictures by class
    folder or column where there are two or more, `pairs` those of equal names in folders A and B, and `side_by_side` files that
    are twice as wide as high. Of the `unusable` files `broken` names some with the reason; `duplicates` repeat the bytes of
    another file.
    """

    name: str
    count: int
    tested: int
    decoded: int
    sides: tuple[int, int, int]  # the shorter side: smallest, median, largest
    channels: int
    classes: Mapping[str, int] = field(default_factory=dict)
    pairs: int = 0
    side_by_side: int = 0
    domains: Mapping[str, int] = field(default_factory=dict)
    unusable: int = 0
    broken: tuple[tuple[str, str], ...] = ()
    duplicates: int = 0
    remarks: tuple[Remark, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        return vars(self) | {"remarks": [remark.to_dict() for remark in self.remarks]}


@dataclass(frozen=True)
class _Files:
    """What is to be looked at: pictures with their part, train or test; `count` of them, and what is known before."""

    pictures: Iterable[tuple[ImageFile, str]]
    count: int
    channels: int
    pairs: int = 0
    domains: Mapping[str, int] = field(default_factory=dict)
    remarks: tuple[Remark, ...] = ()


@dataclass
class _Seen:
    """What is known of the pictures so far."""

    sides: list[int] = field(default_factory=list)
    parts: Counter[str] = field(default_factory=Counter)
    labels: Counter[str] = field(default_factory=Counter)
    digests: Counter[bytes] = field(default_factory=Counter)
    broken: list[tuple[str, str]] = field(default_factory=list)
    wide: int = 0
    decoded: int = 0

    def add(self, file: ImageFile, part: str, look: _Look | ImageError) -> None:
        if isinstance(look, ImageError):
            self.broken.append((file.name, str(look)))
            return
        self.digests[look.digest] += 1
        self.parts[part] += 1
        self.labels[file.label] += part == "train"
        self.sides.append(min(look.size))
        self.wide += _SIDE_BY_SIDE[0] <= look.size[0] / look.size[1] <= _SIDE_BY_SIDE[1]
        self.decoded += look.whole


@dataclass(frozen=True)
class _Look:
    """One picture: the digest of its bytes, its width and height, and whether all of it was decoded."""

    digest: bytes
    size: tuple[int, int]
    whole: bool


def inspect(path: Path, seconds: float = 10.0) -> Generator[Loading, None, Inspection]:
    """Look at the pictures of a folder, a zip or parquet files; each is decoded while that takes no longer than `seconds` in all.

    DataError, one sentence, where there is no picture, or none that can be used.
    """
    yield Loading("looking_through", path.name)
    seen = _Seen()
    with _opened(path) as files, ThreadPoolExecutor(min(8, os.cpu_count() or 1), "inspect") as pool:
        last, left = time.monotonic() + seconds, iter(files.pictures)
        while some := list(islice(left, _BATCH)):
            yield Loading("decoding", path.name, len(seen.sides) + len(seen.broken), files.count)
            look = partial(_look, whole=time.monotonic() < last)
            for (file, part), found in zip(some, pool.map(look, [file for file, _ in some]), strict=True):
                seen.add(file, part, found)
        remarks = files.remarks
    if not seen.sides:
        name, reason = seen.broken[0]
        raise DataError(f"No picture in {path.name} can be used ({len(seen.broken):,} are broken; {name}: {reason}).")
    classes = dict(sorted(seen.labels.items())) if len(seen.labels) > 1 and "" not in seen.labels else {}
    return Inspection(
        path.name,
        count=seen.parts["train"],
        tested=seen.parts["test"],
        decoded=seen.decoded,
        sides=(min(seen.sides), median_low(seen.sides), max(seen.sides)),
        channels=files.channels,
        classes=classes,
        pairs=files.pairs,
        side_by_side=seen.wide,
        domains=files.domains,
        broken=tuple(seen.broken[:NAMED]),
        unusable=len(seen.broken),
        duplicates=len(seen.sides) - len(seen.digests),
        remarks=remarks,
    )


@contextmanager
def _opened(path: Path) -> Iterator[_Files]:
    """What is at `path`, readable while the context lasts."""
    if tables := tables_at(path):
        label, chosen = label_column(tables)
        rows = {part: Rows(some, (one_column(tables),), label) for part, some in tables.items()}
        first = [file for (file,) in islice(next(iter(rows.values())), _LOOKED_AT)]
        cells = ((file, part) for part, some in rows.items() for (file,) in some)
        yield _Files(cells, sum(map(len, rows.values())), native_channels(first), remarks=tuple(chosen))
        return
    with image_files(path) as found:
        parts = divided(found.files)
        pictures = [(file, part) for part, some in parts.files.items() for file in some]
        lettered = place(found.files)
        pairs, domains = 0, Counter[str]()
        if lettered.complete:
            pairs = len(matched(lettered.placed)[0].get("train", ()))
            domains = Counter(one.domain for one in lettered.placed if one.part == "train")
        remarks = joined([*found.remarks, *grouped(parts.unused()), *parts.remarks("train")], len(pictures))
        yield _Files(pictures, len(pictures), native_channels([file for file, _ in pictures]), pairs, domains, remarks)


def _look(file: ImageFile, whole: bool) -> _Look | ImageError:
    """At one picture, all of it or its first bytes."""
    try:
        data = content(file)
        size = size_of(data)
        if whole:
            decode(data, at_least=_THUMBNAIL)
        return _Look(blake2b(data, digest_size=16).digest(), size, whole)
    except ImageError as error:
        return error
