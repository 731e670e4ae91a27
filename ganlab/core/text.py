"""Numbers with what they count, as a sentence has them."""

from __future__ import annotations


def counted(number: int, noun: str) -> str:
    """ "1 run", "2 runs", "10,000 images"."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def readable(size: float) -> str:
    """ "3.2 GB", "512 MB", "7 kB": three digits at most."""
    for unit in ("bytes", "kB", "MB", "GB"):
        if size < 999.5:
            return f"{size:.0f} {unit}" if unit == "bytes" or size >= 9.95 else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} TB"
