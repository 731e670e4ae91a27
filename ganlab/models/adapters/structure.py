"""The structure of a network as its file tells it: layers in the order in which they were declared, whatever they are called."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import pairwise

import torch
from torch import Tensor

Tensors = Mapping[str, Tensor]
_COUNTER = "num_batches_tracked"
# What spectral and weight normalisation keep instead of `weight`, in PyTorch's older and newer spelling.
_FOLDED = (
    "weight_orig",
    "weight_u",
    "weight_v",
    "weight_g",
    "parametrizations.weight.original",
    "parametrizations.weight.0._u",
    "parametrizations.weight.0._v",
    "parametrizations.weight.original0",
    "parametrizations.weight.original1",
)
_TRANSPOSED = re.compile(r"deconv|convt|t_?conv|transpose|(?:^|[._])(?:up|dec)", re.I)
_EMBEDDING = re.compile(r"emb|label|class", re.I)


class Kind(StrEnum):
    """What a layer is, by its tensors' shapes."""

    LINEAR = "linear layer"  # weight (out, in)
    CONV = "convolution"  # weight (out, in, k, k), or (in, out, k, k) if it is transposed
    NORM = "norm"  # weight (C,), and with batch norm the running mean and variance (C,)
    SLOPE = "PReLU"  # weight (1,) or (C,): the slope below zero
    EMBEDDING = "embedding"  # weight (classes, E)
    UNKNOWN = "unknown"


@dataclass
class Part:
    """One layer's tensors. `gap`: how many layers without tensors lie between the part before it and it; None if unknown.

    Unknown unless both are numbered entries of one Sequential.
    """

    name: str
    tensors: dict[str, Tensor] = field(repr=False)
    kind: Kind = Kind.UNKNOWN
    gap: int | None = None
    batches: int | None = None  # that a batch norm has seen, where the file counts them

    @property
    def weight(self) -> Tensor:
        """The weight; KeyError for a batch norm without one."""
        return self.tensors["weight"]

    @property
    def bias(self) -> Tensor | None:
        """The bias, if there is one."""
        return self.tensors.get("bias")

    @property
    def features(self) -> int:
        """The length of a norm or a PReLU."""
        return len(self.tensors.get("weight", self.tensors.get("running_mean", torch.empty(0))))

    @property
    def first_tensor(self) -> str:
        """The full name of its first tensor, to show."""
        return ".".join(filter(None, (self.name, next(iter(self.tensors)))))

    def says(self, pattern: re.Pattern[str]) -> bool:
        """Whether its name has a hint."""
        return bool(pattern.search(self.name))

    @property
    def called_transposed(self) -> bool:
        """Whether the name hints at a transposed convolution."""
        return self.says(_TRANSPOSED)

    @property
    def called_embedding(self) -> bool:
        """Whether the name hints at an embedding of labels."""
        return self.says(_EMBEDDING)


def parts(tensors: Tensors) -> list[Part]:
    """The layers in the tensors' order, reparametrised weights folded into plain ones."""
    grouped: dict[str, dict[str, Tensor]] = {}
    counted: dict[str, int] = {}
    for name, tensor in tensors.items():
        module, own = _split(name)
        if own == _COUNTER:
            counted[module] = int(tensor) if tensor.numel() == 1 and bool(tensor.isfinite().all()) else 0
        else:
            grouped.setdefault(module, {})[own] = tensor
    found = [Part(module, folded(group), batches=counted.get(module)) for module, group in grouped.items()]
    for part in found:
        part.kind = _kind(part)
    for before, part in pairwise(found):
        part.gap = _gap(before.name, part.name)
    return found


def _split(name: str) -> tuple[str, str]:
    """ "fc.weight" -> ("fc", "weight"); the names of a folded weight stay together."""
    for suffix in _FOLDED:
        if name == suffix or name.endswith(f".{suffix}"):
            return name[: -len(suffix)].rstrip("."), suffix
    module, _, own = name.rpartition(".")
    return module, own


