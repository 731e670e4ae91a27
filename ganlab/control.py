"""What a person asks of a run while it trains: a mailbox in the run directory, and the record of what was changed.

Every change becomes part of the run's record, so that a resumed or repeated run makes it again at the same step.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

from ganlab.config import TrainConfig, Value

COMMANDS = ("stop", "pause", "continue", "step", "update", "change")
NETWORKS = ("G", "D")


@dataclass(frozen=True)
class Request:
    """One letter: `command`, by `who`. "update" names a network to update alone once, "change" a knob and its `value`."""

    command: str
    name: str = ""
    value: Value | None = None
    who: str = ""

    @classmethod
    def parse(cls, values: Mapping[str, Any], config: TrainConfig) -> Request:
        """From outside, checked against the run's settings; ValueError, one sentence, for what cannot be asked."""
        command, name, who = (str(values.get(key, ""))[:100] for key in ("command", "name", "who"))
        if command not in COMMANDS:
            raise ValueError(f"command = {command!r} is not one of {', '.join(COMMANDS)}.")
        if command == "update" and name not in NETWORKS:
            raise ValueError(f"update = {name!r} is not one of {', '.join(NETWORKS)}.")
        value = values.get("value") if command == "change" else None
        if command == "change":
            value = getattr(changed(config, name, value), name)
        return cls(command, name if command in ("update", "change") else "", value, who)


@dataclass(frozen=True)
class Intervention:
    """After `step` steps `who` changed the knob `name` to `value`, or had the network `name` (G or D) updated alone once."""

    step: int
    name: str
    value: Value | None = None
    who: str = ""

    @property
    def is_update(self) -> bool:
        """Whether this is an update of one network, not a change of a knob."""
        return self.name in NETWORKS

    def applied_to(self, config: TrainConfig) -> TrainConfig:
        """The settings after this."""
        return config if self.is_update else changed(config, self.name, self.value)

    def describe(self, before: TrainConfig) -> str:
        """One line for charts and lists."""
        by = f" ({self.who})" if self.who else ""
        if self.is_update:
            return f"{self.name} updated alone{by}."
        return f"{self.name} {_plain(getattr(before, self.name))} → {_plain(getattr(self.applied_to(before), self.name))}{by}."

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """The inverse of `to_dict`."""
        return cls(int(values["step"]), str(values["name"]), values.get("value"), str(values.get("who", "")))


def changed(config: TrainConfig, name: str, value: Any) -> TrainConfig:
    """`config` with a knob changed that may be changed while training; ValueError names those that may."""
    live = [knob.name for knob in config.knobs() if knob.live and knob.name not in unused_by(config)]
    if name not in live:
        raise ValueError(f"{name} cannot be changed while {config.family} trains; these can: {', '.join(live)}.")
    return config.replace(**{name: value})


def unused_by(config: TrainConfig) -> frozenset[str]:
    """Knobs without a meaning for this run."""
    return frozenset() if config.fid_every else frozenset({"fid_every"})


class Mailbox:
    """Letters in one file, one JSON object a line; any process may add, the worker reads each once."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._read = 0  # bytes

    def add(self, request: Request) -> None:
        """Append in one write, so that letters of several senders do not mix."""
        line = json.dumps({key: value for key, value in asdict(request).items() if value not in ("", None)}) + "\n"
        descriptor = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        try:
            os.write(descriptor, line.encode())
        finally:
            os.close(descriptor)

    def new(self) -> list[Request]:
        """What came since the last look; lines that are none are skipped."""
        try:
            if self.path.stat().st_size <= self._read:
                return []
            with self.path.open("rb") as file:
                file.seek(self._read)
                found = file.read()
        except FileNotFoundError:
            return []
        whole = found[: found.rfind(b"\n") + 1]
        self._read += len(whole)
        return [request for request in map(_read, whole.splitlines()) if request]

    def empty(self) -> None:
        """Forget all letters, before a resume."""
        self.path.unlink(missing_ok=True)
        self._read = 0


def _read(line: bytes) -> Request | None:
    try:
        return Request(**json.loads(line))
    except (ValueError, TypeError):
        return None


def _plain(value: Value) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
