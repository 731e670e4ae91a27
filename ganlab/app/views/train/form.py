"""The settings form: one widget for each setting of a family."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import streamlit as st

from ganlab.app.views.permissions import error_text
from ganlab.app.views.setting_titles import setting_title
from ganlab.app.views.wording import escaped
from ganlab.core.config import Setting, TrainConfig, Value
from ganlab.training.families import FAMILIES
from ganlab.training.networks.architectures import ARCHITECTURES
from ganlab.training.networks.translators import TRANSLATORS

# Asked for elsewhere on the page.
ELSEWHERE = ("family", "dataset", "data_path", "device")

GROUPS = {
    "Data": ("channels", "flip", "jitter", "augment", "held_out"),
    "Training": (
        "d_lr_ratio",
        "lr_decay",
        "betas",
        "d_steps",
        "d_loss",
        "update_order",
        "fresh_fakes",
        "r1_weight",
        "start_from",
        "precision",
    ),
    "Recording": ("log_every", "samples", "checkpoint_every", "keep_checkpoints", "fid_every"),
}
CHOICES: dict[tuple[str, Value], str] = {
    ("channels", 0): "as the data has them",
    ("channels", 1): "grey",
    ("channels", 3): "colour",
    ("augment", "diff"): "always",
    ("augment", "adaptive"): "as D overfits",
    ("direction", "AtoB"): "A to B",
    ("direction", "BtoA"): "B to A",
    ("keep", ""): "none: both learn",
    ("test_size", 0): "as image size",
    **{("architecture", name): architecture.title for name, architecture in (ARCHITECTURES | TRANSLATORS).items()},
}


def settings(base: TrainConfig, asked: Mapping[str, str], key: str) -> tuple[dict[str, Value], list[str]]:
    """Draw the form for `base` and return ({setting: value} where it differs from `base`, [sentences of what is wrong]).

    `asked` are values from the URL, taken where they fit. `key` tells the widgets of one base from those of another.
    """
    settings = [setting for setting in FAMILIES[base.family].settings() if setting.name not in ELSEWHERE]
    common = [setting for setting in settings if setting.common]
    rest = [setting for setting in settings if not setting.common]
    changes: dict[str, Value] = {}
    wrong: list[str] = []

    def grid(some: list[Setting]) -> None:
        _grid(some, base, asked, key, changes, wrong)

    grid(common)
    with st.expander("More settings"):
        named = {name for names in GROUPS.values() for name in names}
        groups = {label: [setting for setting in rest if setting.name in names] for label, names in GROUPS.items()}
        groups["Other"] = [setting for setting in rest if setting.name not in named]
        for label, some in groups.items():
            if some:
                st.markdown(f"**{label}**")
                grid(some)
    return changes, wrong


def some(
    base: TrainConfig, names: Sequence[str], key: str, asked: Mapping[str, str] = MappingProxyType({})
) -> tuple[dict[str, Value], list[str]]:
    """Like `settings`, for those in `names` alone, in their order in the config."""
    changes: dict[str, Value] = {}
    wrong: list[str] = []
    settings = [
        setting for setting in FAMILIES[base.family].settings() if setting.name in names and setting.name not in ELSEWHERE
    ]
    _grid(settings, base, asked, key, changes, wrong)
    return changes, wrong


def _grid(
    settings: list[Setting], base: TrainConfig, asked: Mapping[str, str], key: str, changes: dict[str, Value], wrong: list[str]
) -> None:
    """Three widgets a row."""
    for start in range(0, len(settings), 3):
        for column, setting in zip(st.columns(3), settings[start : start + 3], strict=False):
            with column:
                _one(setting, base, asked, key, changes, wrong)


def _one(
    setting: Setting, base: TrainConfig, asked: Mapping[str, str], key: str, changes: dict[str, Value], wrong: list[str]
) -> None:
    """One setting's widget, with what is wrong with its value right below it."""
    default, widget = getattr(base, setting.name), f"{key}/{setting.name}"
    refused = ""
    if widget not in st.session_state:
        start, refused = beginning(setting, default, asked)
        st.session_state[widget] = _shown(start)
    typed = _ask(setting, widget)
    if refused:
        st.warning(f"{escaped(refused)} The address asked for it; the default is used.")
    try:
        value = setting.coerce(typed)
        setting.check(value)
        if value != default:
            changes[setting.name] = value
    except ValueError as error:
        wrong.append(str(error))
        st.error(error_text(error))


def beginning(setting: Setting, default: Value, asked: Mapping[str, str]) -> tuple[Value, str]:
    """What the widget starts with, and why that is not what the URL asked for."""
    if setting.name not in asked:
        return default, ""
    try:
        value = setting.coerce(asked[setting.name])
        setting.check(value)
        return value, ""
    except ValueError as error:
        return default, str(error)


def _shown(value: Value) -> Any:
    """The value as its widget holds it."""
    return ", ".join(f"{number:g}" for number in value) if isinstance(value, tuple) else value


def _ask(setting: Setting, key: str) -> Any:
    """Draw the widget that fits the setting's type."""
    label, help = setting_title(setting.name), _help(setting)
    if setting.choices:
        names = {value: CHOICES.get((setting.name, value), str(value)) for value in setting.choices}
        return st.selectbox(label, list(names), key=key, help=help, format_func=names.__getitem__)
    if setting.type is bool:
        return st.checkbox(label, key=key, help=help)
    if setting.type in (int, float):
        low, high = (None if bound is None else setting.type(bound) for bound in (setting.min, setting.max))
        return st.number_input(
            label, low, high, key=key, help=help, step=_step(setting), format="%d" if setting.type is int else "%g"
        )
    return st.text_input(label, key=key, help=help)


def _help(setting: Setting) -> str:
    bounds = "" if setting.choices or setting.type in (bool, str) else f" ({setting.range})"
    return f"{setting.help[:1].upper()}{setting.help[1:]}{bounds}. In the command line: `--{setting.name.replace('_', '-')}`."


def _step(setting: Setting) -> Any:
    """What the buttons add: a tenth of the default's magnitude for fractions, a round number for counts."""
    default = abs(float(setting.default)) if isinstance(setting.default, int | float) else 0.0
    magnitude = 10.0 ** math.floor(math.log10(default)) if default else 0.5
    return max(1, int(magnitude) // 10) if setting.type is int else magnitude / 10
