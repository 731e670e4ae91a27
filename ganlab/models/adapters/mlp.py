"""Fully connected generators saved as one Sequential: plain, PyTorch-GAN's with batch norm, and Coursera's blocks."""

from __future__ import annotations

from math import isqrt

from torch import Tensor, nn

from ganlab.core.types import DataSpec
from ganlab.models.adapters.foreign import Foreign
from ganlab.models.adapters.layout import Drawing, Layout, Tensors, in_order, pour

_SIDES = range(24, 257)
_MAX_Z = 1024


class FromUnit(nn.Module):
    """[0, 1] -> [-1, 1], for a generator that ends in a sigmoid."""

    def forward(self, image: Tensor) -> Tensor:
        return 2 * image - 1


def picture_shape(numbers: int) -> tuple[int, int, int] | None:
    """(C, S, S) of a square grey or colour picture with so many numbers, else None."""
    for channels in (1, 3):
        side = isqrt(numbers // channels)
        if side in _SIDES and channels * side**2 == numbers:
            return channels, side, side
    return None


def read(tensors: Tensors) -> Foreign | None:
    """Names "0.weight", "2.weight", "4.weight"; with batch norm "3.running_mean"; in blocks "0.0.weight", "0.1.weight".

    Activations leave no tensors. With batch norm in blocks they are Coursera's (ReLU, a sigmoid at the end), with batch norm
    in one row PyTorch-GAN's (leaky, epsilon 0.8), else ReLU as in the paper; these draw best on the files seen.
    """
    modules = list(dict.fromkeys(name.rpartition(".")[0] for name in in_order(tensors)))
    weights = [tensors.get(f"{module}.weight") for module in modules]
    linear = [weight for weight in weights if weight is not None and weight.ndim == 2]
    if len(linear) < 2 or not all(part.isdigit() for module in modules for part in module.split(".")):
        return None
    picture, z_dim = picture_shape(len(linear[-1])), linear[0].shape[1]
    if picture is None or not 0 < z_dim <= _MAX_Z or weights[-1] is not linear[-1]:
        return None
    normed = [weight is not None and weight.ndim == 1 for weight in weights]
    blocks, norms = any(module.count(".") for module in modules), any(normed)

    def build() -> nn.Module:
        layers: list[nn.Module] = []
        for position, weight in enumerate(weights):
            if normed[position]:
                layers.append(nn.BatchNorm1d(len(weight) if weight is not None else 0, 1e-5 if blocks else 0.8))
            elif weight is not None and weight.ndim == 2:
                layers.append(nn.Linear(weight.shape[1], weight.shape[0]))
            if position + 1 < len(weights) and not normed[position + 1]:
                layers.append(nn.LeakyReLU(0.2) if norms and not blocks else nn.ReLU())
        end: list[nn.Module] = [nn.Sigmoid(), FromUnit()] if blocks else [nn.Tanh()]
        return Drawing(nn.Sequential(*layers, *end, nn.Unflatten(1, picture)))

    network = pour(build, tensors, in_order(tensors))
    if network is None:
        return None
    title = f"MLP of {len(linear)} layers"
    return Foreign(title, {"G": network}, DataSpec(picture[1], picture[0]), z_dim=z_dim)


LAYOUT = Layout("MLP generators numbered 0, 2, 4 …", read)
