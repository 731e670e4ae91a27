"""A look at a folder, zip or table of pictures before anything is trained on it.

How many there are, how large, of which classes, and what cannot be used.
"""

from __future__ import annotations

import io
import os
import time
from collections import Counter
from collections.abc import Generator, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from hashlib import blake2b
from itertools import islice
from pathlib import Path
from statistics import median_low
from typing import Any

from ganlab.core.errors import DataError
from ganlab.core.events import Loading
from ganlab.core.images import ImageError, decode, size_of, square
from ganlab.core.remarks import Remark, joined
from ganlab.data.files.collect import ImageFile, grouped, image_files
from ganlab.data.files.decode import content, native_channels
from ganlab.data.files.domain_folders import by_endings, find_domains, matched, place
from ganlab.data.files.parquet import Tables, is_usual, label_column, picture_columns, tables_at
from ganlab.data.files.parts import divided
from ganlab.data.files.rows import Rows

NAMED = 10  # broken files, of all
_BATCH = 64  # files between two messages
_THUMBNAIL = 96  # pixels that a JPEG is decoded to at least: enough to find it broken
_SIDE_BY_SIDE = (1.9, 2.1)  # width by height of two pictures in one file
_LOOKED_AT = 32  # rows of a table that decide whether it is grey
_SHOWN = 24  # pictures that become thumbnails, spread over the whole


