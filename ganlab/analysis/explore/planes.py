"""A map: a plane laid through latent space, looked at on a grid."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor


@dataclass(frozen=True)
class Plane:
    """z = origin + x * right + y * up for x and y from -1 to 1; all (z_dim,)."""

    origin: Tensor
    right: Tensor
    up: Tensor

    @classmethod
    def through(cls, a: Tensor, b: Tensor, c: Tensor) -> Self:
        """The one with `a` in the lower left corner, `b` in the lower right and `c` in the upper left; opposite, b - a + c."""
        return cls((b + c) / 2, (b - a) / 2, (c - a) / 2)

    @classmethod
    def along(cls, z: Tensor, directions: Tensor, first: int, second: int, reach: float) -> Self:
        """Around z, moved along two rows of directions (k, z_dim) by up to `reach` standard deviations; ValueError for one."""
        if first == second or not (0 <= first < len(directions) and 0 <= second < len(directions)):
            raise ValueError(f"A map needs two different directions from 1 to {len(directions)}.")
        return cls(z, reach * directions[first], reach * directions[second])

    def at(self, x: float, y: float) -> Tensor:
        """z (z_dim,) of a point."""
        return self.origin + x * self.right + y * self.up

    def grid(self, side: int) -> Tensor:
        """z (side * side, z_dim) row by row from the upper left corner, corners and edges included."""
        line = torch.linspace(-1, 1, side)
        y, x = torch.meshgrid(-line, line, indexing="ij")
        return self.origin + x.reshape(-1, 1) * self.right + y.reshape(-1, 1) * self.up


def cell(pixel: tuple[float, float], size: tuple[int, int], side: int) -> tuple[float, float]:
    """Where on the plane (x, y) the picture under a pixel of a sheet of side x side pictures lies; (width, height) is `size`."""
    column, row = (min(max(int(at / length * side), 0), side - 1) for at, length in zip(pixel, size, strict=True))
    last = max(side - 1, 1)
    return 2 * column / last - 1, 1 - 2 * row / last
