"""The whole recipe of a run as one frozen value; the CLI's flags, the form and config.json all derive from its fields."""

from __future__ import annotations

import dataclasses
import math
import typing
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Self

from ganlab.core import config_file, plugins
from ganlab.core.errors import Mistakes, all_mistakes
from ganlab.core.guesses import explained, guesses
from ganlab.core.names import shown
from ganlab.core.other_names import nearest

Value = bool | int | float | str | tuple[float, ...]
MOST_EXACT = 2**53  # whole numbers below are the same in JSON, JavaScript and floating point

# Settings of how a run is shown or kept, which change nothing of what it learns.
_INDIFFERENT = frozenset({"log_every", "sample_every", "samples", "checkpoint_every", "keep_checkpoints", "fid_every", "device"})


@dataclass(frozen=True)
class Setting:
    """What a screen needs to ask for one config field; bounds are inclusive; `live` ones may change while a run trains."""

    name: str
    type: type
    default: Value
    help: str
    min: float | None = None
    max: float | None = None
    choices: tuple[Value, ...] = ()
    common: bool = False
    live: bool = False

    def check(self, value: Value) -> None:
        """Raise ValueError naming the field, the value and the range when `value` does not fit."""
        if self.choices and value not in self.choices:
            raise ValueError(f"{self.name} = {value!r} is not one of {', '.join(map(str, self.choices))}.")
        for number in value if isinstance(value, tuple) else (value,):
            below = self.min is not None and not number >= self.min  # type: ignore[operator]
            above = self.max is not None and not number <= self.max  # type: ignore[operator]
            if below or above:
                raise ValueError(f"{self.name} = {value!r} is out of range: {self.range}.")

    @property
    def range(self) -> str:
        """The bounds in words, for help texts and error messages."""
        if self.min is None:
            return f"at most {_plain(self.max)}" if self.max is not None else "any"
        return f"{_plain(self.min)} to {_plain(self.max)}" if self.max is not None else f"at least {_plain(self.min)}"

    def coerce(self, value: Any) -> Value:
        """`value` from JSON or a form as this setting's type; ValueError naming the field when it cannot be."""
        try:
            if self.type is tuple:
                parts = value.replace(",", " ").split() if isinstance(value, str) else value
                result: Value = tuple(float(part) for part in parts)
                if len(result) != len(self.default):  # type: ignore[arg-type]
                    raise ValueError
                return result
            if self.type is bool:
                if isinstance(value, str):
                    return {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}[value.lower()]
                return bool(value)
            if self.type is int and float(value) != int(float(value)):
                raise ValueError
            return self.type(float(value)) if self.type in (int, float) else shown(str(value))
        except (TypeError, ValueError, KeyError, OverflowError):
            wanted = {int: "a whole number", float: "a number", bool: "true or false"}.get(self.type, "numbers like its default")
            raise ValueError(f"{self.name} = {value!r} is not {wanted} (default {self.default!r}).") from None


def _plain(number: float) -> str:
    """10,000,000 rather than 1e+07."""
    return f"{number:,.0f}" if number == int(number) else f"{number:g}"


def setting(
    default: Value,
    help: str,
    *,
    min: float | None = None,
    max: float | None = None,
    choices: tuple[Value, ...] = (),
    common: bool = False,
    live: bool = False,
) -> Any:
    """A config field that carries its help and bounds on its own line; `common` ones are shown first in the form, `live` ones
    can be changed while the run trains."""
    facts = {"help": help, "min": min, "max": max, "choices": choices, "common": common, "live": live}
    return field(default=default, metadata=facts)


_MEANT = {
    "from_dict from_json load read parse default create make": "TrainConfig.of(family, **settings) makes one, "
    "TrainConfig.from_toml(path) reads a file",
    "save dump to_json to_yaml write": "Path(file).write_text(config.to_toml()) keeps it, to_dict() gives plain values",
    "update copy set change with_ override": "replace(**changes) makes a copy with other settings",
    "epochs n_epochs num_epochs iterations": "steps is the number of updates of G",
    "learning_rate": "lr is the learning rate",
    "batch": "batch_size is the number of images in a step",
    "latent_dim nz": "z_dim is the size of z",
    "train run launch": "ganlab.train(config) trains here, ganlab.launch(config) in a process of its own",
}


