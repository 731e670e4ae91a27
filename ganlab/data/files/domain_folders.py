"""Which domain, A or B, and which part a file belongs to, by the names of the folders around it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sized
from dataclasses import dataclass, field, replace
from itertools import takewhile
from typing import Literal, Protocol, get_args

from ganlab.core.errors import DataError
from ganlab.core.remarks import Remark
from ganlab.data.files.collect import ImageFile, Unused, grouped
from ganlab.data.files.decode import Item
from ganlab.data.files.parts import Parts, divided, folders_of, part_called
from ganlab.data.registry import Wanted

Domain = Literal["A", "B"]
_Pair = tuple[str, tuple[str, ...], Item]  # part, name and files
_DOMAIN_FOLDER = re.compile(r"(.*?)[ _-]?([ab])", re.IGNORECASE)
_ENDING = re.compile(r"(.+)[ _.-]([ab])", re.IGNORECASE)  # of a name without its suffix
_LAST_WORD = re.compile(r".+[ _.-]([^\W\d_]+)")


class Items(Sized, Protocol):
    """What can be gone through again and again."""

    def __iter__(self) -> Iterator[Item]: ...


@dataclass(frozen=True)
class Placed:
    """A file of a domain: its `part`, train or test, and the `name` that its partner shares."""

    file: ImageFile
    part: str
    domain: Domain
    name: tuple[str, ...]


@dataclass(frozen=True)
class Domains:
    """The files of both domains; `names` where the folders have others than A and B, `outside` what lies in neither.

    `folders` are those that images were found in where they are no domains.
    """

    placed: list[Placed]
    outside: list[ImageFile] = field(default_factory=list)
    names: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether there are files of both."""
        return {one.domain for one in self.placed} == {"A", "B"}

    def remarks(self) -> list[Remark]:
        """What the domains are, where their names do not say so, and what lies outside."""
        named = [Remark("domains", len(self.names), self.names)] if self.names else []
        return [*named, *grouped(Unused(file.parts, "outside") for file in self.outside)]


def find_domains(files: list[ImageFile]) -> Domains:
    """The domains by folders called A and B, else by exactly two folders of images, in the order of their names."""
    lettered = place(files)
    if lettered.complete:
        return lettered
    parts = divided(files)
    folders = folders_of(parts.files.get("train", ()))
    return _by_folders(parts, folders) if len(folders) == 2 else replace(lettered, folders=folders)


def place(files: list[ImageFile]) -> Domains:
    """The files that lie in folders called A and B, trainA, test_b and the like; the innermost such folder decides."""
    placed, outside = [], []
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
            placed.append(Placed(file, part or "train", "A" if domain == "A" else "B", _key((*name, file.parts[-1]))))
        else:
            outside.append(file)
    return Domains(placed, outside)


def _by_folders(parts: Parts, folders: tuple[str, ...]) -> Domains:
    placed, outside = [], list(parts.outside)
    for part, files in parts.files.items():
        for file in files:
            if file.label in folders:
                placed.append(Placed(file, part, "A" if file.label == folders[0] else "B", _key(file.parts[1:])))
            else:
                outside.append(file)
    return Domains(placed, outside, folders)


def by_endings(parts: Parts) -> Domains:
    """Files of one folder whose names end in _A and _B, or all in one of two other words, in the order of these."""
    placed, names = [], tuple[str, ...]()
    pattern, first = _ENDING, "a"
    ends = {
        match[1].lower() if (match := _LAST_WORD.fullmatch(_key(file.parts)[-1])) else ""
        for files in parts.files.values()
        for file in files
    }
    if len(ends) == 2 and "" not in ends and ends != {"a", "b"}:
        first, second = names = tuple(sorted(ends))
        pattern = re.compile(rf"(.+)[ _.-]({re.escape(first)}|{re.escape(second)})", re.IGNORECASE)
    for part, files in parts.files.items():
        for file in files:
            if match := pattern.fullmatch(_key(file.parts)[-1]):
                placed.append(Placed(file, part, "A" if match[2].lower() == first else "B", _key(file.parts)))
    used = {one.file.parts for one in placed}
    rest = [file for files in parts.files.values() for file in files if file.parts not in used]
    return Domains(placed, [*parts.outside, *rest], names)


