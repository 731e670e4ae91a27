"""Where the picture lies that a model of the Hub drew of itself: in this project's cache, by commit and file."""

from __future__ import annotations

from pathlib import Path

_FORMAT = 1  # of what is drawn; part of the name


def thumbnail(place: Path) -> Path:
    """The PNG for what `cached` found, be it there or not; another commit's weights have a picture of their own."""
    from ganlab.data.cache import entry  # imports torch

    parts = place.parts
    inside = parts[max(0, parts.index("snapshots") - 1) :] if "snapshots" in parts else parts  # wherever the Hub's cache lies
    return entry("thumbnail", _FORMAT, inside).with_suffix(".png")
