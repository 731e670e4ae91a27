"""The image files of a folder or a zip, and the classes and parts that its sub-folders mean. Nothing is extracted."""

from __future__ import annotations

import lzma
import os
import stat
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from ganlab.core.errors import DataError
from ganlab.core.images import ImageError, looks_like_image
from ganlab.core.names import decoded, readable, shown, zip_name
from ganlab.core.text import byte_size

MAX_FILE_BYTES = 256 * 10**6
MAX_INFLATION = 50  # a zip of pictures hardly shrinks them; one that grows this much to over a gigabyte is a bomb
_ENDINGS = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif", ".tif", ".tiff")
_PARTS = {"train": ("train", "training"), "test": ("test", "testing", "val", "valid", "validation")}


@dataclass(frozen=True)
class ImageFile:
    """A candidate: `parts` of its path inside the collection, as text, `size` in bytes as its folder or zip claims."""

    parts: tuple[str, ...]
    size: int
    read: Callable[[], bytes]

    @property
    def label(self) -> str:
        """The class folder it lies in; empty outside of one."""
        return self.parts[0] if len(self.parts) > 1 else ""


@contextmanager
def image_files(path: Path) -> Iterator[list[ImageFile]]:
    """The image files below a folder or inside a zip, sorted, readable while the context lasts; DataError if there are none.

    Hidden files and other kinds of file are left out; names are only ever compared, never made into paths.
    """
    if path.is_dir():
        yield _sorted(_named(list(_folder_files(path))), path)
        return
    try:
        archive = zipfile.ZipFile(path)
    except FileNotFoundError:
        raise DataError(f"data_path = {str(path)!r} does not exist.") from None
    except (zipfile.BadZipFile, OSError, UnicodeDecodeError) as error:
        raise DataError(f"data_path = {str(path)!r} is neither a folder nor a zip that can be read ({error}).") from error
    with archive:
        yield _sorted(_zip_files(archive, path), path)


def holds_images(path: Path) -> bool:
    """Whether there is an image file anywhere below a folder, going by names and first bytes."""
    return any(True for _ in _folder_files(path))


def fingerprint(path: Path) -> object:
    """What changes when the images at `path` do: a zip's size and time, or every file's in a folder; None for nothing there."""
    if path.is_dir():
        return sorted((str(file.relative_to(path)), about.st_size, about.st_mtime_ns) for file, about in _walk(path))
    if path.is_file():
        about = path.stat()
        return about.st_size, about.st_mtime_ns
    return None


def choose_part(files: list[ImageFile], split: str) -> list[ImageFile]:
    """Only the files of a part; DataError when the test part is asked for and absent."""
    parts = in_parts(files)
    if split in parts:
        return parts[split]
    if "train" in parts:
        raise DataError(f"The images have no {split} part: put them into two folders called train and test.")
    raise DataError(f"There is no folder for the {split} part beside the one for the test part.")


def in_parts(files: list[ImageFile]) -> dict[str, list[ImageFile]]:
    """{"train": ..., "test": ...}, where folders called train and test (or val) divide them; what is left begins at the class.

    A single folder around everything means nothing and is taken off. Undivided files are all for training.
    """
    while True:
        tops = {file.parts[0] for file in files if len(file.parts) > 1}
        by_part = {top: part_called(top) for top in tops}
        if tops and all(by_part.values()):
            parts: dict[str, list[ImageFile]] = {}
            for file in files:
                if len(file.parts) > 1:
                    parts.setdefault(by_part[file.parts[0]], []).append(_inside(file))
            return {part: _unwrapped(some) for part, some in parts.items()}
        if len(tops) == 1 and all(len(file.parts) > 1 for file in files):
            files = [_inside(file) for file in files]
            continue
        return {"train": files}


def part_called(name: str) -> str:
    """The part that a folder of this name holds, train or test; empty for none."""
    return next((part for part, names in _PARTS.items() if name.lower() in names), "")


