"""How what a file of foreign weights leaves open reads, in the terminal and in the app alike.

Settings and values are keys of ganlab.models.adapters; one that has no words here is shown as it is.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from ganlab.core.names import shown
from ganlab.core.text import counted
from ganlab.models.adapters.foreign import Basis, Decision

_SETTINGS = {
    "activation": "activation",
    "epsilon": "epsilon of the norms",
    "output": "last activation",
    "label": "label",
    "strides": "strides",
    "z": "distribution of z",
    "input": "range of the input",
    "order": "order of the layers",
    "after fc": "after the first layer",
}
_VALUES = {
    ("activation", "relu"): "ReLU",
    ("activation", "elu"): "ELU",
    ("activation", "selu"): "SELU",
    ("activation", "gelu"): "GELU",
    ("activation", "silu"): "SiLU",
    ("activation", "softplus"): "softplus",
    ("output", "linear"): "none",
    ("label", "none"): "none",
    ("z", "normal"): "standard normal",
    ("z", "uniform(-1,1)"): "uniform from -1 to 1",
    ("z", "uniform(0,1)"): "uniform from 0 to 1",
    ("label", "embedding first"): "embedding before z",
    ("label", "embedding last"): "embedding behind z",
    ("label", "multiplied"): "embedding times z",
    ("label", "added"): "embedding added to z",
    ("label", "beside first"): "a layer of its own, before that of z",
    ("label", "beside last"): "a layer of its own, behind that of z",
}
_LEAKY = re.compile(r"leaky_relu\(([\d.]+)\)")
_ONE_HOT = re.compile(r"one-hot (first|last) (\d+)")
_STRIDE = re.compile(r"t(\d)p(\d)(?:o(\d))?")  # a transposed convolution: stride, padding, output padding
_BASES = {
    Basis.ASSUMED: ("assumed", "; not in the file"),
    Basis.CHOSEN: ("chosen", ""),
    Basis.EVIDENCE: ("found in the file's numbers", ""),
}
_NAMED = 3  # unused tensors that are named


def setting_text(setting: str) -> str:
    """ "activation", "distribution of z"."""
    return _SETTINGS.get(setting, shown(setting))


def value_text(setting: str, value: str) -> str:
    """ "LeakyReLU 0.2", "uniform from -1 to 1"."""
    if found := _LEAKY.fullmatch(value):
        return f"LeakyReLU {found[1]}"
    if found := _ONE_HOT.fullmatch(value):
        return f"one-hot {'before' if found[1] == 'first' else 'behind'} z, {found[2]} classes"
    layers = [_STRIDE.fullmatch(part) for part in value.split()] if setting == "strides" else []
    if layers and all(layers):
        return _strides([found.groups(default="0") for found in layers if found])
    return _VALUES.get((setting, value), shown(value))


def _strides(layers: Sequence[Sequence[str]]) -> str:
    """ "1, 2, 2; padding 0, 1, 1" of one entry for each layer: stride, padding, output padding."""
    stride, padding, added = (", ".join(numbers) for numbers in zip(*layers, strict=True))
    more = f"; output padding {added}" if set(added) - set("0, ") else ""
    return f"{stride}; padding {padding}{more}"


def decision_text(decision: Decision) -> str:
    """ "activation LeakyReLU 0.2"."""
    return f"{setting_text(decision.setting)} {value_text(decision.setting, decision.value)}"


def basis_text(basis: Basis) -> str:
    """Why a value stands, for the line below a control."""
    return {
        Basis.ASSUMED: "assumed: the file does not tell",
        Basis.CHOSEN: "chosen by you",
        Basis.EVIDENCE: "found in the file's numbers",
    }[basis]


def decision_lines(decisions: Sequence[Decision]) -> list[str]:
    """One line for each reason: "assumed: activation LeakyReLU 0.2, …; not in the file"."""
    found = []
    for basis, (start, end) in _BASES.items():
        of_this = [decision_text(decision) for decision in decisions if decision.basis is basis]
        if of_this:
            found.append(f"{start}: {', '.join(of_this)}{end}")
    return found


def unused_line(unused: Sequence[str]) -> str:
    """ "unused: 3 tensors (aux.weight, …)"; "" for none."""
    if not unused:
        return ""
    names = ", ".join(shown(name[:80]) for name in unused[:_NAMED])
    return f"unused: {counted(len(unused), 'tensor')} ({names}{', …' if len(unused) > _NAMED else ''})"


def lines(decisions: Sequence[Decision], unused: Sequence[str]) -> list[str]:
    """All that is to be known before a foreign network's pictures are believed; [] for a checkpoint of ours."""
    return [line for line in (*decision_lines(decisions), unused_line(unused)) if line]