@guesses(_MEANT)
@dataclass(frozen=True, kw_only=True)
class TrainConfig:
    """Everything that decides a run. Families subclass it to add settings of their own and paper defaults."""

    family: str = setting("dcgan", "the method to train")
    dataset: str = setting("mnist", "the data set to learn")
    data_path: str = setting("", "the folder or zip of images, for the data set 'folder'")
    image_size: int = setting(28, "side of the square training images, in pixels", min=8, max=512, common=True)
    channels: int = setting(0, "1 grey, 3 colour, 0 as the data set has them", choices=(0, 1, 3))
    flip: bool = setting(False, "mirror half of the real images: for faces and photos, not for digits")

    held_out: int = setting(
        0,
        "images that D never sees, which show whether it learns the others by heart; 0 takes those of the test part",
        min=0,
        max=1000,
    )
    jitter: float = setting(
        0.0, "random crops: how much larger than image_size images are loaded; 0.117 is the papers' 286 for 256", min=0, max=7
    )

    steps: int = setting(10_000, "generator updates in the whole run", min=1, max=10_000_000, common=True)
    batch_size: int = setting(64, "images per update", min=1, max=4096, common=True)
    lr: float = setting(2e-4, "learning rate of both Adam optimizers", min=1e-7, max=1.0, common=True, live=True)
    d_lr_ratio: float = setting(1.0, "D's learning rate as a multiple of G's", min=0.01, max=100, live=True)
    lr_decay: float = setting(0.0, "last part of the run over which the rates fall linearly to zero", min=0, max=1)
    betas: tuple[float, float] = setting((0.5, 0.999), "Adam's two decay rates", min=0, max=0.99999)
    d_steps: int = setting(1, "D updates per generator update", min=1, max=100, live=True)
    d_loss: str = setting("sum", "whether D's loss adds or averages its real and its fake half", choices=("sum", "mean"))
    update_order: str = setting(
        "d-then-g",
        "which network updates first",
        choices=("d-then-g", "g-then-d"),
    )
    fresh_fakes: bool = setting(
        False, "with d-then-g, draw new fakes for G's update rather than those D has just seen: one more pass of G per step"
    )

    augment: str = setting(
        "none",
        "for few images: D sees real and fake ones with changed colours, moved and partly covered; adaptive as far as D overfits",
        choices=("none", "diff", "adaptive"),
    )
    r1_weight: float = setting(
        0.0,
        "how strongly D is kept flat around real images (R1), which steadies the training; 0 for none",
        min=0,
        max=10_000,
        live=True,
    )

    start_from: str = setting(
        "",
        "a model whose G, and D where it has one, go on instead of random weights: a run, a shipped model, a file of weights",
    )
    architecture: str = setting("dcgan", "the pair of networks", common=True)
    z_dim: int = setting(100, "random numbers that each picture is made from, together called z", min=1, max=1024, common=True)
    width: int = setting(
        64,
        "channels of the networks: more learn more and take longer; plain MLPs have fixed layers",
        min=4,
        max=1024,
        common=True,
    )
    ema_decay: float = setting(
        0.999, "memory of the averaged generator that is sampled and kept; 0 keeps the raw one", min=0, max=0.99999
    )

    seed: int = setting(0, "decides the weights, the batches and the noise", min=0, max=2**31 - 1, common=True)
    log_every: int = setting(10, "steps between points on the curves", min=1, max=100_000, live=True)
    sample_every: int = setting(250, "steps between sample sheets", min=1, max=1_000_000, common=True, live=True)
    samples: int = setting(64, "pictures on a sample sheet", min=1, max=400)
    checkpoint_every: int = setting(
        2_000, "steps between checkpoints; the last step always has one", min=1, max=1_000_000, live=True
    )
    keep_checkpoints: int = setting(
        20, "checkpoints kept, about: the first, the best, the last and evenly spaced ones between", min=2, max=10_000
    )
    fid_every: int = setting(
        0,
        "steps between measurements of the distance to the real images, which may take 5 % of the time; 0 never",
        min=0,
        max=1_000_000,
        live=True,
    )
    device: str = setting("auto", "auto takes a GPU where there is one; or cpu, cuda, cuda:1, mps", common=True)
    precision: str = setting("auto", "auto takes bf16 on GPUs that have it", choices=("auto", "fp32", "bf16"))

    def __new__(cls, *unnamed: Any, **values: Any) -> Self:
        """Raise Mistakes, one sentence for each, where a name is no setting or a value does not fit."""
        if unnamed:
            raise ValueError(f"Settings are given by their names: TrainConfig.of({unnamed[0]!r}, ...) begins with a family's.")
        family = str(values.get("family", cls.family))
        _fitting(cls, family, values)
        _refuse_foreign_defaults(cls, family, values)
        return super().__new__(cls)

    def __post_init__(self) -> None:
        for item in self.settings():
            object.__setattr__(self, item.name, item.coerce(getattr(self, item.name)))

    @classmethod
    @explained
    def of(cls, family: str, **settings: Any) -> TrainConfig:
        """The defaults of `family` with `settings` on top, checked; ValueError names what does not fit."""
        own = _defaults_of(family)
        if own is None:
            raise ValueError(plugins.unknown("family", family, plugins.FAMILIES, _OF_FAMILIES))
        return own.replace(**settings)

    @classmethod
    def from_toml(cls, path: str | Path) -> TrainConfig:
        """The settings of a file on top of the defaults of the `family` that it names, dcgan without one; also of YAML.

        Mistakes has one sentence that names all keys that are no settings, and one for each value that does not fit.
        """
        path = Path(path)
        values = config_file.read(path)
        with all_mistakes() as part, part():
            base = cls.of(str(values.pop("family", "dcgan")))
            known = {item.name for item in base.settings()}
            with part():
                _refuse_unknown(path.name, base, [name for name in values if name not in known])
            return base.replace(**{name: value for name, value in values.items() if name in known})

    from_yaml = from_toml  # the file's ending decides

    def to_toml(self) -> str:
        """All settings as a file that `from_toml` reads, each with its help."""
        return config_file.to_toml(self.to_dict(), {item.name: item.help for item in self.settings()})

    def of_family(self) -> Self:
        """Make these the defaults of their family, which `of` begins with; the newest is named last."""
        _OF_FAMILIES.pop(self.family, None)
        _OF_FAMILIES[self.family] = self
        return self

    @classmethod
    def settings(cls) -> Iterator[Setting]:
        """Every field with what a screen must know to ask for it."""
        yield from _settings_of(cls)  # type: ignore[arg-type]  # mypy takes a class for unhashable

    @property
    def term_weights(self) -> dict[str, float]:
        """By what the terms of the losses are multiplied, where that is not 1, by the term's name."""
        return {"r1": self.r1_weight / 2} if self.r1_weight else {}

    def replace(self, **changes: Any) -> Self:
        """A copy with some fields changed and checked; values may come as strings from a form or flags.

        ValueError where `family` is changed to one that has defaults of its own: begin with `TrainConfig.of`.
        """
        family = str(changes.get("family", self.family))
        if family != self.family and _defaults_of(family):
            raise ValueError(f"These are settings of {self.family}: begin with TrainConfig.of({family!r}) instead.")
        return dataclasses.replace(self, **_fitting(type(self), self.family, changes))

    def to_dict(self) -> dict[str, Value]:
        """Plain values for JSON."""
        return dataclasses.asdict(self)


