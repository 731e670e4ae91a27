"""What a person asks of a run while it trains: a mailbox in the run directory, and the record of what was changed.

Every change becomes part of the run's record, so that a resumed or repeated run makes it again at the same step.
"""

from __future__ import annotations

import errno
import json
import os
import uuid
from collections.abc import Container, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Self

from ganlab.core.config import TrainConfig, Value

COMMANDS = ("stop", "pause", "continue", "step", "update", "change")
NETWORKS = ("G", "D")
_LASTING = ("update", "change")  # who has confirmed these has promised them, whoever dies
_ANEW = "anew"  # a line in the mailbox: another worker reads from here on


@dataclass(frozen=True)
class Request:
    """One letter: `command`, by `who`. "update" names a network to update alone once, "change" a setting and its `value`.

    `id` is given when it is sent: it tells letters of equal words apart. `late` letters were confirmed to an earlier worker,
    which had no time for them.
    """

    command: str
    name: str = ""
    value: Value | None = None
    who: str = ""
    id: str = field(default="", compare=False)
    late: bool = field(default=False, compare=False)

    @classmethod
    def parse(cls, values: Mapping[str, Any], config: TrainConfig, begun: TrainConfig | None = None) -> Request:
        """From outside, checked against the run's settings now and those that it had in the beginning.

        ValueError, one sentence, for what cannot be asked.
        """
        command, name, who = (str(values.get(key, ""))[:100] for key in ("command", "name", "who"))
        if command not in COMMANDS:
            raise ValueError(f"command = {command!r} is not one of {', '.join(COMMANDS)}.")
        if command == "update" and name not in NETWORKS:
            raise ValueError(f"update = {name!r} is not one of {', '.join(NETWORKS)}.")
        value = values.get("value") if command == "change" else None
        if command == "change":
            value = getattr(changed(config, name, value, changeable(begun or config)), name)
        return cls(command, name if command in ("update", "change") else "", value, who)


@dataclass(frozen=True)
class Intervention:
    """After `step` steps `who` changed the setting `name` to `value`, or had the network `name` (G or D) updated alone once.

    `letter` is the id of the request that asked for it.
    """

    step: int
    name: str
    value: Value | None = None
    who: str = ""
    letter: str = field(default="", compare=False)

    @property
    def is_update(self) -> bool:
        """Whether this is an update of one network, not a change of a setting."""
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
        texts = (str(values.get(key, "")) for key in ("who", "letter"))
        return cls(int(values["step"]), str(values["name"]), values.get("value"), *texts)


def made_by(state: Mapping[str, Any], record: Sequence[Intervention]) -> list[Intervention]:
    """Those of `record` that a checkpoint's `state` was trained with; what it inherited from a run it is forked from is not."""
    kept = state.get("interventions", [])
    if isinstance(kept, int):  # older states only counted them
        return [one for one in record[:kept] if one.step <= state["step"]]
    left, made = [Intervention.from_dict(values) for values in kept], []
    for one in record:
        place = next((index for index, other in enumerate(left) if _same(one, other)), None)
        if place is not None:
            del left[place]
            made.append(one)
    return made


def _same(one: Intervention, other: Intervention) -> bool:
    """A fork may be asked, at its very step, for what its parent was asked for there: the letters tell them apart."""
    return one == other and (one.letter == other.letter or not (one.letter and other.letter))


def changed(config: TrainConfig, name: str, value: Any, live: Sequence[str] | None = None) -> TrainConfig:
    """Return `config` with one of the settings in `live` changed; ValueError names those that may change while training."""
    live = [setting.name for setting in config.settings() if setting.live] if live is None else live
    if name not in live:
        raise ValueError(f"{name} cannot be changed while {config.family} trains; these can: {', '.join(live)}.")
    return config.replace(**{name: value})


def changeable(begun: TrainConfig) -> list[str]:
    """What may be changed while a run trains that began with these settings: without a gauge there is nothing to measure."""
    return [setting.name for setting in begun.settings() if setting.live and (setting.name != "fid_every" or begun.fid_every)]


class Mailbox:
    """Letters in one file, one JSON object a line; any process may add, the worker reads each once.

    Nothing is ever taken out, so that no letter is lost between two who write; `done` holds the ids of those that earlier
    workers have acted on.
    """

    def __init__(self, path: Path, done: Container[str] = ()) -> None:
        self.path, self._done = path, done
        self._read = 0  # bytes

    def add(self, request: Request) -> None:
        """Append in one write, so that letters of several senders do not mix; OSError when there is no room."""
        values = asdict(replace(request, id=request.id or uuid.uuid4().hex))
        del values["late"]  # is for the reader to say
        told = json.dumps({key: value for key, value in values.items() if value not in ("", None)})
        line = f"\n{told}\n".encode()  # a line of its own, even after half of one for which there was no room
        descriptor = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        try:
            if os.write(descriptor, line) < len(line):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self.path))
        finally:
            os.close(descriptor)

    def new(self) -> list[Request]:
        """What came since the last look; lines that are none are skipped."""
        try:
            size = self.path.stat().st_size
            if size == self._read:
                return []
            if size < self._read:  # another file
                self._read = 0
            with self.path.open("rb") as file:
                file.seek(self._read)
                found = file.read()
        except FileNotFoundError:
            return []
        whole = found[: found.rfind(b"\n") + 1]
        self._read += len(whole)
        letters: list[Request] = []
        for request in filter(None, map(_read, whole.splitlines())):
            if request.command == _ANEW:
                lasting = [letter for letter in letters if letter.id and letter.command in _LASTING]
                letters = [replace(letter, late=True) for letter in lasting]
            elif not (request.id and request.id in self._done):
                letters.append(request)
        return letters

    def begin_anew(self) -> None:
        """Before a resume: what was asked of the worker before is void, but for changes that it had no time to make."""
        if self.path.exists():
            self.add(Request(_ANEW))


def _read(line: bytes) -> Request | None:
    try:
        return Request(**json.loads(line))
    except (ValueError, TypeError):
        return None


def _plain(value: Value) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
