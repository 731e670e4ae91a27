"""The settings that a file of weights leaves open, each with its possible values, and what the user assumes of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ganlab.models.adapters.foreign import Basis, Decision

ACTIVATIONS = ("relu", "leaky_relu(0.2)", "leaky_relu(0.01)", "elu", "selu", "gelu", "tanh", "sigmoid")
OUTPUTS = ("tanh", "sigmoid", "linear")

Options = dict[str, tuple[str, ...]]  # every open setting with its values, the likeliest first


def with_assumed(options: Options, assume: Mapping[str, str], readable: Callable[[str, str], bool]) -> Options:
    """The options with the user's values among them, if they are listed or `readable(setting, value)`; ValueError for others."""
    for setting, value in assume.items():
        if setting not in options:
            raise ValueError(f"{setting!r} is no open setting of these weights: {', '.join(options)} are.")
        if value not in options[setting] and not readable(setting, value):
            raise ValueError(f"{setting} = {value!r} is not possible for these weights: {', '.join(options[setting])} are.")
    return {
        setting: values if assume.get(setting, values[0]) in values else (*values, assume[setting])
        for setting, values in options.items()
    }


def chosen(options: Options, assume: Mapping[str, str]) -> tuple[dict[str, str], dict[str, Basis]]:
    """The value of each setting before the file's numbers are asked, and its basis: the user's, or else the likeliest."""
    choice = {setting: assume.get(setting, values[0]) for setting, values in options.items()}
    return choice, {setting: Basis.CHOSEN if setting in assume else Basis.ASSUMED for setting in options}


def decisions(options: Options, choice: Mapping[str, str], bases: Mapping[str, Basis]) -> tuple[Decision, ...]:
    """Every setting that has more than one value, as decided."""
    return tuple(
        Decision(setting, choice[setting], values if choice[setting] in values else (*values, choice[setting]), bases[setting])
        for setting, values in options.items()
        if len(values) > 1
    )
