"""The output of each layer of a network for one input, as pictures; and a table of the layers with their parameters."""

from __future__ import annotations

import math
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import adaptive_avg_pool2d
from torch.nn.utils.parametrize import is_parametrized

MOST, SIDE = 32, 128  # maps kept of each layer, and pixels along the longer side of each
_KINDS = {
    "Conv2d": "convolution",
    "ConvTranspose2d": "transposed convolution",
    "Linear": "linear",
    "BatchNorm1d": "batch norm",
    "BatchNorm2d": "batch norm",
    "InstanceNorm2d": "instance norm",
    "ReflectionPad2d": "reflection padding",
    "LeakyReLU": "leaky ReLU",
    "Upsample": "upsampling",
    "AvgPool2d": "average pooling",
    "_Basis": "basis",
    "Dropout": "dropout",
    "Dropout2d": "dropout",
    "Flatten": "flatten",
    "Unflatten": "unflatten",
    "Embedding": "embedding",
    "Tanh": "tanh",
}


@dataclass(frozen=True)
class Layer:
    """One layer of a network: `path` as in its state dict, `kind` in words, `number` among those of its kind, from 1.

    `shape` is that of its output for one input, None where the layer did not run; `count` its own trainable numbers.
    """

    path: str
    kind: str
    number: int
    shape: tuple[int, ...] | None
    count: int

    @property
    def name(self) -> str:
        """ "convolution 2"."""
        return f"{self.kind} {self.number}"


@dataclass(frozen=True)
class Maps:
    """A layer's output as pictures: uint8 (k, H, W), the strongest first; each spans its own range from black to white.

    A vector is one picture, its numbers row by row. `total` is how many maps the layer has, `indices` which these are,
    `whole` whether the numbers are a vector.
    """

    layer: Layer
    pictures: Tensor
    indices: tuple[int, ...]
    total: int
    whole: bool


@dataclass(frozen=True)
class Activations:
    """Every layer of a network in the order in which they ran, those that did not at the end, and the maps of those that did."""

    layers: tuple[Layer, ...]
    maps: tuple[Maps, ...]

    @property
    def count(self) -> int:
        """All trainable numbers."""
        return sum(layer.count for layer in self.layers)


@torch.inference_mode()
def capture(network: nn.Module, *inputs: Tensor | None, most: int = MOST, side: int = SIDE) -> Activations:
    """Run `network` once on a batch of one and keep the outputs of its layers: at most `most` maps each, `side` pixels at most.

    Each output is reduced at once, so the memory is that of the forward pass and of the small pictures. The network, which
    should be in eval mode, is as before afterwards, whatever happens; other threads may use it meanwhile.
    """
    here = threading.get_ident()
    seen: dict[str, tuple[tuple[int, ...], Tensor, tuple[int, ...], int, bool]] = {}

    def keep(path: str, output: Any) -> None:
        # Another thread may use this network for another request; of a layer that runs twice the first output counts.
        if isinstance(output, Tensor) and path not in seen and threading.get_ident() == here:
            seen[path] = (tuple(output.shape[1:]), *_reduced(output[0], most, side))

    with _watched(network, keep):
        network(*inputs)
    shapes = {path: found[0] for path, found in seen.items()}
    layers = layers_of(network, shapes)
    maps = tuple(Maps(layer, *seen[layer.path][1:]) for layer in layers if layer.path in seen)
    return Activations(layers, maps)


def layers_of(network: nn.Module, shapes: Mapping[str, tuple[int, ...]] | None = None) -> tuple[Layer, ...]:
    """The layers of a network in the order of `shapes` (output shape by path), else as they are registered.

    A layer is a module without modules in it; parameters that belong to a module with others in it come as one of their own.
    """
    shapes = shapes or {}
    found = dict(_leaves(network))
    order = [path for path in shapes if path in found] + [path for path in found if path not in shapes]
    numbers: Counter[str] = Counter()
    layers = []
    for path in order:
        module = found[path]
        name = type(module).__name__.removeprefix("Parametrized")  # what PyTorch puts before it
        kind = _KINDS.get(name, name)
        numbers[kind] += 1
        count = sum(parameter.numel() for parameter in module.parameters(recurse=is_parametrized(module)))
        layers.append(Layer(path, kind, numbers[kind], shapes.get(path), count))
    return tuple(layers)


def _leaves(network: nn.Module) -> Iterator[tuple[str, nn.Module]]:
    """Modules without modules in them, and those that hold parameters of their own; each once.

    One with spectral norm is one layer: what computes its weight is a part of it.
    """
    for path, module in network.named_modules():
        if "parametrizations" in path.split("."):
            continue
        alone = next(module.children(), None) is None
        if alone or is_parametrized(module) or next(module.parameters(recurse=False), None) is not None:
            yield path, module


@contextmanager
def _watched(network: nn.Module, keep: Any) -> Iterator[None]:
    """`keep(path, output)` for every layer that runs within the block; the hooks are removed after it."""
    handles = []
    try:
        for path, module in _leaves(network):
            handles.append(module.register_forward_hook(lambda _module, _inputs, output, path=path: keep(path, output)))
        yield
    finally:
        for handle in handles:
            handle.remove()


def _reduced(output: Tensor, most: int, side: int) -> tuple[Tensor, tuple[int, ...], int, bool]:
    """One output (F,) or (C, H, W) -> pictures uint8, which maps they are, how many there are, whether it is a vector.

    The strongest maps are those that vary most over the picture: a constant one says nothing of it, however large.
    """
    values = output.detach().float().nan_to_num()
    if values.ndim != 3:
        return _stretched(_rows(values.flatten())), (0,), values.numel(), True
    total = len(values)
    if values.shape[1] * values.shape[2] == 1:  # maps of one pixel: together they are a vector
        return _stretched(_rows(values.flatten())), tuple(range(total)), total, True
    strongest = values.flatten(1).std(dim=1).argsort(descending=True, stable=True)[:most]
    chosen = values[strongest]
    longer = max(chosen.shape[1:])
    if longer > side:
        height, width = (max(1, length * side // longer) for length in chosen.shape[1:])
        chosen = adaptive_avg_pool2d(chosen, (height, width))
    return _stretched(chosen), tuple(strongest.tolist()), total, False


def _rows(vector: Tensor) -> Tensor:
    """(F,) -> (1, H, W), nearly square, filled up with the least of the numbers."""
    width = math.isqrt(max(len(vector) - 1, 0)) + 1
    height = -(-len(vector) // width)
    filled = vector.new_full((height * width,), float(vector.min()))
    filled[: len(vector)] = vector
    return filled.view(1, height, width)


def _stretched(maps: Tensor) -> Tensor:
    """(k, H, W) -> uint8 on the CPU, each from its least (black) to its greatest value (white); constant maps are mid-grey."""
    low, high = maps.amin(dim=(1, 2), keepdim=True), maps.amax(dim=(1, 2), keepdim=True)
    span = high - low
    scaled = torch.where(span > 0, (maps - low) / span.where(span > 0, torch.ones_like(span)), 0.5)
    return scaled.mul(255).round_().byte().cpu()
