"""The pictures of parquet files, row by row, and a data set of them."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from hashlib import blake2b
from itertools import islice
from pathlib import Path

from ganlab.core.errors import DataError
from ganlab.core.events import Loading
from ganlab.core.image_formats import HEAD, recognise
from ganlab.core.names import shown
from ganlab.core.remarks import Remark
from ganlab.core.types import Conditioning
from ganlab.data.cache import About, Decoded
from ganlab.data.files.collect import ImageFile, Unused, grouped, may_be_deep
from ganlab.data.files.decode import Item, Work, classes_of, decode_all, native_channels
from ganlab.data.files.domain_folders import Items, set_aside
from ganlab.data.files.levels import common_scale
from ganlab.data.files.parquet import Tables, cells, label_column, one_column, opened
from ganlab.data.registry import Wanted

_LOOKED_AT = 32  # pictures that decide whether a set is grey


@dataclass
class Rows:
    """The pictures of `tables`, row by row, one of each of `columns`; with `label` in the class that this column names.

    `distinct`: equal bytes are the same picture, since the Hub's horse2zebra repeats horses until there are as many as zebras;
    the length counts the repeated ones as well. What was met since the last beginning and is not used is in `remarks`.
    """

    tables: tuple[Path, ...]
    columns: tuple[str, ...]
    label: str = ""
    distinct: bool = False
    _repeated: int = 0
    _unused: list[Unused] = field(default_factory=list)

    def __len__(self) -> int:
        return sum(opened(table).metadata.num_rows for table in self.tables)

    def __iter__(self) -> Iterator[Item]:
        seen: set[bytes] = set()
        self._repeated, self._unused = 0, []
        for table in self.tables:
            for row, (name, data) in enumerate(cells(table, self.columns, self.label)):
                digest = blake2b(data[0], digest_size=16).digest() if self.distinct and data[0] else b""
                if digest and digest in seen:
                    self._repeated += 1
                    continue
                seen.add(digest)
                yield from self._judged(shown(table.name), row, name, data)

    def remarks(self) -> tuple[Remark, ...]:
        """What was not used, and how many rows repeat earlier ones."""
        repeated = [Remark("repeated", self._repeated, tuple(map(shown, self.columns)))] if self._repeated else []
        return (*grouped(self._unused), *repeated)

    def _judged(self, table: str, row: int, name: str, data: list[bytes]) -> Iterator[Item]:
        """The pictures of a row, where all may be decoded; what is damaged shows when it is."""
        files, unused = [], []
        for column, one in zip(self.columns, data, strict=True):
            place = f"{table}/{shown(column)}/row {row}"
            parts = (name, place) if name else (place,)
            known = recognise("", one[:HEAD])
            if known and known.unused:
                unused.append(Unused(parts, known.unused, known.format))
            files.append(ImageFile(parts, len(one), partial(bytes, one), may_be_deep(known.format if known else "", one)))
        self._unused += unused
        if not unused:
            yield tuple(files)


def about_rows(items: Items) -> About:
    """What is known of rows once they were all met; nothing of files, whose remarks are known before."""
    return About(remarks=items.remarks() if isinstance(items, Rows) else ())


def decode_tables(tables: Tables, folder: Path, path: Path, wanted: Wanted) -> Generator[Loading, None, Decoded]:
    """Decode single pictures into `folder` of the cache, labelled by a column of classes where there is one."""
    label, chosen = label_column(tables)
    labelled = wanted.conditioning is Conditioning.LABEL
    if labelled and not label:
        raise DataError(f"{path.name} has no labels: fetch a set that has a column called label.")
    column = one_column(tables)
    rows = {part: Rows(some, (column,), label) for part, some in tables.items()}
    if wanted.split not in rows:
        raise DataError(f"{path.name} has no file for the {wanted.split} part.")
    items = rows[wanted.split]
    scale, levels = yield from common_scale((file for part in rows.values() for (file,) in part), path.name)
    remarks = (*chosen, *set_aside(sum(map(len, rows.values())) - len(items), wanted), *levels)
    channels = wanted.channels or native_channels([file for (file,) in islice(items, _LOOKED_AT)])
    work = Work(path.name, wanted.image_size, channels, wanted.limit, scale=scale, remarks=remarks)
    unlabelled: list[Unused] = []

    def used() -> Iterator[Item]:
        for item in items:
            if item[0].label or not labelled:
                yield item
            else:
                unlabelled.append(Unused(item[0].parts, "outside"))

    def about(good: list[Item]) -> About:
        among = [replace(file, read=bytes) for (file,) in islice(items, wanted.limit and len(items))]
        more = (*items.remarks(), *grouped(unlabelled))
        return replace(classes_of(good, [file for file in among if file.label]), remarks=more)

    return (yield from decode_all(used(), len(items), folder, work, about))
