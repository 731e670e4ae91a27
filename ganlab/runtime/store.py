"""The SQLite file of one run: one writer, any number of readers."""

from __future__ import annotations

import shutil
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from ganlab.core.config import is_number
from ganlab.core.events import Point
from ganlab.core.files import is_no_file
from ganlab.core.names import shown, to_json
from ganlab.runtime import rows
from ganlab.runtime.retry import Attempt, at_once

_BUSY_SECONDS = 3.0  # for which SQLite itself waits for another program's lock
_SCHEMA = """
CREATE TABLE IF NOT EXISTS metrics(name TEXT, step INTEGER, value REAL, PRIMARY KEY(name, step)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS sheets(step INTEGER PRIMARY KEY);
CREATE TABLE IF NOT EXISTS annotations(id INTEGER PRIMARY KEY, step INTEGER, time REAL, kind TEXT, text TEXT, data TEXT);
CREATE TABLE IF NOT EXISTS interventions(id INTEGER PRIMARY KEY, json TEXT);
CREATE TABLE IF NOT EXISTS state(key TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;
"""

REMEDY = "the checkpoints are kept, and Resume goes on with what can be read"

_MOST_BYTES = 2**24  # of one value of a row that is read

# A loose index scan: one seek per name instead of reading every row.
_NAMES = """
WITH RECURSIVE n(name) AS (SELECT min(name) FROM metrics UNION ALL
  SELECT (SELECT min(name) FROM metrics WHERE name > n.name) FROM n WHERE n.name IS NOT NULL)
SELECT name FROM n WHERE name IS NOT NULL
"""
_NEWEST = _NAMES.replace(
    "SELECT name FROM n", "SELECT name, (SELECT value FROM metrics WHERE name = n.name ORDER BY step DESC LIMIT 1) FROM n"
)
_NOTES = "SELECT * FROM annotations WHERE id > ? ORDER BY id"
_SHEETS = "SELECT step FROM sheets WHERE step > ? ORDER BY step"
_STATE = "SELECT key, value FROM state LIMIT 1000"


