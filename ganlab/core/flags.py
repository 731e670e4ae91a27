"""Settings as flags of `ganlab train`, for the commands that are shown."""

from __future__ import annotations

from typing import Any


def as_flag(name: str, value: Any) -> str:
    """One setting: `--lr 0.001`, `--betas 0.5 0.9`, `--flip`, `--no-flip`."""
    dashed = name.replace("_", "-")
    if isinstance(value, bool):
        return f"--{dashed}" if value else f"--no-{dashed}"
    return f"--{dashed} {' '.join(map(str, value)) if isinstance(value, list | tuple) else value}"