_OF_FAMILIES: dict[str, TrainConfig] = {}  # each family's defaults, by its name


def _defaults_of(family: str) -> TrainConfig | None:
    if family not in _OF_FAMILIES:
        plugins.complete(plugins.FAMILIES)
    return _OF_FAMILIES.get(family)


def _refuse_unknown(file: str, config: TrainConfig, names: Sequence[str]) -> None:
    """ValueError, one sentence, that names all keys of a file that are no settings, and which are meant."""
    if not names:
        return
    known = [item.name for item in config.settings()]
    near = ((shown(name), nearest(name, known)) for name in names)
    listed = ", ".join(f"{name} (perhaps {meant} is meant)" if meant else name for name, meant in near)
    raise ValueError(f"{shown(file)} has what is no setting of {config.family}: {listed}; it has: {', '.join(known)}.")


def _refuse_foreign_defaults(kind: type[TrainConfig], family: str, values: Mapping[str, Any]) -> None:
    """ValueError where a config of `family` would be filled up with the defaults of another."""
    own = _defaults_of(family)
    if own is None:
        return
    others = [
        item.name
        for item in own.settings()
        if item.name not in values and getattr(own, item.name) != getattr(kind, item.name, None)
    ]
    if others:
        raise ValueError(
            f"TrainConfig(family={family!r}) lacks that family's own {', '.join(others)}: write TrainConfig.of({family!r}, ...)."
        )


