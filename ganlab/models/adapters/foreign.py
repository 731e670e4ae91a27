"""What an adapter makes of a foreign checkpoint."""

from __future__ import annotations

from dataclasses import dataclass

from torch import nn

from ganlab.core.types import DataSpec


@dataclass(frozen=True)
class Foreign:
    """What a foreign checkpoint holds, ready to use: `layout` names the code base that wrote it.

    `generators` is {"G": ...}, or {"G_AB": ..., "G_BA": ...} where both directions are there; in eval mode. Those that draw
    are called as G(z (n, z_dim), labels (n,) or None) -> (n, C, H, W) in [-1, 1], those that translate as G(image) -> image,
    with an int attribute `multiple` that the sides must divide by. `spec.image_size` is the size they were made for.
    """

    layout: str
    generators: dict[str, nn.Module]
    spec: DataSpec
    z_dim: int = 0
    labels: tuple[str, ...] = ()