@dataclass(frozen=True)
class Annotation:
    """Something that happened to the run at `step` (time in seconds since the epoch): a kind and its data.

    `text` is the sentence that an older version recorded instead of data; new annotations have none.
    """

    id: int
    step: int
    time: float
    kind: str
    text: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Series:
    """One metric over steps; both arrays have the same length, steps ascend."""

    steps: np.ndarray
    values: np.ndarray

    def reduced(self, points: int) -> Series:
        """At most about `points` points: the smallest and the largest of every bucket, so that spikes survive."""
        if len(self.steps) <= points or points < 4:
            return self
        edges = np.linspace(0, len(self.steps), points // 2 + 1).astype(int)
        keep = {0, len(self.steps) - 1}
        for start, stop in pairwise(edges):
            keep |= {start + int(self.values[start:stop].argmin()), start + int(self.values[start:stop].argmax())}
        index = np.array(sorted(keep))
        return Series(self.steps[index], self.values[index])


class Damaged(ValueError):
    """The file is there but SQLite cannot read it."""


class Writer:
    """The one connection that writes; every method is one transaction. Damaged when the file is none of SQLite's.

    Each transaction, and the opening, is done by `attempt`, which may repeat it.
    """

    def __init__(self, path: Path, attempt: Attempt = at_once) -> None:
        self._path, self._attempt = path, attempt
        self._connection = attempt(self._open)

    def _open(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path, timeout=_BUSY_SECONDS, isolation_level=None)
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            ((result,),) = connection.execute("PRAGMA quick_check(1)").fetchall()
            if result != "ok":
                raise sqlite3.DatabaseError(result.splitlines()[-1])
            connection.execute("PRAGMA synchronous=NORMAL")
            connection.executescript(_SCHEMA)
            if "data" not in {row[1] for row in connection.execute("PRAGMA table_info(annotations)")}:
                connection.execute("ALTER TABLE annotations ADD COLUMN data TEXT")  # an older version made the file
        except BaseException as error:
            connection.close()
            if isinstance(error, sqlite3.DatabaseError) and not isinstance(error, sqlite3.OperationalError):
                raise Damaged(f"{self._path.name} is damaged ({error}): {REMEDY}.") from None
            raise
        return connection

    def _commit(self, write: Callable[[sqlite3.Connection], object]) -> None:
        self._attempt(partial(self._transaction, write))

    def _transaction(self, write: Callable[[sqlite3.Connection], object]) -> None:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            write(self._connection)
            self._connection.execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:  # SQLite rolls back by itself when the disk is full
                self._connection.execute("ROLLBACK")
            raise

    def write(self, points: Iterable[Point] = (), sheets: Iterable[int] = (), state: Mapping[str, Any] | None = None) -> None:
        """Add metric points and finished sheets, and replace state entries, all or nothing; `heard` is when."""
        rows = [(name, step, value) for step, metrics in points for name, value in metrics.items()]
        steps = [(step,) for step in sheets]
        values = [(key, to_json(value)) for key, value in {"heard": time.time(), **(state or {})}.items()]

        def insert(connection: sqlite3.Connection) -> None:
            connection.executemany("INSERT OR REPLACE INTO metrics VALUES (?, ?, ?)", rows)
            connection.executemany("INSERT OR REPLACE INTO sheets VALUES (?)", steps)
            connection.executemany("INSERT OR REPLACE INTO state VALUES (?, ?)", values)

        self._commit(insert)

    def annotate(self, step: int, kind: str, data: Mapping[str, Any] | None = None, text: str = "") -> None:
        """Record that something happened at `step`."""
        self._commit(lambda connection: _annotate(connection, step, kind, data, text))

    def enqueue(self, step: int, device: str, data: Mapping[str, Any] | None = None) -> None:
        """Record that the run waits for `device`, which its worker need not find out."""
        self.write(state={"device": device, "activity": {"phase": "starting"}})
        self.annotate(step, "queued", data)

    def intervene(self, intervention: Mapping[str, Any], effect: Mapping[str, Any] | None = None) -> None:
        """Add to the record of what was changed and, with an `effect`, to the annotations."""

        def insert(connection: sqlite3.Connection) -> None:
            connection.execute("INSERT INTO interventions(json) VALUES (?)", (to_json(intervention),))
            if effect:
                _annotate(connection, intervention["step"], "changed", effect)

        self._commit(insert)

    def salvage(self, path: Path) -> None:
        """Take over whatever can still be read of a damaged file."""
        found = []
        with suppress(sqlite3.Error), closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as old:
            for table in ("interventions", "annotations", "state", "metrics"):  # sheets are files of their own
                with suppress(sqlite3.Error):
                    columns = [name for name in _columns(old, table) if name in _columns(self._connection, table)]
                    found.append((table, columns, [*filter(_makes_sense, _until_damage(old, table, columns))]))
        for table, columns, readable in found:
            self._commit(partial(_insert_all, table=table, columns=columns, rows=readable))

    def close(self) -> None:
        """Fold the write-ahead log back, so that the run is one plain file again (readers may keep it a while)."""
        with suppress(sqlite3.OperationalError):  # a reader is looking: the next writer folds it
            self._connection.execute("PRAGMA journal_mode=DELETE")
        self._connection.close()


def _annotate(connection: sqlite3.Connection, step: int, kind: str, data: Mapping[str, Any] | None, text: str = "") -> None:
    row = (step, time.time(), kind, shown(text), to_json(data) if data else None)
    connection.execute("INSERT INTO annotations(step, time, kind, text, data) VALUES (?, ?, ?, ?, ?)", row)


def _columns(connection: sqlite3.Connection, table: str) -> list[str]:
    return [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]


def _until_damage(connection: sqlite3.Connection, table: str, columns: list[str]) -> Iterator[tuple[Any, ...]]:
    rows = connection.execute(f"SELECT {', '.join(columns)} FROM {table}")
    with suppress(sqlite3.DatabaseError):
        yield from rows


def _insert_all(connection: sqlite3.Connection, *, table: str, columns: list[str], rows: list[tuple[Any, ...]]) -> None:
    """Add the rows that fit."""
    places = f"{table}({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"
    for row in rows:
        with suppress(sqlite3.IntegrityError):
            connection.execute(f"INSERT OR REPLACE INTO {places}", row)


def _begun(stack: ExitStack, path: Path, mode: str) -> sqlite3.Connection:
    """A connection in a transaction that has seen the file."""
    uri = f"{path.resolve().as_uri()}?mode={mode}"
    connection = stack.enter_context(closing(sqlite3.connect(uri, uri=True, timeout=5, isolation_level=None)))
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _MOST_BYTES)
    connection.text_factory = lambda data: data.decode("utf-8", "backslashreplace")  # or one damaged name hides all rows
    connection.execute("BEGIN")
    try:
        connection.execute("SELECT count(*) FROM sqlite_master").fetchall()
    except sqlite3.OperationalError:
        raise
    except sqlite3.DatabaseError:
        pass  # damaged: the queries will say so
    return connection


def _makes_sense(row: tuple[Any, ...]) -> bool:
    """Whether a row of a damaged file can be one: texts that can be shown, and no step beyond all steps."""
    harmless = all(value == shown(value) for value in row if isinstance(value, str))
    return harmless and all(0 <= value < 2**40 for value in row if isinstance(value, int))


