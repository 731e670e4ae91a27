"""Ways from one z to another, and round trips through several."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

Path = Callable[[Tensor, Tensor, Tensor], Tensor]  # (B, z_dim), (B, z_dim), fractions (T,) -> (B, T, z_dim)
_STRAIGHT = 1e-4  # radians; nearer to 0 or pi the sine divides noise by noise


def lerp(start: Tensor, end: Tensor, fractions: Tensor) -> Tensor:
    """The straight line: (B, z_dim) twice, fractions (T,) -> (B, T, z_dim)."""
    share = fractions.to(start).view(1, -1, 1)
    return (1 - share) * start.unsqueeze(1) + share * end.unsqueeze(1)


def slerp(start: Tensor, end: Tensor, fractions: Tensor) -> Tensor:
    """The great circle: (B, z_dim) twice, fractions (T,) -> (B, T, z_dim), all as long as both ends when these are equally long.

    Normal z of many numbers lie near a sphere, and the straight line leaves it for the middle, which G never saw (White 2016,
    Sampling Generative Networks; Shoemake 1985). Parallel and opposite ends, and 0, have no great circle of
    their own: there it is a straight line.
    """
    share = fractions.to(start).view(1, -1, 1)
    unit = [torch.nn.functional.normalize(vector.double(), dim=1) for vector in (start, end)]
    cosine = (unit[0] * unit[1]).sum(dim=1, keepdim=True).clamp(-1, 1).unsqueeze(2)  # (B, 1, 1)
    angle = cosine.acos()
    both = (start.norm(dim=1) > 0) & (end.norm(dim=1) > 0)
    bent = (angle > _STRAIGHT) & (angle < torch.pi - _STRAIGHT) & both.view(-1, 1, 1)
    sine = angle.where(bent, torch.ones_like(angle)).sin()
    weights = [((1 - share) * angle).sin() / sine, (share * angle).sin() / sine]
    curve = (weights[0] * start.unsqueeze(1) + weights[1] * end.unsqueeze(1)).to(start.dtype)
    curve = torch.where(share == 0, start.unsqueeze(1), torch.where(share == 1, end.unsqueeze(1), curve))  # exact at the ends
    return torch.where(bent, curve, lerp(start, end, fractions))


PATHS: dict[str, Path] = {"slerp": slerp, "lerp": lerp}


def path(name: str) -> Path:
    """The path of this name; ValueError for none."""
    if name not in PATHS:
        raise ValueError(f"path = {name!r} is not one of {', '.join(PATHS)}.")
    return PATHS[name]


def strip(start: Tensor, end: Tensor, count: int, name: str = "slerp") -> Tensor:
    """`count` z in equal steps from start (z_dim,) to end, both of them included: (count, z_dim)."""
    return path(name)(start[None], end[None], torch.linspace(0, 1, count))[0]


def loop(stations: Tensor, frames: int, name: str = "slerp") -> Tensor:
    """stations (N, z_dim) -> (N * frames, z_dim): from each to the next and from the last to the first, seamlessly."""
    fractions = torch.arange(frames) / frames
    return path(name)(stations, stations.roll(-1, dims=0), fractions).flatten(0, 1)
