"""Other people's checkpoints: recognised by their tensors' names and shapes, built as networks that ganlab can use.

One file per layout; `recognise` asks each in turn. A file is only ever read as tensors: no code in it is executed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ganlab.core.types import DataSpec

if TYPE_CHECKING:
    from torch import Tensor, nn

__all__ = ["Foreign", "load", "read_tensors", "recognise"]


@dataclass(frozen=True)
class Foreign:
    """What a foreign checkpoint holds, ready to use: `layout` says in words whose network it is.

    `generators` is {"G": ...}, or {"G_AB": ..., "G_BA": ...} where both directions are there; in eval mode. Those that draw
    are called as G(z (n, z_dim), labels (n,) or None) -> (n, C, H, W) in [-1, 1], those that translate as G(image) -> image,
    with an int attribute `multiple` that the sides must divide by. `spec.image_size` is the size they were made for.
    """

    layout: str
    generators: dict[str, nn.Module]
    spec: DataSpec
    z_dim: int = 0
    labels: tuple[str, ...] = ()


def read_tensors(path: Path) -> dict[str, Tensor]:
    """All tensors in a file by their dotted names, whatever its suffix; ValueError, one sentence, when it cannot be read."""
    from ganlab.core.untrusted_tensors import read

    return read(path)


def recognise(tensors: Mapping[str, Tensor], name: str = "This file") -> Foreign:
    """The networks that `tensors` (dotted names) belong to; ValueError, one sentence about `name`, when no layout fits."""
    from ganlab.models.adapters.recognition import recognise_tensors

    return recognise_tensors(tensors, name)


def load(path: Path) -> Foreign:
    """A foreign checkpoint from a file; ValueError, one sentence, when it cannot be read or is of no layout known here."""
    return recognise(read_tensors(path), path.name)
