"""What an adapter makes of a foreign checkpoint, and what it had to decide to do so."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from torch import nn

from ganlab.core.types import DataSpec


class Basis(StrEnum):
    """Why a decision came out as it did."""

    EVIDENCE = "evidence"  # the file's own numbers agree with this value and with no other
    ASSUMED = "assumed"  # the file does not tell: what most code of this shape does
    CHOSEN = "chosen"  # the user's choice


@dataclass(frozen=True)
class Decision:
    """One property of a network that no name and no shape in its file fixes: `setting` "activation", `value` "relu".

    `options` are the values that the file's shapes allow, `value` among them.
    """

    setting: str
    value: str
    options: tuple[str, ...]
    basis: Basis


@dataclass(frozen=True)
class Foreign:
    """What a foreign checkpoint holds, ready to use: `layout` names the code base that wrote it, or the kind of network.

    `generators` is {"G": ...}, or {"G_AB": ..., "G_BA": ...} where both directions are there; in eval mode. Those that draw
    are called as G(z (n, z_dim), labels (n,) or None) -> (n, C, H, W) in [-1, 1], those that translate as G(image) -> image,
    with an int attribute `multiple` that the sides must divide by. `spec.image_size` is the size they were made for.
    `decisions` lists what the file's names and shapes left open; `unused` names the tensors that no network here needs.
    """

    layout: str
    generators: dict[str, nn.Module]
    spec: DataSpec
    z_dim: int = 0
    labels: tuple[str, ...] = ()
    decisions: tuple[Decision, ...] = ()
    unused: tuple[str, ...] = ()
