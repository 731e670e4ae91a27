"""Counts, sizes and times as text, the same in the terminal, the app and the messages of every floor."""

from __future__ import annotations

from dataclasses import MISSING, Field, fields
from typing import Any


def brief(value: Any) -> str:
    """A dataclass as Python writes it, without the fields that have their default: a `__repr__`."""
    names = [field.name for field in fields(value) if getattr(value, field.name) != _default(field)]
    return f"{type(value).__name__}({', '.join(f'{name}={getattr(value, name)!r}' for name in names)})"


def _default(field: Field[Any]) -> Any:
    return field.default if field.default_factory is MISSING else field.default_factory()


def counted(number: int, noun: str) -> str:
    """ "1 run", "2 runs", "10,000 images"."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def byte_size(count: float) -> str:
    """Bytes of a file or of memory in decimal units: "7 kB", "1.5 MB", "512 MB", "3.2 GB"."""
    for unit in ("bytes", "kB", "MB", "GB"):
        if count < 999.5:
            return f"{_short(count)} {unit}"
        count /= 1000
    return f"{_short(count)} TB"


def duration(seconds: float) -> str:
    """ "45 s", "3 min", "2.5 h"; seconds up to 90, minutes up to 90."""
    if seconds < 89.5:
        return f"{seconds:.0f} s"
    return f"{_short(seconds / 60)} min" if seconds < 5370 else f"{_short(seconds / 3600)} h"


def _short(number: float) -> str:
    """One decimal below ten, where it is not zero: "3", "3.2", "32"."""
    return f"{number:.1f}".removesuffix(".0") if number < 9.95 else f"{number:,.0f}"
