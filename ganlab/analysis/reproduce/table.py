"""A published table beside ours: as many tables as there are protocols, so that no column holds numbers of two."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ganlab.core.text import duration
from ganlab.metrics.tables import Column, Table, tables
from ganlab.metrics.value import Value

_PUBLISHED = (
    "Published: the source's own FID, in the features of torchvision's Inception before its last layer, of a small batch whose "
    "size it does not give; fewer images read farther."
)


@dataclass(frozen=True)
class Row:
    """One system: what its source published, what `first` (after one epoch; empty where that was not reached) and `last` read.

    `seconds` is the time it trained, over `epochs`.
    """

    recipe: str
    run: str
    published: str
    epochs: float
    epochs_wanted: float
    seconds: float
    first: tuple[Value, ...]
    last: tuple[Value, ...]

    @property
    def values(self) -> tuple[Value, ...]:
        """Everything that was measured of it."""
        return (*self.first, *self.last)


@dataclass(frozen=True)
class Failure:
    """One sentence about a system that could not be trained or measured."""

    sentence: str


@dataclass(frozen=True)
class Reproduction:
    """The rows of a table, the `floors`: what real images read, and what could not be done."""

    name: str
    rows: tuple[Row, ...]
    floors: tuple[Value, ...] = ()
    failures: tuple[str, ...] = ()

    @property
    def values(self) -> list[Value]:
        """Everything that was measured."""
        return [value for row in self.rows for value in row.values] + list(self.floors)

    def __str__(self) -> str:
        """A table in Markdown for each protocol, and below each how it was measured."""
        parts = [self._table(table) for table in tables(self.values)]
        unmeasured = [row for row in self.rows if not row.values]
        parts += [
            f"`{row.recipe}` was not measured: it saw {_epochs(row)} epochs in {duration(row.seconds)}." for row in unmeasured
        ]
        return "\n\n".join([*parts, *([_PUBLISHED] if self.name == "column" and parts else []), *self.failures])

    def _table(self, table: Table) -> str:
        metrics = [table.title(column) for column in table.columns]
        lines = [["recipe", "published", *metrics, "epochs", "trained"]]
        for row in self.rows:
            first, last = _of(row.first, table), _of(row.last, table)
            if first or last:
                cells = [_course(first.get(column), last.get(column)) for column in table.columns]
                lines.append([f"`{row.recipe}`", row.published, *cells, _epochs(row), duration(row.seconds)])
        for floor in (row for row in table.rows if row.floor):
            lines.append([floor.subject, "", *(_cell(floor.values.get(column)) for column in table.columns), "", ""])
        lines.insert(1, ["---"] * len(lines[0]))
        return "\n".join([*("| " + " | ".join(line) + " |" for line in lines), "", " ".join(table.protocol())])


def _of(values: tuple[Value, ...], table: Table) -> Mapping[Column, Value]:
    """Those of the table's own protocols."""
    return {Column.of(value): value for value in _held_against(values, table.reference) if Column.of(value) in table.columns}


def _held_against(values: tuple[Value, ...], reference: str) -> Iterator[Value]:
    return (value for value in values if value.reference == reference)


def _course(first: Value | None, last: Value | None) -> str:
    return f"{_cell(first)} → {_cell(last)}" if first else _cell(last)


def _cell(value: Value | None) -> str:
    return "–" if value is None else str(value.estimate)


def _epochs(row: Row) -> str:
    return f"{row.epochs:.3g} of {row.epochs_wanted:.3g}"
