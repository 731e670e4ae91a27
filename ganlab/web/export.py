"""A run to take away: its metrics as CSV, and all of lasting value as one zip that is written while it is being sent."""

from __future__ import annotations

import csv
import io
import json
import time
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from ganlab.checkpoint import STATE
from ganlab.run import Run
from ganlab.store import Series
from ganlab.web.discretion import discreet

_CHUNK = 2**18  # bytes
_ROWS = 1000


def metrics_csv(run: Run) -> Iterator[bytes]:
    """One row per step, one column per metric; empty where a metric has no value at a step."""
    series = run.metrics()
    yield _lines([["step", *series]])
    steps = np.unique(np.concatenate([[], *(item.steps for item in series.values())])).astype(np.int64)
    for start in range(0, len(steps), _ROWS):
        part = steps[start : start + _ROWS]
        yield _lines(zip(part.tolist(), *(_column(item, part) for item in series.values()), strict=True))


def export_zip(run: Run, *, private: bool = True) -> Iterator[bytes]:
    """metrics.csv, config.json, every sample sheet and the newest checkpoint, less the state that only a resume needs.

    The record is read before the first byte is given, so that a damaged one raises while there is still time to say so.
    Without `private`, no file tells a path of this machine.
    """
    stream = _Stream()
    date_time = time.gmtime(run.settings["created"])[:6]
    with zipfile.ZipFile(stream, "w") as archive:
        for name, content in _members(run, private):
            info = zipfile.ZipInfo(f"{run.id}/{name}", date_time)
            # PNGs and weights do not compress.
            info.compress_type = zipfile.ZIP_DEFLATED if name.endswith((".json", ".csv")) else zipfile.ZIP_STORED
            with archive.open(info, "w", force_zip64=True) as member:
                for chunk in content:
                    member.write(chunk)
                    yield stream.take()
    yield stream.take()


def _members(run: Run, private: bool) -> Iterator[tuple[str, Iterable[bytes]]]:
    yield "metrics.csv", metrics_csv(run)
    yield "config.json", _settings(run.path / "config.json", private)
    for path in map(run.sample_path, run.samples()):
        yield f"samples/{path.name}", _chunks(path)
    for folder in run.checkpoints()[-1:]:
        for path in sorted(folder.iterdir()):
            if path.name != STATE:
                told = _settings(path, private) if path.suffix == ".json" else _chunks(path)
                yield f"checkpoints/{folder.name}/{path.name}", told


def _settings(path: Path, private: bool) -> Iterable[bytes]:
    """A JSON file as it is, or without the server's paths."""
    return _chunks(path) if private else [json.dumps(discreet(json.loads(path.read_text())), indent=2).encode()]


class _Stream(io.RawIOBase):
    """A file that cannot seek; what was written to it is taken away piece by piece."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._parts.append(bytes(data))
        return len(data)

    def take(self) -> bytes:
        """Everything written since the last call."""
        data = b"".join(self._parts)
        self._parts.clear()
        return data


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            yield chunk


def _column(series: Series, steps: np.ndarray) -> list[float | str]:
    """The values at `steps`, empty where there is none."""
    column: list[float | str] = [""] * len(steps)
    start, stop = np.searchsorted(series.steps, [steps[0], steps[-1] + 1])
    for place, value in zip(np.searchsorted(steps, series.steps[start:stop]), series.values[start:stop].tolist(), strict=True):
        column[place] = value
    return column


def _lines(rows: Iterable[Iterable[Any]]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()
