"""A foreign network whose file leaves its activation and its z open, for what stands around the loader."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
import torch
from torch import nn

from ganlab.core.types import DataSpec
from ganlab.models.adapters import recognition
from ganlab.models.adapters.foreign import Basis, Decision, Foreign
from ganlab.models.adapters.layout import Drawing

ACTIVATIONS = {"relu": nn.ReLU(), "leaky_relu(0.2)": nn.LeakyReLU(0.2), "tanh": nn.Tanh()}
OPTIONS = {"activation": tuple(ACTIVATIONS), "z": ("normal", "uniform(-1,1)", "uniform(0,1)"), "epsilon": ("1e-05",)}
DEFAULTS = {"activation": "leaky_relu(0.2)", "z": "normal", "epsilon": "1e-05"}


def load(path: Path, assume: Mapping[str, str] | None = None) -> Foreign:
    """What `recognition.load` answers, whatever the file is: 28 px, grey, z of 6 numbers."""
    given = dict(assume or {})
    for setting, value in given.items():
        if value not in OPTIONS.get(setting, ()):
            raise ValueError(f"{path.name} cannot have {setting} = {value}.")
    values = DEFAULTS | given
    torch.manual_seed(0)
    layers = [nn.Linear(6, 32), ACTIVATIONS[values["activation"]], nn.Linear(32, 784), nn.Tanh(), nn.Unflatten(1, (1, 28, 28))]
    bases = {name: Basis.CHOSEN if name in given else Basis.ASSUMED for name in values} | {"epsilon": Basis.EVIDENCE}
    decisions = tuple(Decision(name, value, OPTIONS[name], bases[name]) for name, value in values.items())
    network = Drawing(nn.Sequential(*layers)).eval()
    unused = ("aux.weight", "aux.bias", "\x1b[31mred.weight", "steps")
    return Foreign("MLP of 2 layers", {"G": network}, DataSpec(28, 1), z_dim=6, decisions=decisions, unused=unused)


@pytest.fixture
def left_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file that is read as `load` says."""
    monkeypatch.setattr(recognition, "load", load)
    path = tmp_path / "generator.pth"
    path.write_bytes(b"weights")
    return path
