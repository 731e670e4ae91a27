"""A run to take away: its metrics as CSV, and all of lasting value as one zip that is written while it is being sent."""

from __future__ import annotations

import csv
import io
import time
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from ganlab.app.security.redact import redact
from ganlab.core.files import is_file, open_file, read_bounded
from ganlab.core.names import from_json, to_json
from ganlab.runtime.checkpoint import MOST_BYTES, STATE
from ganlab.runtime.labels import FILE
from ganlab.runtime.run import Run
from ganlab.runtime.store import Series

_CHUNK = 2**18  # bytes
_ROWS = 1000


def metrics_csv(run: Run) -> Iterator[bytes]:
    """One row per step, one column per metric; empty where a metric has no value at a step."""
    yield from _table(run.series())


def export_zip(run: Run, *, private: bool = True) -> Iterator[bytes]:
    """metrics.csv, config.json, labels.json, every sample sheet and the newest checkpoint, less what only a resume needs.

    All but the sheets is read or opened before the first byte is sent, so that damaged or missing files still raise an error. A
    run that is deleted during the download is complete but for sheets, which INCOMPLETE.txt lists. Without `private`, no file
    holds a path of this machine.
    """
    stream, missed = _Stream(), []
    date_time = _zip_time(run.settings.created)
    with ExitStack() as held, zipfile.ZipFile(stream, "w") as archive:
        for name, content in _members(run, private, held):
            try:
                first = next(content, b"")
            except OSError:
                missed.append(name)
                continue
            with archive.open(_info(f"{run.id}/{name}", date_time), "w", force_zip64=True) as member:
                for chunk in chain((first,), content):
                    member.write(chunk)
                    yield stream.take()
        if missed:
            sentence = "This run was deleted or damaged while it was being downloaded, so these files are missing:"
            archive.writestr(_info(f"{run.id}/INCOMPLETE.txt", date_time), "\n".join([sentence, *missed, ""]))
    yield stream.take()


def _zip_time(created: float) -> tuple[int, ...]:
    """The moment as a zip can hold it: years 1980 to 2107."""
    moment = time.gmtime(created)[:6]
    return max((1980, 1, 1, 0, 0, 0), min(moment, (2107, 12, 31, 23, 59, 58)))


def _info(name: str, date_time: tuple[int, ...]) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, date_time)  # type: ignore[arg-type]
    if name.endswith((".json", ".csv")):  # PNGs and weights do not compress
        info.compress_type = zipfile.ZIP_DEFLATED
    return info


def _members(run: Run, private: bool, held: ExitStack) -> list[tuple[str, Iterator[bytes]]]:
    """Names and contents; the files that `held` keeps open can be read to their ends even when they are deleted."""
    metrics, sheets = run.series(), run.samples()
    described = ["config.json"] + [FILE] * is_file(run.path / FILE)
    settings, weights = [(name, _described(run.path / name, private)) for name in described], []
    for folder in run.checkpoints()[-1:]:
        for path in sorted(path for path in folder.iterdir() if path.name != STATE and is_file(path)):
            content = _described(path, private) if path.suffix == ".json" else _chunks(held.enter_context(open_file(path)))
            weights.append((path.relative_to(run.path).as_posix(), content))
    pictures = [(f"samples/{path.name}", _sheet(path)) for path in map(run.sample_path, sheets)]
    return [("metrics.csv", _table(metrics)), *settings, *pictures, *weights]


def _described(path: Path, private: bool) -> Iterator[bytes]:
    """The bytes of a JSON file, without the server's paths unless `private`."""
    content = read_bounded(path, MOST_BYTES)
    if private:
        return iter([content])
    try:
        return iter([to_json(redact(from_json(content, names="labels")), indent=2).encode()])
    except ValueError:
        raise ValueError(f"{path.name} in {path.parent.name} is damaged: it is not JSON.") from None


def _sheet(path: Path) -> Iterator[bytes]:
    with open_file(path) as file:
        yield from _chunks(file)


def _chunks(file: BinaryIO) -> Iterator[bytes]:
    while chunk := file.read(_CHUNK):
        yield chunk


def _table(series: Mapping[str, Series]) -> Iterator[bytes]:
    yield _lines([["step", *series]])
    steps = np.unique(np.concatenate([[], *(item.steps for item in series.values())])).astype(np.int64)
    for start in range(0, len(steps), _ROWS):
        part = steps[start : start + _ROWS]
        yield _lines(zip(part.tolist(), *(_column(item, part) for item in series.values()), strict=True))


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