class Reader:
    """Read-only views; a run whose worker has written nothing yet reads as empty.

    A damaged file raises Damaged, unless the reader is `tolerant`, to which it is empty too.
    """

    def __init__(self, path: Path, *, tolerant: bool = False) -> None:
        self.path, self._tolerant = path, tolerant

    @contextmanager
    def _moment(self) -> Iterator[Callable[..., list[tuple[Any, ...]]]]:
        """A `query(sql, *arguments) -> rows`; all queries see the file as it was at the first of them."""
        other = is_no_file(self.path)  # a pipe would be waited for without end
        if other and not self._tolerant:
            raise Damaged(f"{self.path.name} is damaged (it is no file): {REMEDY}.")
        if other or not self.path.exists():
            yield lambda *_: []
            return
        with ExitStack() as stack:
            yield self._query(stack)

    def _query(self, stack: ExitStack) -> Callable[..., list[tuple[Any, ...]]]:
        connection = self._connection(stack)

        def query(sql: str, *arguments: Any) -> list[tuple[Any, ...]]:
            try:
                return connection.execute(sql, arguments).fetchall()
            except sqlite3.OperationalError as error:
                if "no such table" in str(error):  # the worker is creating the file right now
                    return []
                raise
            except sqlite3.DatabaseError as error:
                if self._tolerant:
                    return []
                raise Damaged(f"{self.path.name} is damaged ({error}): {REMEDY}.") from None

        return query

    def _connection(self, stack: ExitStack) -> sqlite3.Connection:
        """Read-only; where a killed writer left a journal to roll back, which takes more, with more; else of a copy."""
        try:
            return _begun(stack, self.path, "ro")
        except sqlite3.OperationalError as error:
            if not any(word in str(error) for word in ("readonly", "unable to open")):
                raise
        try:
            return _begun(stack, self.path, "rw")
        except sqlite3.OperationalError:  # a read-only disk; or the run was deleted meanwhile
            folder = stack.enter_context(TemporaryDirectory(prefix="ganlab-record-"))
            for path in self.path.parent.glob(f"{self.path.name}*"):
                if not path.name.endswith("-shm"):
                    with suppress(FileNotFoundError):
                        shutil.copy(path, folder)
            return _begun(stack, Path(folder, self.path.name), "rwc")

    def _rows(self, sql: str, *arguments: Any) -> list[tuple[Any, ...]]:
        with self._moment() as query:
            return query(sql, *arguments)

    def names(self) -> list[str]:
        """Every metric the run has recorded."""
        return [shown(name) for (name,) in self._rows(_NAMES)]

    def series(self, names: Iterable[str] | None = None, since: int = -1) -> dict[str, Series]:
        """The points after step `since` of the given (default: all) metrics; empty ones are left out."""
        result = {}
        points = "SELECT step, value FROM metrics WHERE name = ? AND step > ? ORDER BY step"
        with self._moment() as query:  # or a step might be new in one metric and missing in the one read before it
            wanted = [name for (name,) in query(_NAMES)] if names is None else names
            read = {name: rows.read_points(query(points, name, since)) for name in wanted}
        for name, found in read.items():
            if found:
                steps, values = zip(*found, strict=True)
                result[shown(name)] = Series(np.array(steps, dtype=np.int64), np.array(values, dtype=np.float64))
        return result

    def last_values(self) -> dict[str, float]:
        """The newest value of every metric."""
        with self._moment() as query:
            return _values(query(_NEWEST))

    def sheets(self, since: int = -1) -> list[int]:
        """Steps of the sample sheets that are completely on disk."""
        return _steps(self._rows(_SHEETS, since))

    def annotations(self, since: int = 0) -> list[Annotation]:
        """What happened to the run, oldest first, after annotation id `since`."""
        return _notes(self._rows(_NOTES, since))

    def interventions(self) -> list[dict[str, Any]]:
        """What was changed while the run trained, in the order of the steps; what an earlier life did comes first at each."""
        found = rows.read_interventions(self._rows("SELECT json FROM interventions ORDER BY id"))
        return sorted(found, key=lambda values: int(values["step"]))

    def state(self) -> dict[str, Any]:
        """What the worker recorded last about itself."""
        return rows.read_state(self._rows(_STATE))

    def story(self) -> tuple[list[Annotation], dict[str, Any]]:
        """`annotations` and `state` at one moment."""
        with self._moment() as query:
            notes, state = query(_NOTES, 0), query(_STATE)
        return _notes(notes), rows.read_state(state)

    def newest(self) -> tuple[list[int], dict[str, float]]:
        """`sheets` and `last_values` at one moment."""
        with self._moment() as query:
            sheets, last = query(_SHEETS, -1), query(_NEWEST)
        return _steps(sheets), _values(last)


def _notes(found: Iterable[tuple[Any, ...]]) -> list[Annotation]:
    return [Annotation(*fields) for fields in rows.read_annotations(found)]


def _steps(found: Iterable[tuple[Any, ...]]) -> list[int]:
    return [step for (step,) in found if isinstance(step, int)]


def _values(found: Iterable[tuple[Any, ...]]) -> dict[str, float]:
    return {shown(name): value for name, value in found if value is None or is_number(value)}
