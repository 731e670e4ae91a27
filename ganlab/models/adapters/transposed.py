"""DCGAN generators: transposed convolutions in one row (PyTorch's example, HugGAN) or in blocks without padding (Coursera)."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from torch import Tensor, nn

from ganlab.core.types import Conditioning, DataSpec
from ganlab.models.adapters.foreign import Foreign
from ganlab.models.adapters.layout import Drawing, Layout, Tensors, in_order, pour

_COURSERA_LABELLED = (74, 10)  # channels and classes of its conditional generator: z 64 with a one-hot label beside it
_SIDES = range(16, 257)


@dataclass(frozen=True)
class _Step:
    """One transposed convolution; stride and padding, which no tensor shows, follow from the kernel as in the known code."""

    weight: Tensor
    bias: bool
    stride: int
    padding: int

    def side(self, before: int) -> int:
        return (before - 1) * self.stride - 2 * self.padding + self.weight.shape[2]

    def module(self) -> nn.Module:
        inputs, outputs, kernel, _ = self.weight.shape
        return nn.ConvTranspose2d(inputs, outputs, kernel, self.stride, self.padding, bias=self.bias)


def _in_row(weight: Tensor, bias: bool, first: bool) -> _Step | None:
    """PyTorch's example; a last kernel of 1 crops its 32 pixels to 28."""
    known = (1, 0) if first else {4: (2, 1), 1: (1, 2)}.get(weight.shape[2])
    return known and _Step(weight, bias, *known)


def _in_block(weight: Tensor, bias: bool, last: bool) -> _Step:
    """Coursera's: stride 2, but 1 where the kernel is 4, though not at the end."""
    return _Step(weight, bias, 1 if weight.shape[2] == 4 and not last else 2, 0)


def _steps(tensors: Tensors) -> list[_Step] | None:
    """The convolutions if nothing else than they and a batch norm after each but the last is there."""
    modules = list(dict.fromkeys(name.rpartition(".")[0] for name in in_order(tensors)))
    weights = [tensors.get(f"{module}.weight") for module in modules]
    kinds = [0 if weight is None or not weight.numel() else weight.ndim for weight in weights]
    if len(kinds) < 5 or kinds != [4, 1] * (len(kinds) // 2) + [4]:
        return None
    if not all(part.isdigit() for module in modules for part in module.split(".")):
        return None
    blocks = all("." in module for module in modules)
    steps = []
    for position, module in enumerate(modules[::2]):
        weight, bias = tensors[f"{module}.weight"], f"{module}.bias" in tensors
        last = 2 * position + 1 == len(modules)
        steps.append(_in_block(weight, bias, last) if blocks else _in_row(weight, bias, position == 0))
    known = [step for step in steps if step]
    joined = all(before.weight.shape[1] == after.weight.shape[0] for before, after in pairwise(known))
    return known if joined and len(known) == len(steps) else None


def read(tensors: Tensors) -> Foreign | None:
    """Names "0.weight" (convolution), "1.weight" (batch norm), "3.weight" …; in blocks "0.0.weight", "0.1.weight" …"""
    steps = _steps(tensors)
    if not steps:
        return None
    z_dim, channels, side = steps[0].weight.shape[0], steps[-1].weight.shape[1], 1
    for step in steps:
        side = step.side(side)
    if side not in _SIDES or channels not in (1, 3):
        return None
    blocks = "0.0.weight" in tensors
    num_classes = _COURSERA_LABELLED[1] if blocks and z_dim == _COURSERA_LABELLED[0] else 0

    def build() -> nn.Module:
        layers: list[nn.Module] = [nn.Unflatten(1, (z_dim, 1, 1))]
        for step in steps:
            layers += [step.module(), nn.BatchNorm2d(step.weight.shape[1]), nn.ReLU()]
        return Drawing(nn.Sequential(*layers[:-2], nn.Tanh()), num_classes)

    network = pour(build, tensors, in_order(tensors))
    if network is None:
        return None
    title = f"{'Coursera ' if blocks else ''}DCGAN, {side} pixels"
    spec = DataSpec(side, channels, Conditioning.LABEL if num_classes else Conditioning.NONE, num_classes)
    return Foreign(title, {"G": network}, spec, z_dim - num_classes, tuple(map(str, range(num_classes))))


LAYOUT = Layout("DCGAN generators of transposed convolutions (PyTorch's example, HugGAN, Coursera)", read)