def _unwrapped(files: list[ImageFile]) -> list[ImageFile]:
    while len({file.label for file in files}) == 1 and files[0].label:
        files = [_inside(file) for file in files]
    return files


def _inside(file: ImageFile) -> ImageFile:
    return replace(file, parts=file.parts[1:])


def _sorted(files: list[ImageFile], path: Path) -> list[ImageFile]:
    if not files:
        raise DataError(f"data_path = {str(path)!r} holds no images (JPEG, PNG, WEBP, BMP, GIF or TIFF).")
    return sorted(files, key=lambda file: file.parts)


def _walk(root: Path) -> Iterator[tuple[Path, os.stat_result]]:
    """The regular files below a folder that are not hidden."""
    for folder, inner, names in os.walk(root):
        inner[:] = filter(_shown, inner)
        for name in filter(_shown, names):
            file = Path(folder, name)
            with suppress(OSError):  # a dangling link, or deleted meanwhile
                about = file.stat()
                if stat.S_ISREG(about.st_mode):
                    yield file, about


def _folder_files(root: Path) -> Iterator[ImageFile]:
    for file, about in _walk(root):
        if _is_image(file.name, partial(_read_file, file, 16)):
            yield ImageFile(file.relative_to(root).parts, about.st_size, partial(_read_file, file, about.st_size))


def _named(files: list[ImageFile]) -> list[ImageFile]:
    """Files with their names as text, read in one code page."""
    text = decoded({part for file in files for part in file.parts})
    return [replace(file, parts=tuple(text[part] for part in file.parts)) for file in files]


def _member_parts(archive: zipfile.ZipFile) -> Iterator[tuple[zipfile.ZipInfo, tuple[str, ...]]]:
    """The members with the parts of their names as text; some programs write the separator of Windows."""
    members = [(member, _split(zip_name(member))) for member in archive.infolist()]
    text = readable({part for _, parts in members for part in parts})
    for member, parts in members:
        yield member, tuple(shown(part) for whole in parts for part in text[whole].split("\\") if part)


def _split(name: str | bytes) -> list[str | bytes]:
    return [*(name.split(b"/") if isinstance(name, bytes) else name.split("/"))]


def _zip_files(archive: zipfile.ZipFile, path: Path) -> list[ImageFile]:
    files = []
    for member, parts in _member_parts(archive):
        wanted = not member.is_dir() and parts and all(map(_shown, parts))
        if wanted and _is_image(parts[-1], partial(_read_member, archive, member, 16)):
            whole = partial(_read_member, archive, member, member.file_size)
            files.append(ImageFile(parts, member.file_size, whole))
    total = sum(file.size for file in files)
    if total > 10**9 and total > MAX_INFLATION * path.stat().st_size:
        raise DataError(f"data_path = {str(path)!r} would unpack to {byte_size(total)}, too much for a zip of pictures.")
    return files


def _read_file(file: Path, size: int) -> bytes:
    try:
        with file.open("rb") as opened:
            return opened.read(size)
    except OSError as error:
        raise ImageError(f"The file cannot be read ({error.strerror}).") from error


def _read_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, size: int) -> bytes:
    """At most `size` bytes, whatever the member claims to be; never more than that is unpacked."""
    try:
        with archive.open(member) as opened:
            return opened.read(size)
    except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, OSError, EOFError, RuntimeError, ValueError) as error:
        raise ImageError(f"The file cannot be unpacked ({error}).") from error  # damaged, encrypted or packed in an unknown way


def _shown(name: str) -> bool:
    """Not hidden, not the shadow copies that macOS adds; '..' begins with a dot as well."""
    return not name.startswith((".", "__MACOSX"))


def _is_image(name: str, head: Callable[[], bytes]) -> bool:
    """By its ending, or else by its first bytes."""
    if name.lower().endswith(_ENDINGS):
        return True
    try:
        return looks_like_image(head())
    except ImageError:
        return False
