"""The image files of a folder or a zip, and what looks like a picture there and cannot be used. Nothing is extracted."""

from __future__ import annotations

import lzma
import stat
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import NamedTuple

from ganlab.core.errors import DataError
from ganlab.core.image_formats import FORMATS, HEAD, PICTURES, Recognised, ending_of, recognise
from ganlab.core.images import ImageError
from ganlab.core.names import decoded, readable, shown, zip_name
from ganlab.core.remarks import Remark, few
from ganlab.core.text import byte_size
from ganlab.data.files.walk import Entry, is_shadow, walk

MAX_FILE_BYTES = 256 * 10**6
MAX_INFLATION = 50  # a zip of pictures hardly shrinks them; one that grows this much to over a gigabyte is a bomb
_PNG_DEPTH = 24  # where the header of a PNG has its bits for each level


@dataclass(frozen=True)
class ImageFile:
    """A candidate: `parts` of its path inside the collection, as text, `size` in bytes as its folder or zip claims.

    `deep`: it may hold levels of more than 8 bits; `several`: its format may hold several pictures.
    """

    parts: tuple[str, ...]
    size: int
    read: Callable[[], bytes]
    deep: bool = False
    several: bool = False

    @property
    def label(self) -> str:
        """The class folder it lies in; empty outside of one."""
        return self.parts[0] if len(self.parts) > 1 else ""

    @property
    def name(self) -> str:
        """Where it lies, to be shown."""
        return "/".join(self.parts)


class Unused(NamedTuple):
    """What looks like a picture and is not used: the parts of its path, and why as a kind of remark with its detail."""

    parts: tuple[str, ...]
    kind: str
    detail: str = ""


@dataclass(frozen=True)
class Collection:
    """The image `files` of a folder or zip, sorted, and what is `unused` beside them."""

    files: list[ImageFile]
    unused: list[Unused]

    @property
    def remarks(self) -> list[Remark]:
        """What is unused, by its reasons."""
        return grouped(self.unused)


@contextmanager
def image_files(path: Path) -> Iterator[Collection]:
    """The image files below a folder or inside a zip, readable while the context lasts; DataError if there are none.

    Content decides before the ending; names are only ever compared, never made into paths.
    """
    if path.is_dir():
        yield _checked(_collected(_in_folder(path)), path)
        return
    try:
        archive = zipfile.ZipFile(path)
    except FileNotFoundError:
        raise DataError(f"data_path = '{shown(str(path))}' does not exist.") from None
    except (zipfile.BadZipFile, OSError, UnicodeDecodeError) as error:
        raise DataError(f"data_path = '{shown(str(path))}' is neither a folder nor a zip that can be read ({error}).") from error
    with archive:
        collection = _collected(_in_zip(archive))
        total = sum(file.size for file in collection.files)
        if total > 10**9 and total > MAX_INFLATION * path.stat().st_size:
            raise DataError(
                f"data_path = '{shown(str(path))}' would unpack to {byte_size(total)}, too much for a zip of pictures."
            )
        yield _checked(collection, path)


def holds_images(path: Path) -> bool:
    """Whether there is an image file anywhere below a folder; it looks no further than the first."""
    return path.is_dir() and any(map(_is_image, walk(path)))


def fingerprint(path: Path) -> object:
    """What changes when the images at `path` do: a zip's size and time, or every file's in a folder; None for nothing there."""
    if path.is_dir():
        return sorted(("/".join(entry.parts), entry.stamp, entry.problem) for entry in walk(path) if not entry.hidden)
    if path.is_file():
        about = path.stat()
        return about.st_size, about.st_mtime_ns
    return None


def grouped(unused: Iterable[Unused]) -> list[Remark]:
    """One remark for each reason, in the order in which they come first."""
    reasons: dict[tuple[str, str], list[str]] = {}
    for one in unused:
        reasons.setdefault((one.kind, one.detail), []).append("/".join(one.parts))
    return [few(kind, names, detail) for (kind, detail), names in reasons.items()]


def reasons(remarks: Iterable[Remark]) -> str:
    """What an error adds about files that were not used: "; not used: 5 HEIC, 1 hidden", or nothing."""
    parts = [f"{one.count} {one.detail if one.kind == 'format' else f'{one.detail} {one.kind}'.strip()}" for one in remarks]
    return f"; not used: {', '.join(parts)}" if parts else ""


def _collected(found: Iterable[ImageFile | Unused]) -> Collection:
    files: list[ImageFile] = []
    unused: list[Unused] = []
    for one in found:
        files.append(one) if isinstance(one, ImageFile) else unused.append(one)
    return Collection(sorted(files, key=lambda file: file.parts), sorted(unused))


