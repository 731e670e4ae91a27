"""What people call a run: its name, notes and tags, in labels.json of its directory. Damaged or missing, it has none."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from unicodedata import normalize

from ganlab.core.files import read_bounded
from ganlab.core.kept import Kept
from ganlab.core.names import from_json, shown, to_json

FILE = "labels.json"
MOST_NAME, MOST_NOTES, MOST_TAG, MOST_TAGS = 80, 2000, 30, 12
MOST_BYTES = 2**16  # of the file


@dataclass(frozen=True)
class Labels:
    """Text as `shown` gives it, in NFC and bounded; only `notes` have several lines."""

    name: str = ""
    notes: str = ""
    tags: tuple[str, ...] = ()

    @classmethod
    def of(cls, name: str = "", notes: str = "", tags: Iterable[str] = ()) -> Labels:
        """What was typed, brought into that form: spaces in a row are one, a tag has no comma and comes once."""
        words = (_line(word, MOST_TAG) for tag in tags for word in tag.split(","))
        lines = (_line(line, MOST_NOTES) for line in notes.splitlines())
        text = "\n".join(lines).strip()[:MOST_NOTES].rstrip()
        return cls(_line(name, MOST_NAME), text, tuple(dict.fromkeys(filter(None, words)))[:MOST_TAGS])

    def to_dict(self) -> dict[str, Any]:
        """Plain values, as the API has them; labels.json has the lines of the notes one by one."""
        return asdict(self) | {"tags": list(self.tags)}


NONE = Labels()


def labels_in(folder: Path) -> Labels:
    """The labels of a run's directory."""
    return _READ(folder / FILE)


def keep_labels(folder: Path, labels: Labels) -> None:
    """Write the labels in one piece; OSError where that cannot be, ValueError where the run was deleted."""
    partial = folder / f".labels-{uuid.uuid4().hex}.partial"
    if not folder.is_dir():
        raise ValueError(f"There is no run named {shown(folder.name)!r} any more.")
    try:
        with partial.open("x", encoding="utf-8") as file:
            values = labels.to_dict() | {"notes": labels.notes.split("\n")}
            file.write(to_json(values, indent=2, ensure_ascii=False) + "\n")
            file.flush()
            os.fsync(file.fileno())
        partial.replace(folder / FILE)
    finally:
        with suppress(OSError):
            partial.unlink(missing_ok=True)


def matching(text: str, text_of: Callable[[], str]) -> bool:
    """Whether each word of a search is in what `text_of` makes, in any order, capitals or not."""
    wanted = _folded(text).split()
    return not wanted or all(map(_folded(text_of()).__contains__, wanted))


def words(labels: Labels, config: Mapping[str, Any], *more: str) -> str:
    """What a search for a run looks into: its labels, its settings as "lr=0.002", and `more`."""
    return " ".join([*more, labels.name, labels.notes, *labels.tags, *(f"{name}={value}" for name, value in config.items())])


def _read(path: Path) -> Labels:
    try:
        values = from_json(read_bounded(path, MOST_BYTES))
    except (OSError, ValueError):
        return NONE
    return _labels(values) if isinstance(values, dict) else NONE


_READ = Kept(_read)


def _labels(values: Mapping[str, Any]) -> Labels:
    """What another program wrote, as far as it is text."""
    name, notes, tags = ([one for one in _listed(values.get(key)) if isinstance(one, str)] for key in ("name", "notes", "tags"))
    return Labels.of("".join(name[:1]), "\n".join(notes), tags)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _line(text: str, most: int) -> str:
    """One line: NFC, what would disturb it escaped, no longer than that."""
    return shown(normalize("NFC", " ".join(text.split())))[:most].rstrip()


def _folded(text: str) -> str:
    return normalize("NFC", text).casefold()
