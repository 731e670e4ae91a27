"""Where the files are that ship with the package but stand beside it in the repository: app.py, pages/, checkpoints/."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parents[1]
BUNDLE = "_bundle"  # the folder inside the package, in a wheel only; pyproject.toml lists what it holds


def shipped(name: str) -> Path:
    """The shipped file or folder `name`: inside the package when a wheel was installed, beside it in a checkout."""
    return (_PACKAGE / BUNDLE if in_wheel() else _PACKAGE.parent) / name


def in_wheel() -> bool:
    """Whether the package was installed from a wheel; nothing is then written beside it."""
    return (_PACKAGE / BUNDLE).is_dir()
