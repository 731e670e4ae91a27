"""Commands to a run while it trains, and the record of what they changed.

Every change becomes part of the run's record, so that a resumed or repeated run makes it again at the same step.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Self

from ganlab.core.config import TrainConfig, Value

COMMANDS = ("stop", "pause", "continue", "step", "update", "change")
NETWORKS = ("G", "D")


@dataclass(frozen=True)
class Command:
    """A command to a running worker, one of COMMANDS, by the user `who`.

    "update" names a network to update alone once, "change" a setting and its new `value`. `id` is unique and is given when the
    command is sent. A `late` command was confirmed while an earlier worker ran, which had no time to carry it out.
    """

    command: str
    name: str = ""
    value: Value | None = None
    who: str = ""
    id: str = field(default="", compare=False)
    late: bool = field(default=False, compare=False)

    @classmethod
    def parse(cls, values: Mapping[str, Any], config: TrainConfig, begun: TrainConfig | None = None) -> Command:
        """Return the command in untrusted `values`, checked against the run's settings now and those it began with.

        ValueError names the field that does not fit.
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
    """After `step` steps the user `who` changed the setting `name` to `value`, or updated the network `name` (G or D) alone once.

    `command_id` is the id of the command.
    """

    step: int
    name: str
    value: Value | None = None
    who: str = ""
    command_id: str = field(default="", compare=False)

    @property
    def is_update(self) -> bool:
        """Whether this is an update of one network, not a change of a setting."""
        return self.name in NETWORKS

    def applied_to(self, config: TrainConfig) -> TrainConfig:
        """The settings after this."""
        return config if self.is_update else changed(config, self.name, self.value)

    def effect(self, before: TrainConfig) -> dict[str, Any]:
        """Return what this does: the `name` of a network updated alone, or of a setting with its `value` and that `before`."""
        by = {"who": self.who} if self.who else {}
        if self.is_update:
            return {"name": self.name} | by
        values = {"before": getattr(before, self.name), "value": getattr(self.applied_to(before), self.name)}
        return {"name": self.name} | values | by

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """The inverse of `to_dict`."""
        id = values.get("command_id", values.get("letter", ""))  # as older versions named it
        return cls(int(values["step"]), str(values["name"]), values.get("value"), str(values.get("who", "")), str(id))


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
    """A fork may repeat a command of its parent at the very step of the fork: only the ids differ."""
    return one == other and (one.command_id == other.command_id or not (one.command_id and other.command_id))


def changed(config: TrainConfig, name: str, value: Any, live: Sequence[str] | None = None) -> TrainConfig:
    """Return `config` with one of the settings in `live` changed; ValueError names those that may change while training."""
    live = [setting.name for setting in config.settings() if setting.live] if live is None else live
    if name not in live:
        raise ValueError(f"{name} cannot be changed while {config.family} trains; these can: {', '.join(live)}.")
    return config.replace(**{name: value})


def changeable(begun: TrainConfig) -> list[str]:
    """What may be changed while a run trains that began with these settings: without a gauge there is nothing to measure."""
    return [setting.name for setting in begun.settings() if setting.live and (setting.name != "fid_every" or begun.fid_every)]
