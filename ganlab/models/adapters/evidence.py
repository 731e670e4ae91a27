"""What a file's own numbers say: batch norm kept the mean and variance of what the layers before it gave while it was trained.

Under the right activation, epsilon, strides, label and z, the network gives these statistics again; under others it does not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from ganlab.models.adapters.layout import Drawing
from ganlab.models.adapters.structure import Part

SHARP = 0.008  # the error up to which there is nothing to doubt: what a few hundred pictures differ by
FITS = 0.12  # the error from which on statistics are not those of this network
_SETTLED = 30  # batches, after which a running mean with PyTorch's momentum holds 4 % of its first value
_FULL = 4.0  # an error that is as bad as any
_LOUDER = 1.3
_SURE = 4.0  # standard errors


class _Enough(Exception):
    """Raised to end a pass once the norms that count were seen."""


def has_statistics(norms: Sequence[Part]) -> bool:
    """Whether batch norms kept statistics that tell something: neither those they were made with nor hardly moved from them."""
    kept = [norm for norm in norms if "running_mean" in norm.tensors]
    moved = any(bool(norm.tensors["running_mean"].any()) or bool((norm.tensors["running_var"] != 1).any()) for norm in kept)
    return moved and all(norm.batches is None or norm.batches >= _SETTLED for norm in kept)


def latents(n: int, z_dim: int, distribution: str) -> Tensor:
    """z (n, z_dim), the same at every call."""
    generator = torch.Generator().manual_seed(0)
    if distribution == "normal":
        return torch.randn(n, z_dim, generator=generator)
    z = torch.rand(n, z_dim, generator=generator)
    return 2 * z - 1 if distribution == "uniform(-1,1)" else z


@dataclass(frozen=True)
class Error:
    """How far a network's statistics are from the kept ones: for every channel of every norm, and the mean over norms."""

    channels: Tensor
    distance: float

    def is_beaten_by(self, best: Error) -> bool:
        """Whether `best` is surely nearer: by a factor that grows with how badly it fits itself, and in most channels alike."""
        if self.distance <= best.distance * (1.2 + min(1.8, 50 * best.distance)) + 0.0005:
            return False
        apart = self.channels - best.channels
        return float(apart.mean()) > _SURE * float(apart.std()) / len(apart) ** 0.5


def left(errors: Mapping[str, Error], best: Error) -> tuple[str, tuple[str, ...]]:
    """The likeliest of the values that `best` does not surely beat, and all of these; `errors` has the usual values first."""
    possible = tuple(value for value, error in errors.items() if not error.is_beaten_by(best))
    near = 2 * best.distance + 0.0005  # not surely wrong, but twice as far as the best is no longer the likeliest
    return next(value for value in possible if errors[value].distance <= near), possible


@torch.inference_mode()
def error(network: Drawing, z_dim: int, distribution: str, n: int, at_most: int = 99) -> Error:
    """That of the first `at_most` batch norms when n pictures are drawn, labels in turn; 0 is equal."""
    norms = [layer for layer in network.modules() if isinstance(layer, nn.BatchNorm1d | nn.BatchNorm2d)]
    norms = [norm for norm in norms if norm.running_mean is not None][:at_most]
    found: list[Tensor] = []

    def look(norm: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        found.append(_distance(norm, inputs[0]))
        if len(found) == len(norms):
            raise _Enough

    hooks = [norm.register_forward_pre_hook(look) for norm in norms]
    z = latents(n, z_dim, distribution)
    label = torch.arange(n) % network.num_classes if network.num_classes else None
    try:
        network(z, label)
    except _Enough:
        pass
    finally:
        for hook in hooks:
            hook.remove()
    return Error(torch.cat(found), sum(float(one.mean()) for one in found) / len(found))


def _distance(norm: nn.Module, x: Tensor) -> Tensor:
    """For each channel (mean - kept mean)^2 / kept variance + (half the log of the variances' ratio)^2, bounded."""
    kept_mean, kept_variance = norm.running_mean, norm.running_var
    assert isinstance(kept_mean, Tensor) and isinstance(kept_variance, Tensor)
    if x.shape[1] != len(kept_mean):
        return torch.full_like(kept_mean, _FULL)
    variance, mean = torch.var_mean(x, [0, *range(2, x.ndim)])
    floor = 1e-3 * kept_variance.mean().clamp_min(1e-12)
    means = (mean - kept_mean) ** 2 / (kept_variance + floor)
    spreads = (0.5 * ((variance + floor) / (kept_variance + floor)).log()) ** 2
    # One dead channel must not decide.
    return (means + spreads).clamp(max=_FULL).nan_to_num(_FULL, _FULL, _FULL)


@torch.no_grad()
def mean_error(
    before: Mapping[str, Tensor], bend: nn.Module, weight: Tensor, bias: Tensor | None, area: int, after: Mapping[str, Tensor]
) -> Tensor:
    """For each channel of the norm `after`, (mean - kept mean)^2 / kept variance, whatever the pictures were.

    What leaves the norm `before` is about N(bias, weight^2) in each channel; `bend` and a convolution with `weight` (out, in, k,
    k) follow, which puts its taps on `area` times as many pixels if it is transposed.
    """
    points = torch.special.ndtri((torch.arange(64) + 0.5) / 64)
    shift, scale = (before[name].float()[:, None] for name in ("bias", "weight"))
    bent = bend(shift + scale * points).mean(dim=1)
    mean = weight.float().sum(dim=(2, 3)) @ bent / area + (0 if bias is None else bias.float())
    kept = after["running_var"].float()
    floor = 1e-3 * kept.mean().clamp_min(1e-12)
    return ((mean - after["running_mean"].float()) ** 2 / (kept + floor)).clamp(max=_FULL).nan_to_num(_FULL, _FULL, _FULL)


@dataclass(frozen=True)
class Loud:
    """The columns at one end of a first weight that are louder than all others: a label, given as one-hot."""

    classes: int
    first: bool


def loud_columns(columns: Tensor) -> Loud | None:
    """`columns` (features, …) of a first weight: a block of 2 or more at an end, each louder than any column of the rest.

    A trained generator listens more to the label than to any one number of z: 2 to 18 times in files seen.
    """
    loudness = columns.detach().flatten(1).float().norm(dim=1)
    best: tuple[float, Loud] | None = None
    for first in (False, True):
        ordered = loudness if first else loudness.flip(0)
        # After k columns: the quietest of the block against the loudest of the rest.
        quietest = ordered.cummin(dim=0).values[1:-1]
        loudest = ordered.flip(0).cummax(dim=0).values.flip(0)[2:]
        ratio = quietest / loudest.clamp_min(1e-12)
        k = int(ratio.argmax()) if len(ratio) else 0
        enough = _LOUDER if k > 1 else 2 * _LOUDER  # two or three columns can be louder by chance
        if len(ratio) and float(ratio[k]) > enough and (best is None or float(ratio[k]) > best[0]):
            best = (float(ratio[k]), Loud(k + 2, first))
    return best[1] if best and best[1].classes < len(loudness) else None


def louder_end(columns: Tensor, width: int) -> bool | None:
    """Whether the first `width` columns are louder than the last ones; None where neither stands out."""
    loudness = columns.detach().flatten(1).float().norm(dim=1)
    first, last = float(loudness[:width].mean()), float(loudness[-width:].mean())
    return None if max(first, last) < _LOUDER * min(first, last) else first > last
