"""Measured values as tables: one row for each thing measured, one column for each metric, never two protocols in one column."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from ganlab.metrics.value import Value, versus


@dataclass(frozen=True)
class Column:
    """One protocol, without the reference, which is the table's."""

    metric: str
    extractor: str
    resize: str
    n_fake: int
    n_real: int
    higher_is_better: bool

    @classmethod
    def of(cls, value: Value) -> Column:
        """The column that a value belongs in."""
        return cls(value.metric, value.extractor, value.resize, value.n_fake, value.n_real, value.higher_is_better)

    @property
    def reading(self) -> tuple[str, str, str]:
        """What is read and how, whatever the number of images: a table has one column for each."""
        return self.metric, self.extractor, self.resize


@dataclass(frozen=True)
class Row:
    """What was measured of `subject`, after `step` of training where there was one."""

    subject: str
    step: int | None
    seed: int
    values: Mapping[Column, Value]

    @property
    def floor(self) -> bool:
        """Whether these are real images: no generator can be expected to read better."""
        return next(iter(self.values.values())).floor

    @property
    def left_open(self) -> str:
        """What a foreign file does not tell of it; "" for all else."""
        return next(iter(self.values.values())).left_open


@dataclass(frozen=True)
class Table:
    """Rows that may be compared, floors last, all held against one `reference`."""

    reference: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]

    @property
    def only_floors(self) -> bool:
        """Whether no model is in it."""
        return all(row.floor for row in self.rows)

    def title(self, column: Column) -> str:
        """The metric's name, with what distinguishes it from another column of that name."""
        alike = [other for other in self.columns if other.metric == column.metric]
        extra = [getattr(column, name) for name in ("extractor", "resize") if len({getattr(other, name) for other in alike}) > 1]
        return f"{column.metric} ({', '.join(extra)})" if extra else column.metric

    def ways(self) -> list[list[Column]]:
        """The columns by their way of reading: as many images, by the same extractor."""
        found: dict[tuple[object, ...], list[Column]] = {}
        for column in self.columns:
            found.setdefault((column.n_fake, column.n_real, column.extractor, column.resize), []).append(column)
        return list(found.values())

    def protocol(self) -> list[str]:
        """Everything that must agree before other numbers may be put beside these, one sentence for each way of reading."""
        ways, sentences = self.ways(), []
        for columns in ways:
            one = columns[0]
            which = f"{', '.join(self.title(column) for column in columns)}: " if len(ways) > 1 else ""
            counts = versus(one.n_fake, one.n_real, self.reference)
            sentences.append(f"{which}{counts}, read by {one.extractor}, resize {one.resize}.")
        return [*sentences, *self.remarks()]

    def remarks(self) -> list[str]:
        """What foreign files leave open, and the seeds."""
        open_ones = {row.subject: row.left_open for row in self.rows if row.left_open}
        seeds = sorted({row.seed for row in self.rows})
        sentences = [f"{subject}: {left_open}." for subject, left_open in open_ones.items()]
        return [*sentences, f"Seed{'s' if len(seeds) > 1 else ''} {', '.join(map(str, seeds))}; ± is one standard error."]


def tables(values: Sequence[Value]) -> list[Table]:
    """One table for each set of protocols, in the order in which they come; those of floors alone come last.

    A thing that was measured is a row in the first table that it fits into: the same reference, a metric in common, and the
    same number of images wherever the same metric is read in the same way.
    """
    found: list[tuple[str, list[Row]]] = []
    for row, reference in _rows(values):
        fitting = (rows for other, rows in found if other == reference and _fits(row, rows))
        rows = next(fitting, None)
        if rows is None:
            found.append((reference, [row]))
        else:
            rows.append(row)
    made = [_table(reference, rows) for reference, rows in found]
    return sorted(made, key=lambda table: table.only_floors)


def _rows(values: Iterable[Value]) -> Iterator[tuple[Row, str]]:
    """Neighbouring values of one thing against one reference, until one is read a second time."""
    kept: dict[Column, Value] = {}
    for value in values:
        column = Column.of(value)
        last = next(iter(kept.values()), value)
        again = column.reading in {other.reading for other in kept}
        if again or (last.subject, last.step, last.seed, last.reference) != (
            value.subject,
            value.step,
            value.seed,
            value.reference,
        ):
            yield _row(kept)
            kept = {}
        kept[column] = value
    if kept:
        yield _row(kept)


def _row(values: Mapping[Column, Value]) -> tuple[Row, str]:
    one = next(iter(values.values()))
    return Row(one.subject, one.step, one.seed, values), one.reference


def _fits(row: Row, rows: Sequence[Row]) -> bool:
    columns = {column.reading: column for other in rows for column in other.values}
    shared = [column for column in row.values if column.reading in columns]
    return bool(shared) and all(columns[column.reading] == column for column in shared)


def _table(reference: str, rows: Sequence[Row]) -> Table:
    columns = dict.fromkeys(column for row in rows for column in row.values)
    return Table(reference, tuple(columns), tuple(sorted(rows, key=lambda row: row.floor)))
