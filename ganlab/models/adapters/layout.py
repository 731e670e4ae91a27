"""What the layouts share: names put in order, tensors poured into a network, and the two shapes a generator can have."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from ganlab.core.types import Conditioning, DataSpec
from ganlab.models.adapters.foreign import Foreign
from ganlab.training.networks.layers import with_label

Tensors = Mapping[str, Tensor]
_COUNTER = "num_batches_tracked"
_ORDER = {"weight": 0, "bias": 1, "running_mean": 2, "running_var": 3, _COUNTER: 4}
PICTURES = (1, 3)  # channels that a picture can have here


@dataclass(frozen=True)
class Misfit:
    """How far a layout came: `fitted` layers or tensors had their place, `tensor` is the name of the first that has none."""

    fitted: int
    tensor: str


@dataclass(frozen=True)
class Layout:
    """One way to build networks. `read` takes tensors and the user's assumptions, by setting, and answers with a network or
    with the first tensor that does not fit; None where it has nothing to say.

    The names that it gets lack what they all begin with ("module.", "model.", "netG.").
    """

    title: str
    read: Callable[[Tensors, Mapping[str, str]], Foreign | Misfit | None]


class Drawing(nn.Module):
    """z (B, z_dim) [+ label (B,)] -> image (B, C, S, S): `body` takes z with the label as one-hot beside it."""

    def __init__(self, body: nn.Sequential, num_classes: int = 0) -> None:
        super().__init__()
        self.body, self.num_classes = body, num_classes

    def forward(self, z: Tensor, condition: Tensor | None = None) -> Tensor:
        return self.body(with_label(z, condition, self.num_classes))


class Rechannelled(nn.Module):
    """A translator between grey and colour made one from 3 channels to 3: grey is the mean going in, repeated coming out."""

    def __init__(self, network: nn.Module, in_channels: int, multiple: int) -> None:
        super().__init__()
        self.network, self.in_channels, self.multiple = network, in_channels, multiple

    def forward(self, image: Tensor) -> Tensor:
        fake = self.network(image.mean(dim=1, keepdim=True) if self.in_channels == 1 else image)
        return fake.expand(-1, 3, -1, -1)


def translator(layout: str, network: nn.Module, channels: tuple[int, int], size: int, conditioning: Conditioning) -> Foreign:
    """A network from `channels[0]` to `channels[1]` channels as a Foreign; ValueError when those are not a picture's."""
    before, after = channels
    if before not in PICTURES or after not in PICTURES:
        raise ValueError(f"This {layout} goes from {before} channels to {after}: only grey (1) and colour (3) can be used here.")
    if before != after:
        network = Rechannelled(network, before, int(network.multiple)).eval()  # type: ignore[arg-type]
    return Foreign(layout, {"G": network}, DataSpec(size, max(channels), conditioning))


def in_order(names: Iterable[str]) -> list[str]:
    """As the modules were declared: "2.weight", "2.bias", "10.weight"."""

    def rank(name: str) -> list[tuple[int, int, str]]:
        return [(0, int(part), "") if _is_index(part) else (1, _ORDER.get(part, -1), part) for part in name.split(".")]

    return sorted(names, key=rank)


def _is_index(part: str) -> bool:
    return part.isascii() and part.isdigit() and len(part) < 5


def numbered(tensors: Tensors, pattern: str) -> list[int]:
    """The numbers that `pattern`'s only group matches at the start of a name, each once, ascending."""
    return sorted({int(found[1]) for name in tensors if (found := re.match(pattern, name))})


def shape(tensors: Tensors, name: str, dimensions: int) -> tuple[int, ...] | None:
    """The shape of a tensor if it is there, has that many dimensions and none of them empty."""
    tensor = tensors.get(name)
    return tuple(tensor.shape) if tensor is not None and tensor.ndim == dimensions and tensor.numel() else None


def without_statistics(tensors: Tensors) -> dict[str, Tensor]:
    """Without kept means and variances: for norms that use the statistics of what they are given (see nn.layers.Norm)."""
    return {name: tensor for name, tensor in tensors.items() if not name.endswith((".running_mean", ".running_var"))}


class Unfilled(TorchFunctionMode):
    """Modules made inside draw no first weights: of a large network that takes seconds, and they are replaced at once."""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        if getattr(func, "__module__", "") == "torch.nn.init":
            return kwargs["tensor"] if "tensor" in kwargs else args[0]
        return func(*args, **kwargs)


def pour(build: Callable[[], nn.Module], tensors: Tensors, names: Iterable[str]) -> nn.Module | None:
    """The network that `build` makes with its own tensors, in order, replaced by those called `names`, as float32; eval mode.

    None when number or shapes differ. `build` runs without memory for weights.
    """
    with torch.device("meta"), Unfilled():
        network = build()
    own = {name: tensor for name, tensor in network.state_dict().items() if not name.endswith(_COUNTER)}
    given = [tensors[name] for name in names if not name.endswith(_COUNTER)]
    if [tensor.shape for tensor in own.values()] != [tensor.shape for tensor in given]:
        return None
    # Copies: what a file shares between tensors, or repeats without storing it, must not be shared in a network.
    state = {name: tensor.to(torch.float32, copy=True).contiguous() for name, tensor in zip(own, given, strict=True)}
    counters = {name: torch.tensor(0) for name in network.state_dict() if name.endswith(_COUNTER)}
    network.load_state_dict(state | counters, assign=True)
    return network.eval()
