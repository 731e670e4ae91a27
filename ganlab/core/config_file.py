"""The settings of a run as a file that a person writes: TOML, or YAML where PyYAML is installed."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ganlab.core.files import read_bounded
from ganlab.core.names import shown

_MOST_BYTES = 2**20


def to_toml(values: Mapping[str, Any], helps: Mapping[str, str]) -> str:
    """One line for each value, with what it is behind it; texts, numbers, booleans and lists are written in TOML as in JSON."""
    return "".join(f"{name} = {_toml(value)}  # {helps[name]}\n" for name, value in values.items())


def read(path: Path) -> dict[str, Any]:
    """The keys and values of a file; its ending decides the format. ValueError, one sentence, where it cannot be read."""
    formats: dict[str, Callable[[str], Any]] = {".toml": tomllib.loads, ".yaml": _yaml, ".yml": _yaml}
    if path.suffix.lower() not in formats:
        raise ValueError(f"{shown(path.name)} is no file of settings: its name must end in .toml or .yaml.")
    try:
        values = formats[path.suffix.lower()](read_bounded(path, _MOST_BYTES).decode("utf-8-sig"))
    except OSError as error:
        raise ValueError(f"{shown(str(path))} cannot be read: {error.strerror or error}.") from None
    except UnicodeDecodeError:
        raise ValueError(f"{shown(path.name)} cannot be read: save it as text in UTF-8.") from None
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"{shown(path.name)} is no TOML: {shown(str(error)).rstrip('.')}.") from None
    except RecursionError:
        raise ValueError(f"{shown(path.name)} is nested too deeply for settings: write one line for each.") from None
    if not isinstance(values, dict):
        raise ValueError(f"{shown(path.name)} has no settings: write lines such as `steps{_SIGN[path.suffix.lower()]}1000`.")
    return {str(name): value for name, value in values.items()}


_SIGN = {".toml": " = ", ".yaml": ": ", ".yml": ": "}


def _toml(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _yaml(text: str) -> Any:
    try:
        import yaml  # noqa: PLC0415  (not installed everywhere)
    except ImportError:
        raise ValueError("Settings in YAML need the package PyYAML (pip install pyyaml); TOML needs none.") from None
    try:
        return yaml.safe_load(text) or {}
    except (yaml.YAMLError, ValueError) as error:  # such as a date that is none
        raise ValueError(f"The settings are no YAML: {' '.join(shown(str(error)).split())}.") from None
