"""The Hub's parquet files: pictures in columns of {"bytes", "path"}, classes in others."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from ganlab.core.errors import DataError
from ganlab.core.names import shown
from ganlab.core.remarks import Remark
from ganlab.data.files.collect import holds_images
from ganlab.data.files.parts import part_called
from ganlab.data.files.walk import walk

USUAL = ("imageA", "imageB")  # the Hub's columns of two domains
_PICTURES = ("image", "img", "images", "pixel_values")  # usual names of the one column that is meant
_LABELS = ("label", "labels", "class", "category", "target")  # usual names of a column of classes
_ROWS = 64  # read at a time
Tables = Mapping[str, tuple[Path, ...]]  # by their part, train or test


def tables_at(path: Path) -> Tables:
    """The parquet files at `path` by the part that their names begin with; none where a folder has image files."""
    if path.is_dir():
        shown_files = (entry.path for entry in walk(path) if not (entry.hidden or entry.problem))
        found = sorted(file for file in shown_files if file.suffix == ".parquet")
        found = [] if found and holds_images(path) else found
    else:
        found = [path] if path.suffix == ".parquet" and path.is_file() else []
    parts: dict[str, tuple[Path, ...]] = {}
    for table in found:
        part = part_of(table.name) or "train"
        parts[part] = (*parts.get(part, ()), table)
    return parts


def part_of(name: str) -> str:
    """train or test, as the name of a file begins; "" where it begins otherwise."""
    return part_called(re.split(r"[-_.]", name)[0])


def two_columns(tables: Tables) -> tuple[str, str]:
    """The columns of both domains: imageA and imageB, or the only two that hold pictures, sorted; DataError for neither."""
    first = _first(tables)
    found = sorted(_columns(opened(first)))
    if set(USUAL) <= set(found):
        return USUAL
    if len(found) != 2:
        missing = next(name for name in USUAL if name not in found)
        raise DataError(f"{first.name} has no pictures in a column {missing}: fetch a set that has imageA and imageB.")
    return found[0], found[1]


def named_by(columns: tuple[str, str]) -> list[Remark]:
    """What the domains are, where their columns are not called imageA and imageB."""
    return [] if columns == USUAL else [Remark("domains", 2, tuple(map(shown, columns)))]


def picture_columns(tables: Tables) -> tuple[str, ...]:
    """The columns that hold pictures, one with a usual name first; DataError where there is none."""
    first = _first(tables)
    found = _columns(opened(first))
    if not found:
        raise DataError(f"{first.name} has no column of pictures: fetch a set that has one.")
    return tuple(sorted(found, key=lambda name: _PICTURES.index(name) if name in _PICTURES else len(_PICTURES)))


def one_column(tables: Tables) -> str:
    """The column of single pictures; DataError where there are several and none is the usual one, or where there is none."""
    found = picture_columns(tables)
    if len(found) > 1 and not is_usual(found[0]):
        names = ", ".join(map(shown, found))
        raise DataError(
            f"{_first(tables).name} has several columns of pictures ({names}): choose a family that translates images."
        )
    return found[0]


def is_usual(column: str) -> bool:
    """Whether a column of this name holds the pictures that are meant, whatever other columns hold."""
    return column in _PICTURES


def label_column(tables: Tables) -> tuple[str, list[Remark]]:
    """The column of classes, or "": one that the Hub declares, else one with a usual name; and what to say of a choice."""
    schema = opened(_first(tables)).schema_arrow
    found = [*_class_names(schema)] or [name for name in schema.names if name.lower() in _LABELS]
    chosen = [Remark("label_column", len(found), tuple(map(shown, found)))] if len(found) > 1 else []
    return (found[0] if found else ""), chosen


def cells(table: Path, columns: tuple[str, ...], label: str) -> Iterator[tuple[str, list[bytes]]]:
    """The class and the bytes in each row, of which few are in memory at a time; empty where a row has none.

    DataError where the file cannot be read, or lacks a column.
    """
    made = opened(table)
    if missing := sorted(set(columns) - set(_columns(made))):
        raise DataError(f"{table.name} has no pictures in a column {shown(missing[0])}, which other files of its set have.")
    if label and label not in made.schema_arrow.names:
        raise DataError(f"{table.name} has no column {shown(label)}, which other files of its set have.")
    names, wanted = _class_names(made.schema_arrow).get(label, ()), [f"{column}.bytes" for column in columns]
    try:
        for batch in made.iter_batches(_ROWS, columns=[*wanted, *([label] if label else [])]):
            pictures = [batch.column(column).field("bytes").to_pylist() for column in columns]
            labels = batch.column(label).to_pylist() if label else [None] * len(batch)
            for value, *data in zip(labels, *pictures, strict=True):
                yield _class_name(value, names), [one or b"" for one in data]
    except (_pyarrow().ArrowException, OSError) as error:
        raise _damaged(table, error) from error


def opened(table: Path) -> Any:
    """A parquet file; DataError where it is none."""
    try:
        return _pyarrow().parquet.ParquetFile(table)
    except (_pyarrow().ArrowException, OSError) as error:
        raise _damaged(table, error) from error


def _first(tables: Tables) -> Path:
    return next(iter(tables.values()))[0]


def _columns(table: Any) -> list[str]:
    """The columns that hold pictures: those with a part called bytes, and not several of them in a row."""
    types = _pyarrow().types
    return [one.name for one in table.schema_arrow if types.is_struct(one.type) and one.type.get_field_index("bytes") >= 0]


def _class_names(schema: Any) -> dict[str, Sequence[str]]:
    """{column: the names of its classes}, as the Hub notes them in a file."""
    try:
        features = json.loads((schema.metadata or {})[b"huggingface"])["info"]["features"]
        return {name: made["names"] for name, made in features.items() if made["_type"] == "ClassLabel" and name in schema.names}
    except (KeyError, TypeError, ValueError, AttributeError):
        return {}


def _class_name(value: object, names: Sequence[str]) -> str:
    """A class by its value in a row; empty for none, which the Hub writes as -1."""
    if value is None or value == -1:
        return ""
    return shown(str(names[value] if isinstance(value, int) and value < len(names) else value))


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
