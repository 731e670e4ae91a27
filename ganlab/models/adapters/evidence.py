"""What a file's own numbers say: batch norm kept the mean and variance of what the layers before it gave while it was trained.

Under the right activation, epsilon, strides, label and z, the network gives these statistics again; under others it does not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from ganlab.models.adapters.layout import Drawing

_FULL = 4.0  # an error that is as bad as any
_LOUDER = 1.25
_NUMBERS = 200  # that a channel's mean and variance take to be compared


class _Enough(Exception):
    """Raised to end a pass once the norms that count were seen."""


def has_statistics(norms: Sequence[dict[str, Tensor]]) -> bool:
    """Whether some batch norm kept statistics that are not those it was made with (mean 0, variance 1)."""
    return any(
        "running_mean" in tensors and (bool(tensors["running_mean"].any()) or bool((tensors["running_var"] != 1).any()))
        for tensors in norms
    )


def latents(n: int, z_dim: int, distribution: str) -> Tensor:
    """z (n, z_dim), the same at every call."""
    generator = torch.Generator().manual_seed(0)
    if distribution == "normal":
        return torch.randn(n, z_dim, generator=generator)
    z = torch.rand(n, z_dim, generator=generator)
    return 2 * z - 1 if distribution == "uniform(-1,1)" else z


@torch.inference_mode()
def error(network: Drawing, z_dim: int, distribution: str, n: int, at_most: int = 99) -> float:
    """How far the statistics of n pictures are from those that the first `at_most` batch norms kept; 0 is equal.

    The mean over norms of (mean - kept mean)^2 / kept variance + (half the log of the variances' ratio)^2, each channel
    bounded, since one dead channel must not decide. Labels are drawn alike.
    """
    norms = [layer for layer in network.modules() if isinstance(layer, nn.BatchNorm1d | nn.BatchNorm2d)]
    norms = [norm for norm in norms if norm.running_mean is not None][:at_most]
    errors: list[float] = []
    seen: list[nn.Module] = []

    def look(norm: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        seen.append(norm)
        if inputs[0].numel() >= _NUMBERS * inputs[0].shape[1]:
            errors.append(_distance(norm, inputs[0]))
        if len(seen) == len(norms):
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
    return sum(errors) / len(errors) if errors else 0.0


def _distance(norm: nn.Module, x: Tensor) -> float:
    kept_mean, kept_variance = norm.running_mean, norm.running_var
    assert isinstance(kept_mean, Tensor) and isinstance(kept_variance, Tensor)
    if x.shape[1] != len(kept_mean):
        return _FULL
    flat = x.transpose(0, 1).flatten(1)
    mean, variance = flat.mean(dim=1), flat.var(dim=1)
    floor = 1e-3 * kept_variance.mean().clamp_min(1e-12)
    means = (mean - kept_mean) ** 2 / (kept_variance + floor)
    spreads = (0.5 * ((variance + floor) / (kept_variance + floor)).log()) ** 2
    found = (means + spreads).clamp(max=_FULL).nan_to_num(_FULL, _FULL, _FULL)
    return float(found.mean())


@dataclass(frozen=True)
class Loud:
    """The columns at one end of a first weight that are louder than all others: a label, given as one-hot."""

    classes: int
    first: bool


def loud_columns(columns: Tensor) -> Loud | None:
    """`columns` (features, …) of a first weight: a block of 2 or more at an end, each louder than any column of the rest.

    A trained generator listens more to the label than to any one number of z: 2 to 18 times in files seen.
    """
    loudness = columns.flatten(1).float().norm(dim=1)
    best: tuple[float, Loud] | None = None
    for first in (False, True):
        ordered = loudness if first else loudness.flip(0)
        # After k columns: the quietest of the block against the loudest of the rest.
        quietest = ordered.cummin(dim=0).values[1:-1]
        loudest = ordered.flip(0).cummax(dim=0).values.flip(0)[2:]
        ratio = quietest / loudest.clamp_min(1e-12)
        k = int(ratio.argmax()) if len(ratio) else 0
        if len(ratio) and float(ratio[k]) > _LOUDER and (best is None or float(ratio[k]) > best[0]):
            best = (float(ratio[k]), Loud(k + 2, first))
    return best[1] if best and best[1].classes < len(loudness) else None


def louder_end(columns: Tensor, width: int) -> bool | None:
    """Whether the first `width` columns are louder than the last ones; None where neither stands out."""
    loudness = columns.flatten(1).float().norm(dim=1)
    first, last = float(loudness[:width].mean()), float(loudness[-width:].mean())
    return None if max(first, last) < _LOUDER * min(first, last) else first > last
