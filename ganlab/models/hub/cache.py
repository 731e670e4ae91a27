"""What of the Hub's cache can be loaded: a checkpoint folder of ours, or a file of weights."""

from __future__ import annotations

from pathlib import Path

from ganlab.data.cache import entry
from ganlab.data.hub.address import Address, HubError
from ganlab.data.hub.cache import commit_of, storage
from ganlab.models.hub.choose_file import choose, own_folder
from ganlab.runtime import checkpoint

_THUMBNAIL = 1  # version of what is drawn; part of the name


def cached(address: Address) -> Path | None:
    """What `pull` would return, if it is here already: a checkpoint folder of ours, or a file. Asks no network."""
    home = storage(address)
    commit = commit_of(home, address.revision or "main")
    snapshot = home / "snapshots" / commit
    if not commit or not snapshot.is_dir():
        return None
    names = sorted(path.relative_to(snapshot).as_posix() for path in snapshot.rglob("*") if path.is_file())
    folder = own_folder(names, address.file)
    if folder is not None and is_ours(snapshot / folder):
        return snapshot / folder
    try:
        return snapshot / choose(names, address)
    except HubError:
        return None


def thumbnail(place: Path) -> Path:
    """Where in this project's cache the PNG of what `cached` found lies, or would lie; its name follows commit and file."""
    parts = place.parts
    inside = parts[max(0, parts.index("snapshots") - 1) :] if "snapshots" in parts else parts  # wherever the Hub's cache lies
    return entry("thumbnail", _THUMBNAIL, inside).with_suffix(".png")


def is_ours(folder: Path) -> bool:
    """Whether config.json in the folder is that of a checkpoint of ours."""
    try:
        checkpoint.read_info(folder)
    except (ValueError, RecursionError):  # JSON nested a thousand times
        return False
    return True