@dataclass(frozen=True)
class Inspection:
    """What there is at a place. Sides in pixels; `count` pictures to train on, `tested` set aside by folders for testing.

    `decoded` of all files were read to the end, the others by their first bytes alone. `classes` counts the pictures by class
    folder or column where there are two or more, `pairs` those of equal names in folders A and B, `partners` those that endings
    of names, two other folders or two columns make as well, and `side_by_side` files that are twice as wide as high. Of the
    `unusable` files `broken` names some with the reason; `duplicates` repeat the bytes of another file. `thumbnails` are JPEGs.
    """

    name: str
    count: int
    tested: int
    decoded: int
    sides: tuple[int, int, int]  # the shorter side: smallest, median, largest
    channels: int
    classes: Mapping[str, int] = field(default_factory=dict)
    pairs: int = 0
    partners: int = 0
    side_by_side: int = 0
    domains: Mapping[str, int] = field(default_factory=dict)
    unusable: int = 0
    broken: tuple[tuple[str, str], ...] = ()
    duplicates: int = 0
    remarks: tuple[Remark, ...] = ()
    by_column: bool = False  # a table names classes and domains by columns
    thumbnails: tuple[bytes, ...] = field(default=(), repr=False)

    @property
    def halved(self) -> bool:
        """Whether nearly every file is twice as wide as high: two pictures, which make a pair."""
        return self.side_by_side > 0.9 * (self.count + self.tested)

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON has it, without the thumbnails."""
        values = vars(self) | {"remarks": [remark.to_dict() for remark in self.remarks]}
        del values["thumbnails"]
        return values


@dataclass(frozen=True)
class _Files:
    """What is to be looked at: pictures with their part, train or test; `count` of them, and what is known before."""

    pictures: Iterable[tuple[ImageFile, str]]
    count: int
    channels: int
    pairs: int = 0
    partners: int = 0
    domains: Mapping[str, int] = field(default_factory=dict)
    remarks: tuple[Remark, ...] = ()
    by_column: bool = False


@dataclass
class _Seen:
    """What is known of the pictures so far."""

    sides: list[int] = field(default_factory=list)
    parts: Counter[str] = field(default_factory=Counter)
    labels: Counter[str] = field(default_factory=Counter)
    digests: Counter[bytes] = field(default_factory=Counter)
    broken: list[tuple[str, str]] = field(default_factory=list)
    thumbnails: list[bytes] = field(default_factory=list)
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
        self.thumbnails += [look.thumbnail] if look.thumbnail else []


@dataclass(frozen=True)
class _Look:
    """One picture: the digest of its bytes, its width and height, whether all of it was decoded, and perhaps a small JPEG."""

    digest: bytes
    size: tuple[int, int]
    whole: bool
    thumbnail: bytes = b""


def inspect(path: Path, seconds: float = 10.0) -> Generator[Loading, None, Inspection]:
    """Look at the pictures of a folder, a zip or parquet files; each is decoded while that takes no longer than `seconds` in all.

    DataError, one sentence, where there is no picture, or none that can be used.
    """
    yield Loading("looking_through", path.name)
    seen = _Seen()
    with _opened(path) as files, ThreadPoolExecutor(min(8, os.cpu_count() or 1), "inspect") as pool:
        last, left, apart = time.monotonic() + seconds, iter(files.pictures), max(1, -(-files.count // _SHOWN))
        done = 0
        while some := list(islice(left, _BATCH)):
            yield Loading("decoding", path.name, done, files.count)
            look = partial(_look, whole=time.monotonic() < last)
            samples = [number % apart == 0 for number in range(done, done + len(some))]
            for (file, part), found in zip(some, pool.map(look, [file for file, _ in some], samples), strict=True):
                seen.add(file, part, found)
            done += len(some)
    if not (seen.sides or seen.broken):
        raise DataError(f"{path.name} holds no images: name a folder, zip or parquet file that has some.")
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
        partners=files.partners,
        side_by_side=seen.wide,
        domains=files.domains,
        broken=tuple(seen.broken[:NAMED]),
        unusable=len(seen.broken),
        duplicates=len(seen.sides) - len(seen.digests),
        remarks=files.remarks,
        by_column=files.by_column,
        thumbnails=tuple(seen.thumbnails),
    )


@contextmanager
def _opened(path: Path) -> Iterator[_Files]:
    """What is at `path`, readable while the context lasts."""
    if tables := tables_at(path):
        yield _in_tables(tables)
        return
    with image_files(path) as found:
        parts = divided(found.files)
        pictures = [(file, part) for part, some in parts.files.items() for file in some]
        lettered, several = place(found.files), find_domains(found.files)
        pairs, domains = 0, Counter[str]()
        if lettered.complete:
            pairs = len(matched(lettered.placed)[0].get("train", ()))
            domains = Counter(one.domain for one in lettered.placed if one.part == "train")
        several = several if several.complete else by_endings(parts)
        partners = len(matched(several.placed)[0].get("train", ())) if several.complete else 0
        remarks = joined([*found.remarks, *grouped(parts.unused()), *parts.remarks("train")], len(pictures))
        channels = native_channels([file for file, _ in pictures])
        yield _Files(pictures, len(pictures), channels, pairs, partners, domains, remarks)


def _in_tables(tables: Tables) -> _Files:
    """Single pictures by rows, perhaps in classes; or two domains by columns, of which the rows may be pairs."""
    every, (label, chosen) = picture_columns(tables), label_column(tables)
    single = len(every) == 1 or is_usual(every[0])
    columns = every[:1] if single else every
    rows = {part: Rows(some, columns, label if single else "") for part, some in tables.items()}
    first = [file for item in islice(next(iter(rows.values())), _LOOKED_AT) for file in item]
    pictures = ((file, part) for part, some in rows.items() for item in some for file in item)
    trained = len(rows.get("train", ()))
    domains, partners = dict.fromkeys(columns, trained) if len(columns) == 2 else {}, trained if len(every) == 2 else 0
    count, channels = sum(map(len, rows.values())) * len(columns), native_channels(first)
    remarks = tuple(chosen) if single else ()
    return _Files(pictures, count, channels, partners=partners, domains=domains, remarks=remarks, by_column=True)


def _look(file: ImageFile, sample: bool, whole: bool) -> _Look | ImageError:
    """At one picture, all of it or its first bytes; a `sample` becomes a thumbnail."""
    try:
        data = content(file)
        seen = _Look(blake2b(data, digest_size=16).digest(), size_of(data), whole)
        if not (whole or sample):
            return seen
        picture = decode(data, at_least=_THUMBNAIL)
    except ImageError as error:
        return error
    if not sample:
        return seen
    small = io.BytesIO()
    square(picture, _THUMBNAIL).save(small, "JPEG", quality=80)
    return replace(seen, thumbnail=small.getvalue())
