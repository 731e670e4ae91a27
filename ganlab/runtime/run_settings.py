"""What stands in the config.json of a run, of any version or program: checked once, when it is read, and typed from there on."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from itertools import chain
from pathlib import Path
from typing import Any, Literal

from ganlab.core.config import TrainConfig, Value, is_number, is_plain, misfit
from ganlab.core.files import read_bounded
from ganlab.core.names import from_json, shown
from ganlab.core.plugins import are_origins

MOST_BYTES = 2**20  # of a config.json: a thousand times the usual
_LATEST = 2**35  # seconds since 1970, in the year 3058: clocks and calendars fail beyond
_LONGEST = 80  # characters of a wrong value that are shown

Changes = Mapping[str, tuple[Value | None, Value | None]]  # {setting: (before, after)}


@dataclass(frozen=True)
class Damage:
    """Why a run cannot be read; `ganlab/app/views/status_wording.py` makes the sentence.

    no_json, missing {name}, wrong {name, value}: of config.json; unreadable {text}: what the system says of the file; misnamed:
    the folder's name cannot be that of a run.
    """

    kind: Literal["no_json", "missing", "wrong", "unreadable", "misnamed"]
    data: Mapping[str, str] = field(default_factory=dict)


class DamagedRun(ValueError):
    """The settings of a run cannot be read, and no checkpoint knows them."""

    def __init__(self, id: str, damage: Damage) -> None:
        super().__init__(f"config.json of the run {id} is damaged: restore or delete its folder.")
        self.id, self.damage = id, damage


@dataclass(frozen=True)
class Parent:
    """What a fork goes on from: `step` of the `run`, after the breakpoints `images` of (step, real images seen), with `changes`;
    None in a fork of an older version, which did not write them down."""

    run: str
    step: int
    images: tuple[tuple[int, int], ...] = ()
    changes: Changes | None = None

    def to_dict(self) -> dict[str, Any]:
        """Plain values, as config.json has them."""
        values = {"run": self.run, "step": self.step, "images": [list(pair) for pair in self.images]}
        changes = None if self.changes is None else {name: list(pair) for name, pair in self.changes.items()}
        return values if changes is None else values | {"changes": changes}


@dataclass(frozen=True)
class RunSettings:
    """The settings of a run: `config` as it was written down, those of its values that others read, and what Run.create adds.

    `created` is in seconds since 1970, `group` names the `group_size` runs that were started together, `owner` the seat of a
    class that started it in the sandbox, "" of any other run; what cannot be a seat's name owns nothing. `log_to` names the
    tracker that is given its events, "" for none. A setting that an older version did not have reads as the default of
    TrainConfig. `packages` are those that it needs (`plugins.origins`).
    """

    config: Mapping[str, Any]
    recipe: str
    created: float
    group: str
    group_size: int
    parent: Parent | None
    owner: str
    log_to: str
    family: str
    dataset: str
    steps: int
    batch_size: int
    d_steps: int
    data_path: str
    image_size: int
    channels: int
    samples: int
    log_every: int
    sample_every: int
    checkpoint_every: int
    keep_checkpoints: int
    device: str
    packages: Mapping[str, str] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Plain values, as config.json has them."""
        values = {"config": dict(self.config), **{name: getattr(self, name) for name in _BESIDE}}
        beside = {name: value for name in ("owner", "log_to") if (value := getattr(self, name))}
        beside |= {"packages": dict(self.packages)} if self.packages else {}
        return values | beside | ({"parent": self.parent.to_dict()} if self.parent else {})


TRACKERS = ("tensorboard", "trackio", "wandb")
OWNER = re.compile(r"[0-9a-f]{16}")  # a seat's name
_BESIDE: dict[str, type | tuple[type, ...]] = {"recipe": str, "created": (int, float), "group": str, "group_size": int}
_OF_CONFIG = [item.name for item in fields(RunSettings) if hasattr(TrainConfig, item.name)]


def read_settings(path: Path) -> RunSettings | Damage:
    """The settings in a config.json; FileNotFoundError where there is none."""
    try:
        return settings_of(from_json(read_bounded(path, MOST_BYTES)))
    except (FileNotFoundError, NotADirectoryError):
        raise
    except OSError as error:
        return Damage("unreadable", {"text": error.strerror or type(error).__name__})
    except ValueError:
        return Damage("no_json")


def settings_of(values: object) -> RunSettings | Damage:
    """JSON values as the settings of a run; the first thing that is wrong with them otherwise."""
    if not isinstance(values, dict):
        return Damage("missing", {"name": "config"})
    for name in ("config", *_BESIDE):
        if name not in values:
            return Damage("missing", {"name": name})
    config, parent = values["config"], values.get("parent") or None
    for name, kind in {"config": dict, **_BESIDE}.items():
        if not isinstance(values[name], kind) or isinstance(values[name], bool):
            return _wrong(name, values[name])
    for name in ("family", "dataset", "steps"):
        if name not in config:
            return Damage("missing", {"name": f"config.{name}"})
    if (wrong := misfit(config)) is not None:
        return _wrong(f"config.{wrong}", config.get(wrong))
    if not (is_number(values["created"]) and 0 <= values["created"] < _LATEST):
        return _wrong("created", values["created"])
    if not (is_number(values["group_size"]) and values["group_size"] >= 1):
        return _wrong("group_size", values["group_size"])
    if parent is not None and not _is_parent(parent):
        return _wrong("parent", parent)
    known = {name: config.get(name, getattr(TrainConfig, name)) for name in _OF_CONFIG}
    beside = {name: values[name] for name in _BESIDE}
    owner = values.get("owner", "")
    owner = owner if isinstance(owner, str) and OWNER.fullmatch(owner) else ""
    packages = values["packages"] if are_origins(values.get("packages")) else {}
    log_to = values.get("log_to", "")
    beside |= {"owner": owner, "packages": packages, "log_to": log_to if log_to in TRACKERS else ""}
    return RunSettings(config=config, parent=_parent(parent) if parent else None, **beside, **known)


def _wrong(name: str, value: object) -> Damage:
    try:
        text = shown(repr(value))
    except (ValueError, RecursionError):  # a number of thousands of digits
        text = type(value).__name__
    return Damage("wrong", {"name": shown(name), "value": text if len(text) <= _LONGEST else f"{text[:_LONGEST]} …"})


def _is_parent(parent: object) -> bool:
    """Whether this is what a fork knows of the run that it went on from."""
    if not isinstance(parent, dict) or not isinstance(parent.get("run"), str) or not _is_count(parent.get("step")):
        return False
    images, changes = parent.get("images", []), parent.get("changes", {})
    if not isinstance(images, list) or not isinstance(changes, dict):
        return False
    if not all(isinstance(pair, list | tuple) and len(pair) == 2 for pair in (*images, *changes.values())):
        return False
    counts, values = chain.from_iterable(images), chain.from_iterable(changes.values())
    return all(map(_is_count, counts)) and all(map(is_plain, values))


def _is_count(value: object) -> bool:
    return is_number(value) and value >= 0  # type: ignore[operator]


def _parent(values: Mapping[str, Any]) -> Parent:
    images = tuple((int(step), int(seen)) for step, seen in values.get("images", ()))
    changes = values.get("changes")
    pairs = None if changes is None else {name: (before, after) for name, (before, after) in changes.items()}
    return Parent(values["run"], int(values["step"]), images, pairs)
