"""Parquet files as the Hub writes them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

Cells = Sequence[bytes | None] | Sequence[int | None] | Sequence[str] | Sequence[list[dict[str, Any]]]


def hub(path: Path, *, classes: Mapping[str, Sequence[str]] | None = None, **columns: Cells) -> Path:
    """A file with small row groups; columns of bytes are pictures, and `classes` names those of columns of numbers."""
    pa, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    kind = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    table = {
        name: cells if _plain(cells) else pa.array([{"bytes": cell, "path": None} for cell in cells], kind)
        for name, cells in columns.items()
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    features = {name: {"_type": "ClassLabel", "names": list(names)} for name, names in (classes or {}).items()}
    made = pa.table(table).replace_schema_metadata({"huggingface": json.dumps({"info": {"features": features}})})
    parquet.write_table(made, path, row_group_size=3)
    return path


def _plain(cells: Cells) -> bool:
    return not any(isinstance(cell, bytes) for cell in cells)
