"""Pictures in the Hub's parquet files: a row holds one of each domain, in columns of {"bytes", "path"}."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from hashlib import blake2b
from importlib import import_module
from pathlib import Path
from typing import Any

from ganlab.core.errors import DataError
from ganlab.core.image_formats import HEAD, recognise
from ganlab.core.names import shown
from ganlab.core.remarks import Remark
from ganlab.data.files.collect import ImageFile, Unused, grouped, may_be_deep
from ganlab.data.files.parts import part_called

USUAL = ("imageA", "imageB")  # the Hub's columns of two domains
_ROWS = 64  # read at a time


@dataclass
class Pictures:
    """The distinct pictures in one column of `tables`, row by row; its length counts the repeated ones as well.

    The Hub's horse2zebra repeats horses until there are as many as zebras: equal bytes are the same picture. What was met
    since the last beginning and is not used is in `remarks`.
    """

    tables: tuple[Path, ...]
    column: str
    _repeated: int = 0
    _unused: list[Unused] = field(default_factory=list)

    def __len__(self) -> int:
        return sum(_open(table, self.column).metadata.num_rows for table in self.tables)

    def __iter__(self) -> Iterator[tuple[ImageFile]]:
        seen: set[bytes] = set()
        self._repeated, self._unused = 0, []
        for table in self.tables:
            for row, data in enumerate(_cells(table, self.column)):
                digest = blake2b(data, digest_size=16).digest()
                if data and digest in seen:
                    self._repeated += 1
                    continue
                seen.add(digest)
                yield from self._judged((shown(table.name), shown(self.column), f"row {row}"), data)

    def remarks(self) -> list[Remark]:
        """What was not used, and how many rows repeat earlier ones."""
        return grouped(self._unused) + ([Remark("repeated", self._repeated, (self.column,))] if self._repeated else [])

    def _judged(self, parts: tuple[str, ...], data: bytes) -> Iterator[tuple[ImageFile]]:
        """The picture in a cell; what is none shows when it is decoded."""
        known = recognise("", data[:HEAD])
        if known and known.unused:
            self._unused.append(Unused(parts, known.unused, known.format))
        else:
            yield (ImageFile(parts, len(data), partial(bytes, data), may_be_deep(known.format if known else "", data)),)


def tables_at(path: Path) -> dict[str, tuple[Path, ...]]:
    """The parquet files at `path` by the part, train or test, that their names begin with."""
    tables = [path] if path.suffix == ".parquet" else sorted(path.rglob("*.parquet"))
    parts: dict[str, tuple[Path, ...]] = {}
    for table in tables:
        part = part_called(re.split(r"[-_.]", table.name)[0]) or "train"
        parts[part] = (*parts.get(part, ()), table)
    return parts


def _cells(table: Path, column: str) -> Iterator[bytes]:
    """The bytes in each row, of which few are in memory at a time; empty where a row has none."""
    try:
        for batch in _open(table, column).iter_batches(_ROWS, columns=[f"{column}.bytes"]):
            yield from (data or b"" for data in batch.column(0).field("bytes").to_pylist())
    except (_pyarrow().ArrowException, OSError) as error:
        raise _damaged(table, error) from error


def columns_of(tables: Mapping[str, tuple[Path, ...]]) -> tuple[str, str]:
    """The columns of both domains: imageA and imageB, or the only two that hold pictures, sorted; DataError for neither."""
    first = next(iter(tables.values()))[0]
    found = sorted(_columns(_parquet(first)))
    if set(USUAL) <= set(found):
        return USUAL
    if len(found) != 2:
        missing = next(name for name in USUAL if name not in found)
        raise DataError(f"{first.name} has no pictures in a column {missing}: fetch a set that has imageA and imageB.")
    return found[0], found[1]


def _open(table: Path, column: str) -> Any:
    """DataError where it cannot be read, or holds no such pictures."""
    opened = _parquet(table)
    if column not in _columns(opened):
        raise DataError(f"{table.name} has no pictures in a column {column}, which other files of its set have: fetch it again.")
    return opened


def _parquet(table: Path) -> Any:
    try:
        return _pyarrow().parquet.ParquetFile(table)
    except (_pyarrow().ArrowException, OSError) as error:
        raise _damaged(table, error) from error


def _columns(opened: Any) -> list[str]:
    """The columns that hold pictures: those with a part called bytes."""
    paths = (opened.schema.column(i).path for i in range(len(opened.schema)))
    return [path.removesuffix(".bytes") for path in paths if path.endswith(".bytes")]


def _pyarrow() -> Any:
    """Streamlit brings it along; without Streamlit it may be missing."""
    try:
        import_module("pyarrow.parquet")
        return import_module("pyarrow")
    except ImportError as error:
        raise DataError("Parquet files are read with pyarrow, which is missing: run 'pip install pyarrow'.") from error


def _damaged(table: Path, error: Exception) -> DataError:
    first = str(error).partition("\n")[0]
    return DataError(f"{table.name} is damaged or no parquet file ({first}): fetch it again.")
