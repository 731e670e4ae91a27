"""Pictures in the Hub's parquet files: a row holds one of each domain, in columns of {"bytes", "path"}."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from hashlib import blake2b
from importlib import import_module
from pathlib import Path
from typing import Any

from ganlab.core.errors import DataError
from ganlab.data.files.collect import ImageFile, part_called

_ROWS = 64  # read at a time


@dataclass(frozen=True)
class Pictures:
    """The distinct pictures in one column of `tables`, row by row; its length counts the repeated ones as well.

    The Hub's horse2zebra repeats horses until there are as many as zebras: equal bytes are the same picture.
    """

    tables: tuple[Path, ...]
    column: str

    def __len__(self) -> int:
        return sum(_open(table, self.column).metadata.num_rows for table in self.tables)

    def __iter__(self) -> Iterator[tuple[ImageFile]]:
        seen: set[bytes] = set()
        for table in self.tables:
            for row, data in enumerate(_cells(table, self.column)):
                digest = blake2b(data, digest_size=16).digest()
                if digest not in seen:
                    seen.add(digest)
                    yield (ImageFile((table.name, self.column, f"row {row}"), len(data), partial(bytes, data)),)


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


def _open(table: Path, column: str) -> Any:
    """DataError where it cannot be read, or holds no such pictures."""
    try:
        opened = _pyarrow().parquet.ParquetFile(table)
    except (_pyarrow().ArrowException, OSError) as error:
        raise _damaged(table, error) from error
    if f"{column}.bytes" not in (opened.schema.column(i).path for i in range(len(opened.schema))):
        raise DataError(f"{table.name} has no pictures in a column {column}: fetch a set that has imageA and imageB.")
    return opened


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
