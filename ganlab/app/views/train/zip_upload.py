"""Zips of images that a visitor uploads, kept under the name of their content."""

from __future__ import annotations

import hashlib
import io
import zipfile
from pathlib import Path

from ganlab.data.paths import cache_root

MAX_MEGABYTES = 200


def keep(data: bytes) -> Path:
    """Store the bytes of a zip and return its path; ValueError when it is none. The uploaded name is never used."""
    if not zipfile.is_zipfile(io.BytesIO(data)):
        raise ValueError("This file is not a zip archive; pack the folder of images as a zip.")
    folder = cache_root() / "uploads"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{hashlib.sha256(data).hexdigest()[:24]}.zip"
    if not path.is_file():
        partial = path.with_suffix(".partial")
        partial.write_bytes(data)
        partial.rename(path)
    return path.absolute()