def _kind(part: Part) -> Kind:
    weight = part.tensors.get("weight")
    known = {"weight", "bias", "running_mean", "running_var"}
    if not set(part.tensors) <= known or any(not tensor.numel() for tensor in part.tensors.values()):
        return Kind.UNKNOWN
    if part.bias is not None and part.bias.ndim != 1:
        return Kind.UNKNOWN
    statistics = {"running_mean", "running_var"} & set(part.tensors)
    if statistics:
        shapes = {tuple(tensor.shape) for tensor in part.tensors.values()}
        whole = len(statistics) == 2 and (part.bias is None) == (weight is None)
        return Kind.NORM if whole and len(shapes) == 1 and len(next(iter(shapes))) == 1 else Kind.UNKNOWN
    if weight is None:
        return Kind.UNKNOWN
    if weight.ndim == 4 and weight.shape[2] == weight.shape[3]:
        return Kind.CONV
    if weight.ndim == 2:
        return Kind.LINEAR
    if weight.ndim == 1:
        if part.bias is None:
            return Kind.SLOPE
        return Kind.NORM if part.bias.shape == weight.shape else Kind.UNKNOWN
    return Kind.UNKNOWN


def _gap(before: str, after: str) -> int | None:
    first, second = before.rpartition("."), after.rpartition(".")
    if first[0] != second[0] or not (first[2].isdecimal() and second[2].isdecimal()):
        return None
    between = int(second[2][:4]) - int(first[2][:4]) - 1
    return between if between >= 0 else None


def orders(found: list[Part]) -> Iterator[list[Part]]:
    """The parts as stored, then sorted as people number them; a safetensors file keeps the alphabet's order only."""
    yield found
    natural = sorted(found, key=lambda part: [(0, int(run), "") if run.isdecimal() else (1, 0, run) for run in _runs(part.name)])
    if [part.name for part in natural] != [part.name for part in found]:
        for before, part in pairwise(natural):
            part.gap = _gap(before.name, part.name)
        yield natural
    linear_first = sorted(natural, key=lambda part: part.kind not in (Kind.LINEAR, Kind.EMBEDDING))
    if [part.name for part in linear_first] != [part.name for part in natural]:
        yield linear_first


def _runs(name: str) -> list[str]:
    return re.findall(r"\d{1,6}|[^\d]+", name)


def folded(group: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """One layer's tensors with spectral norm (Miyato et al. 2018) or weight norm (Salimans & Kingma 2016) put into its weight."""
    tensors = dict(group)
    prefix = "parametrizations.weight."
    original = tensors.pop("weight_orig", tensors.pop(f"{prefix}original", None))
    u = tensors.pop("weight_u", tensors.pop(f"{prefix}0._u", None))
    if original is not None:
        v = tensors.pop("weight_v", tensors.pop(f"{prefix}0._v", None))
        return {"weight": _spectral(original, u, v) if u is not None else original} | tensors
    scale, direction = tensors.pop(f"{prefix}original0", None), tensors.pop(f"{prefix}original1", None)
    if scale is None and "weight_g" in tensors and "weight_v" in tensors:
        scale, direction = tensors.pop("weight_g"), tensors.pop("weight_v")
    if scale is None or direction is None:
        return tensors
    kept = [axis for axis, length in enumerate(scale.shape) if length > 1]
    norms = direction.norm(dim=[axis for axis in range(direction.ndim) if axis not in kept], keepdim=True)
    return {"weight": direction * (scale / norms)} | tensors


def _spectral(weight: Tensor, u: Tensor, v: Tensor | None) -> Tensor:
    """weight / sigma, sigma = u^T W v as at evaluation; W's rows are outputs: axis 0, or 1 of a transposed convolution."""
    weight, u = weight.float(), u.float()
    best: tuple[float, Tensor] | None = None
    for axis in (0, 1):
        if weight.ndim <= axis or weight.shape[axis] != len(u):
            continue
        matrix = weight.transpose(0, axis).flatten(1)
        if v is not None and len(v) != matrix.shape[1]:
            continue
        right = v.float() if v is not None else torch.nn.functional.normalize(matrix.T @ u, dim=0)
        image = matrix @ right
        sigma = u @ image
        # Both axes fit a square weight: u is the image of v under the right one only.
        residual = float((image / image.norm().clamp_min(1e-12) - u).norm())
        if best is None or residual < best[0]:
            best = (residual, weight / sigma)
    return best[1] if best else weight