def _checked(collection: Collection, path: Path) -> Collection:
    if not collection.files:
        formats = f"{', '.join(FORMATS[:-1])} or {FORMATS[-1]}"
        raise DataError(f"data_path = '{shown(str(path))}' holds no images ({formats}){reasons(collection.remarks)}.")
    return collection


def _in_folder(root: Path) -> Iterator[ImageFile | Unused]:
    entries = list(walk(root))
    text = decoded({part for entry in entries for part in entry.parts})  # all names of a folder share a code page
    for entry in entries:
        parts = tuple(text[part] for part in entry.parts)
        if entry.problem or entry.hidden:
            yield from _left_out(entry, parts)
            continue
        head = _head(partial(_read_file, entry.path))
        yield from _judged(parts, entry.size, head, partial(_read_file, entry.path, entry.size))


def _is_image(entry: Entry) -> bool:
    if entry.problem or entry.hidden:
        return False
    known = recognise(entry.path.name, _head(partial(_read_file, entry.path)))
    return known is not None and not known.unused


def _left_out(entry: Entry, parts: tuple[str, ...]) -> Iterator[Unused]:
    """A hidden file with the ending of a picture, or what a folder or link of pictures was to lead to."""
    ending = ending_of(parts[-1], PICTURES) if parts else ""
    if entry.hidden:
        if ending and not entry.problem:
            yield Unused(parts, "hidden")
    elif ending or not entry.path.suffix:
        yield Unused(parts or (shown(entry.path.name),), entry.problem)


def _in_zip(archive: zipfile.ZipFile) -> Iterator[ImageFile | Unused]:
    for member, parts in _member_parts(archive):
        if member.is_dir() or not parts or any(map(is_shadow, parts)):
            continue
        ending = ending_of(parts[-1], PICTURES)
        if stat.S_ISLNK(member.external_attr >> 16):
            yield from [Unused(parts, "dangling")] if ending or "." not in parts[-1] else []
        elif ".." in parts:
            yield from [Unused(parts, "unsafe_name")] if ending else []
        elif any(part.startswith(".") for part in parts):
            yield from [Unused(parts, "hidden")] if ending else []
        else:
            whole = partial(_read_member, archive, member, member.file_size)
            yield from _judged(parts, member.file_size, _head(partial(_read_member, archive, member)), whole)


def _member_parts(archive: zipfile.ZipFile) -> Iterator[tuple[zipfile.ZipInfo, tuple[str, ...]]]:
    """The members with the parts of their names as text; some programs write the separator of Windows."""
    members = [(member, _split(zip_name(member))) for member in archive.infolist()]
    text = readable({part for _, parts in members for part in parts})
    for member, parts in members:
        yield member, tuple(shown(part) for whole in parts for part in text[whole].split("\\") if part)


def _split(name: str | bytes) -> list[str | bytes]:
    return [*(name.split(b"/") if isinstance(name, bytes) else name.split("/"))]


def _judged(parts: tuple[str, ...], size: int, head: bytes | None, read: Callable[[], bytes]) -> Iterator[ImageFile | Unused]:
    """The file as what `recognise` takes it for; nothing where it is no picture."""
    match recognise(parts[-1], head):
        case Recognised(format, ""):
            yield ImageFile(parts, size, read, may_be_deep(format, head or b""), format in ("GIF", "TIFF", "WEBP", "AVIF"))
        case Recognised(format, kind):
            yield Unused(parts, kind, {"pointer": "Git LFS", "unreadable": ""}.get(kind, format))


def may_be_deep(format: str, head: bytes) -> bool:
    """Whether a file of this format, with these first bytes, may hold levels of more than 8 bits."""
    return format == "TIFF" or (format == "PNG" and head[_PNG_DEPTH : _PNG_DEPTH + 1] == b"\x10")


def _head(read: Callable[[int], bytes]) -> bytes | None:
    try:
        return read(HEAD)
    except ImageError:
        return None


def _read_file(file: Path, size: int) -> bytes:
    try:
        with file.open("rb") as opened:
            return opened.read(size)
    except OSError as error:
        raise ImageError(f"The file cannot be read ({error.strerror}).", "unreadable") from error


def _read_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, size: int) -> bytes:
    """At most `size` bytes, whatever the member claims to be; never more than that is unpacked."""
    try:
        with archive.open(member) as opened:
            return opened.read(size)
    except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, OSError, EOFError, RuntimeError, ValueError) as error:
        raise ImageError(f"The file cannot be unpacked ({error}).") from error  # damaged, encrypted or packed in an unknown way