def are_settings(values: object) -> bool:
    """Whether JSON values can be the settings of a run, of this version or another: those of TrainConfig have their types.

    Family, data set and steps are never missing, numbers are finite and not below their bounds.
    """
    return isinstance(values, dict) and values.keys() >= {"family", "dataset", "steps"} and misfit(values) is None


def misfit(values: Mapping[str, Any]) -> str | None:
    """The name of the first value that is not of the type of its setting, or not plain where TrainConfig has no such setting."""
    known = {item.name: item for item in TrainConfig.settings()}
    return next((name for name, value in values.items() if not (is_plain(value) and _can_be(value, known.get(name)))), None)


def is_plain(value: object) -> bool:
    """Whether a JSON value can be that of a setting: nothing, a text, true or false, a number, or a list of numbers."""
    if isinstance(value, list | tuple):
        return all(map(is_number, value))
    return value is None or isinstance(value, str | bool) or is_number(value)


def _can_be(value: object, item: Setting | None) -> bool:
    if item is None:
        return True
    if item.type is tuple:
        return isinstance(value, list | tuple) and all(is_number(part) for part in value)
    if item.type in (int, float):
        whole = item.type is float or isinstance(value, int)
        return is_number(value) and whole and (item.min is None or value >= item.min)  # type: ignore[operator]
    return isinstance(value, item.type)


def is_number(value: object) -> bool:
    """Whether a JSON value is a finite number; a whole one is so small that no computation changes it."""
    most = MOST_EXACT if isinstance(value, int) else math.inf
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < most


@cache
def _settings_of(kind: type[TrainConfig]) -> tuple[Setting, ...]:
    hints = typing.get_type_hints(kind)
    return tuple(
        Setting(
            name=f.name,
            type=typing.get_origin(hints[f.name]) or hints[f.name],
            default=typing.cast(Value, f.default),
            **f.metadata,
        )
        for f in dataclasses.fields(kind)
    )


def _fitting(kind: type[TrainConfig], family: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """`values` by name as the types of their settings; Mistakes names all that do not fit."""
    settings = {item.name: item for item in kind.settings()}
    made: dict[str, Any] = {}
    mistakes = []
    for name, value in values.items():
        try:
            if name not in settings:
                near = nearest(name, settings)
                meant = f" (perhaps {near} is meant)" if near else ""
                raise ValueError(f"{name} is not a setting of {family}{meant}; it has: {', '.join(settings)}.")
            made[name] = settings[name].coerce(value)
            settings[name].check(made[name])
        except ValueError as error:
            mistakes.append(str(error))
    if mistakes:
        raise Mistakes(*mistakes)
    return made


def config_differences(configs: Sequence[Mapping[str, Any]]) -> dict[str, tuple[Value | None, ...]]:
    """Return the settings that decide what is learned and differ between `configs`, with the value in each of them.

    None where a family has no such setting; settings of a single family come last.
    """
    names = list(dict.fromkeys(name for config in configs for name in config))
    wanted = [name for name in names if name not in _INDIFFERENT and not same_setting(configs, name)]
    return {name: tuple(config.get(name) for config in configs) for name in wanted}


def same_setting(configs: Sequence[Mapping[str, Any]], name: str) -> bool:
    """Whether all `configs` agree on the setting `name`."""
    return all(config.get(name) == configs[0].get(name) for config in configs)
