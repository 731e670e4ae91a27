"""Where data lies: GANLAB_DATA, and a place of our own beside it for what is downloaded or decoded."""

from __future__ import annotations

import os
from pathlib import Path

from ganlab.core.files import writable


def data_root() -> Path:
    """The folder of data sets: GANLAB_DATA, or `data` in the current directory."""
    return Path(os.environ.get("GANLAB_DATA") or "data").expanduser()


def cache_root() -> Path:
    """Where decoded sets are kept: inside the data folder, or in the user's cache where that folder is read-only."""
    if writable(data_root()):
        return data_root() / ".cache"
    return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "ganlab"


def download_root() -> Path:
    """Where downloaded sets are put: the data folder, or the user's cache where that folder is read-only."""
    return data_root() if writable(data_root()) else cache_root()