def matched(placed: list[Placed]) -> tuple[dict[str, list[Item]], list[ImageFile], list[Remark]]:
    """{part: (A, B) of equal names}, the files that have no partner, and a remark on those that found theirs by a part of a name:

    without _A and _B at the end, or else without the words that all names of a domain share, such as "_mask".
    """
    pairs, alone = _pairs(placed, "")
    equal = len(pairs)
    for shortened in ("B", "A", "AB"):
        more, alone = _pairs(alone, shortened)
        pairs += more
    remarks = [Remark("endings", len(pairs) - equal)] if len(pairs) > equal else []
    rest, shared = _without_shared(alone)
    more, alone = _pairs(rest, "")
    if more and shared:
        remarks.append(Remark("endings", len(more), tuple(shared)))
    parts: dict[str, list[Item]] = {}
    for part, _, item in sorted(pairs + more, key=lambda pair: pair[:2]):
        parts.setdefault(part, []).append(item)
    return parts, [one.file for one in alone], remarks


def _without_shared(placed: list[Placed]) -> tuple[list[Placed], list[str]]:
    """The files by names without what all of their domain begin and end with, in small letters, and what of that differs."""
    found: list[Placed] = []
    shared: list[tuple[str, str]] = []
    for domain in get_args(Domain):
        stems = {one: one.name[-1].lower() for one in placed if one.domain == domain}
        before, after = _ends(list(stems.values()))
        shared.append((before, after))
        found += [replace(one, name=(*one.name[:-1], stem[len(before) : len(stem) - len(after)])) for one, stem in stems.items()]
    differing = [set(words) - {""} for words in zip(*shared, strict=True) if len(set(words)) > 1]
    return found, sorted(set().union(*differing))


def _ends(stems: list[str]) -> tuple[str, str]:
    """What several names all begin and end with, up to and from a sign between words; ("", "") where nothing else is left."""
    if len(stems) < 2:
        return "", ""
    before, after = _start(stems), _start([stem[::-1] for stem in stems])[::-1]
    return (before, after) if len(before) + len(after) < min(map(len, stems)) else ("", "")


def _start(texts: list[str]) -> str:
    same = "".join(column[0] for column in takewhile(lambda column: len(set(column)) == 1, zip(*texts, strict=False)))
    return same[: max(map(same.rfind, " _.-")) + 1]


def _pairs(placed: list[Placed], shortened: str) -> tuple[list[_Pair], list[Placed]]:
    """The pairs of equal names as (part, name, files), and what is in none; the `shortened` domains are without their endings."""
    of_a, of_b = (
        {(one.part, _without_ending(one) if domain in shortened else one.name): one for one in placed if one.domain == domain}
        for domain in ("A", "B")
    )
    pairs: list[_Pair] = [(*key, (of_a[key].file, of_b[key].file)) for key in of_a.keys() & of_b.keys()]
    used = {file.parts for _, _, item in pairs for file in item}
    return pairs, [one for one in placed if one.file.parts not in used]


def _without_ending(one: Placed) -> tuple[str, ...]:
    """The name without the letter of its own domain at the end."""
    match = _ENDING.fullmatch(one.name[-1])
    return (*one.name[:-1], match[1]) if match and match[2].upper() == one.domain else one.name


def _key(parts: tuple[str, ...]) -> tuple[str, ...]:
    """The path that partners share: without the suffix, since a photo is a JPEG and its label map often a PNG."""
    *folders, name = parts
    return (*folders, name.rpartition(".")[0] or name)


def choose_items(parts: Mapping[str, Items], wanted: Wanted, lacking: str) -> tuple[Items, list[Remark]]:
    """The part that is wanted, or the training part: sheets need examples in any case. DataError `lacking` for neither."""
    if wanted.split in parts:
        return parts[wanted.split], []
    if "train" not in parts:
        raise DataError(lacking)
    return parts["train"], [Remark("no_test_part")]


def domains_in(remarks: Iterable[Remark]) -> tuple[str, ...]:
    """What the sources and the images show, where the remarks name it."""
    return next((remark.names for remark in remarks if remark.kind == "domains"), ())


def set_aside(count: int, wanted: Wanted) -> list[Remark]:
    """What to say of `count` items that are kept for testing, to those who train."""
    return [Remark("test_part", count)] if wanted.split == "train" and count else []
