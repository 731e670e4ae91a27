"""Folders and zips of little pictures for tests."""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Callable
from pathlib import Path

from PIL import Image

Place = Callable[[dict[str, bytes]], str]


def picture(colour: tuple[int, ...] | int = 0, size: tuple[int, int] = (20, 30), kind: str = "PNG") -> bytes:
    """A file of one colour, or of one grey level."""
    buffer = io.BytesIO()
    Image.new("L" if isinstance(colour, int) else "RGB", size, colour).save(buffer, kind)
    return buffer.getvalue()


def fill(folder: Path, files: dict[str, bytes]) -> Path:
    """Files by name, written into a folder."""
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder


def zipped(path: Path, files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    """Files by name, written into a zip."""
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


class _RawName(zipfile.ZipInfo):
    """A member whose name is written byte for byte."""

    def __init__(self, name: bytes, flags: int) -> None:
        super().__init__(name.hex())
        self.raw, self.raw_flags = name, flags

    def _encodeFilenameFlags(self) -> tuple[bytes, int]:
        return self.raw, self.raw_flags


def raw_zip(path: Path, files: dict[bytes, bytes], *, utf8: bool = False) -> Path:
    """Files by the bytes of their names, as other systems write them; `utf8` sets the flag that they are UTF-8."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in files.items():
            archive.writestr(_RawName(name, 0x800 if utf8 else 0), data)
    return path


def raw_fill(folder: Path, files: dict[bytes, bytes]) -> Path:
    """Files by the bytes of their names, written into a folder."""
    for name, data in files.items():
        path = folder / os.fsdecode(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder


def placed(kind: str, home: Path) -> Place:
    """Files by name -> a "folder" or a "zip" in `home` that holds them."""
    if kind == "folder":
        return lambda files: str(fill(home / "pictures", files))
    return lambda files: str(zipped(home / "pictures.zip", files))
