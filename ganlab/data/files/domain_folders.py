"""Which domain, A or B, and which part a file belongs to, by the names of the folders around it."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator, Mapping, Sized
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from ganlab.core.errors import DataError
from ganlab.core.events import Loading
from ganlab.data.files.collect import ImageFile, part_called
from ganlab.data.files.decode import Item
from ganlab.data.registry import Wanted

Domain = Literal["A", "B"]
_DOMAIN_FOLDER = re.compile(r"(.*?)[ _-]?([ab])", re.IGNORECASE)


class Items(Sized, Protocol):
    """What can be gone through again and again."""

    def __iter__(self) -> Iterator[Item]: ...


@dataclass(frozen=True)
class Placed:
    """A file in a folder that names its domain: its `part`, train or test, and the `name` that its partner shares."""

    file: ImageFile
    part: str
    domain: Domain
    name: tuple[str, ...]


def place(files: list[ImageFile]) -> list[Placed]:
    """The files that lie in folders called A and B, trainA, test_b and the like; the innermost such folder decides."""
    placed = []
    for file in files:
        part, domain, name = "", "", []
        for folder in file.parts[:-1]:
            match = _DOMAIN_FOLDER.fullmatch(folder)
            if match and (not match[1] or part_called(match[1])):
                part, domain = part_called(match[1]) or part, match[2].upper()
            elif part_called(folder):
                part = part_called(folder)
            else:
                name.append(folder)
        if domain:
            name.append(file.parts[-1].rpartition(".")[0] or file.parts[-1])  # a photo is a JPEG, its label map often a PNG
            placed.append(Placed(file, part or "train", "A" if domain == "A" else "B", tuple(name)))
    return placed


def matched(placed: list[Placed]) -> tuple[dict[str, list[Item]], list[ImageFile]]:
    """{part: (A, B) of equal names}, and the files that have no partner."""
    of_a, of_b = ({(one.part, one.name): one.file for one in placed if one.domain == domain} for domain in ("A", "B"))
    parts: dict[str, list[Item]] = {}
    for key in sorted(of_a.keys() & of_b.keys()):
        parts.setdefault(key[0], []).append((of_a[key], of_b[key]))
    used = {file.parts for items in parts.values() for item in items for file in item}
    return parts, [one.file for one in placed if one.file.parts not in used]


def choose_items(parts: Mapping[str, Items], wanted: Wanted, path: Path, lacking: str) -> Generator[Loading, None, Items]:
    """The part that is wanted, or the training part: sheets need examples in any case. DataError `lacking` for neither."""
    if wanted.split in parts:
        return parts[wanted.split]
    if "train" not in parts:
        raise DataError(lacking)
    yield Loading(f"{path.name} has no test part: training images are used instead")
    return parts["train"]
