"""The network of a sketch under given decisions, with the file's tensors in it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from ganlab.models.adapters.geometry import Step, modules
from ganlab.models.adapters.layout import Drawing, Unfilled
from ganlab.models.adapters.sketch import Layer, Sketch
from ganlab.models.adapters.structure import Part

_ACTIVATIONS: dict[str, Callable[[], nn.Module]] = {
    "relu": nn.ReLU,
    "elu": nn.ELU,
    "selu": nn.SELU,
    "gelu": nn.GELU,
    "silu": nn.SiLU,
    "mish": nn.Mish,
    "hardswish": nn.Hardswish,
    "tanh": nn.Tanh,
    "sigmoid": nn.Sigmoid,
    "softplus": nn.Softplus,
    "none": nn.Identity,
}
_LEAKY = re.compile(r"leaky_relu\((0?\.\d{1,4}|[01](?:\.0)?)\)")
_ONE_HOT = re.compile(r"one-hot (first|last) (\d{1,4})")


class FromUnit(nn.Module):
    """[0, 1] -> [-1, 1], for a generator that ends in a sigmoid."""

    def forward(self, image: Tensor) -> Tensor:
        return 2 * image - 1


class Weighed(nn.Module):
    """[z, one-hot] (B, z_dim + classes) -> z with its numbers multiplied by the label's vector (Odena et al. 2017), or added."""

    vectors: Tensor

    def __init__(self, vectors: Tensor, added: bool) -> None:
        super().__init__()
        self.register_buffer("vectors", vectors)
        self.added = added

    def forward(self, both: Tensor) -> Tensor:
        z, shares = both[:, : self.vectors.shape[1]], both[:, self.vectors.shape[1] :]
        vector = shares @ self.vectors  # (B, z_dim)
        return z + vector if self.added else z * vector


class Beside(nn.Module):
    """[z, one-hot] -> the outputs of a layer for z and of one for the label, one beside the other."""

    def __init__(self, z_dim: int, main: nn.Module, label: nn.Module, label_first: bool) -> None:
        super().__init__()
        self.z_dim, self.main, self.label, self.label_first = z_dim, main, label, label_first

    def forward(self, both: Tensor) -> Tensor:
        outputs = [self.main(both[:, : self.z_dim]), self.label(both[:, self.z_dim :])]
        return torch.cat(outputs[::-1] if self.label_first else outputs, dim=1)


@dataclass(frozen=True)
class Label:
    """How a label comes in: `classes` of them (0: none), as `way` says: one-hot, embedding, multiplied, added or branch."""

    way: str = "none"
    classes: int = 0
    first: bool = False


def activation(value: str) -> nn.Module | None:
    """The layer that "relu" or "leaky_relu(0.2)" names, else None."""
    if value in _ACTIVATIONS:
        return _ACTIVATIONS[value]()
    found = _LEAKY.fullmatch(value)
    return nn.LeakyReLU(float(found[1])) if found else None


def label(drawn: Sketch, value: str) -> Label | None:
    """What "none", "one-hot last 10", "embedding first", "multiplied", "added" or "beside last" mean here, else None."""
    classes = drawn.embedding.weight.shape[0] if drawn.embedding else 0
    found = _ONE_HOT.fullmatch(value)
    if drawn.branch:
        wide = classes or drawn.branch.ins
        return Label("branch", wide, value == "beside first") if value in ("beside first", "beside last") else None
    if found and not drawn.embedding and 1 < int(found[2]) < drawn.features:
        return Label("one-hot", int(found[2]), found[1] == "first")
    if drawn.embedding and value in ("embedding first", "embedding last"):
        return Label("embedding", classes, value == "embedding first")
    if drawn.embedding and value in ("multiplied", "added"):
        return Label(value, classes)
    return Label() if value == "none" and not drawn.embedding else None


def z_dim(drawn: Sketch, way: Label) -> int:
    """Numbers of z."""
    beside = {"one-hot": way.classes, "embedding": drawn.embedding.weight.shape[1] if drawn.embedding else 0}
    return drawn.features - beside.get(way.way, 0)


def network(drawn: Sketch, choice: Mapping[str, str], steps: Sequence[Step]) -> Drawing:
    """The generator, in eval mode; its weights are the file's own tensors, or float32 copies."""
    builder = _Builder(drawn, choice, steps)
    with torch.device("meta"), Unfilled():
        body = builder.body()
    for layer, part in builder.filled:
        fill(layer, part)
    way = label(drawn, choice["label"]) or Label()
    return Drawing(nn.Sequential(*_with_label(drawn, way, body)), way.classes).eval()


def fill(layer: nn.Module, part: Part) -> None:
    """Put a part's tensors into a layer that was made without memory."""
    for name, tensor in part.tensors.items():
        value = tensor.detach().to(torch.float32)
        if isinstance(getattr(layer, name), nn.Parameter):
            setattr(layer, name, nn.Parameter(value))
        else:
            setattr(layer, name, value)
    if getattr(layer, "num_batches_tracked", None) is not None:
        layer.num_batches_tracked = torch.tensor(0)


def own(network: nn.Module) -> None:
    """Give the network tensors of its own: what a file shares between tensors, or repeats, must not be shared in a network."""
    for layer in network.modules():
        for name, parameter in list(layer.named_parameters(recurse=False)):
            setattr(layer, name, nn.Parameter(parameter.detach().clone().contiguous()))
        for name, buffer in list(layer.named_buffers(recurse=False)):
            setattr(layer, name, buffer.detach().clone())


def ends(output: str) -> list[nn.Module]:
    """What brings a network's last numbers to [-1, 1]."""
    known: dict[str, list[nn.Module]] = {"tanh": [nn.Tanh()], "sigmoid": [nn.Sigmoid(), FromUnit()], "linear": [nn.Hardtanh()]}
    return known[output]


class _Builder:
    """Modules of a sketch, and which part's tensors go into which."""

    def __init__(self, drawn: Sketch, choice: Mapping[str, str], steps: Sequence[Step]) -> None:
        self.drawn, self.choice, self.steps = drawn, choice, list(steps)
        self.filled: list[tuple[nn.Module, Part]] = []
        self.normed = 0

    def body(self) -> list[nn.Module]:
        """From [z, label] to the picture; of the two first layers of a branch, `Beside`."""
        layers, result = self.drawn.layers, []
        steps: Iterator[Step | None] = iter([*(None for layer in layers if not layer.is_conv), *self.steps])
        for position, layer in enumerate(layers):
            step = next(steps)
            after = layers[position + 1] if position + 1 < len(layers) else None
            modules_ = self._layer(layer, step, after, position == 0)
            if position == 0 and self.drawn.branch:
                modules_ = [self._beside(modules_, layer)]
            result += modules_
        return [*result, *self._end()]

    def _beside(self, main: list[nn.Module], first: Layer) -> nn.Module:
        branch = self.drawn.branch
        assert branch is not None
        onto_map = not branch.is_conv and self.drawn.side > 1 and branch.outs == self.drawn.side**2
        own = self._layer(branch, Step("t", branch.kernel, 1, 0) if branch.is_conv else None, None, True, within=not onto_map)
        if onto_map:  # as it comes: nothing bends a label's map
            own = [*own, nn.Unflatten(1, (1, self.drawn.side, self.drawn.side))]
        if self.drawn.embedding:
            vectors = nn.Linear(self.drawn.embedding.weight.shape[0], self.drawn.embedding.weight.shape[1], bias=False)
            self.filled.append((vectors, Part("", {"weight": self.drawn.embedding.weight.T})))
            own = [vectors, *own]
        value = self.choice["label"] == "beside first"
        return Beside(first.ins, nn.Sequential(*main), nn.Sequential(*own), value)

    def _layer(
        self, layer: Layer, step: Step | None, after: Layer | None, first: bool, *, within: bool = False
    ) -> list[nn.Module]:
        """The layer, its norm, its activation, and the cut into maps where a convolution follows."""
        found: list[nn.Module] = []
        if step is None:
            found.append(nn.Linear(layer.ins, layer.outs, bias=layer.part.bias is not None))
        else:
            if first:
                found.append(nn.Unflatten(1, (layer.ins, 1, 1)))
            found += modules(layer, step, self.choice.get("upsampling", "nearest"))
        self.filled.append((found[-1], layer.part))
        cut = step is None and after is not None and after.is_conv
        onto_map: list[nn.Module] = (
            [nn.Unflatten(1, (layer.outs // self.drawn.side**2, self.drawn.side, self.drawn.side))] if cut else []
        )
        if layer.norm_on_map:
            found, onto_map = found + onto_map, []
        norm = [self._norm(layer, step is not None or layer.norm_on_map)] if layer.norm else []
        if after is None and not within:
            return found + norm + onto_map
        bend, norm_first = self._bend(layer, after, cut)
        return [*found, *(norm + bend if norm_first else bend + norm), *onto_map]

    def _norm(self, layer: Layer, on_map: bool) -> nn.Module:
        part = layer.norm
        assert part is not None
        values = self.choice["epsilon"].split(" then ")
        epsilon, self.normed = float(values[min(self.normed, len(values) - 1)]), self.normed + 1
        affine = "weight" in part.tensors
        made: nn.Module
        if "running_mean" in part.tensors:
            made = (nn.BatchNorm2d if on_map else nn.BatchNorm1d)(part.features, epsilon, affine=affine)
        elif not on_map:
            made = nn.LayerNorm(part.features, epsilon)
        elif self.choice.get("norm") == "group":
            made = nn.GroupNorm(1, part.features, epsilon)
        else:
            made = nn.InstanceNorm2d(part.features, epsilon, affine=affine)
        self.filled.append((made, part))
        return made

    def _bend(self, layer: Layer, after: Layer | None, cut: bool) -> tuple[list[nn.Module], bool]:
        """The activation ([] where the file's numbering leaves no place for one), and whether the norm comes before it."""
        if layer.slope:
            slope = nn.PReLU(layer.slope.features)
            self.filled.append((slope, layer.slope))
            return [slope], not layer.slope_first
        order = self.choice.get("order", "norm, activation") == "norm, activation"
        own = self.choice.get("after fc", "activation") if cut and layer.gap_next is None else "activation"
        if own == "nothing":
            return [], order
        made = activation(self.choice.get("activation", "relu") if own == "activation" else own) or nn.ReLU()
        inside, behind = places(self.drawn, layer, after, self.steps)
        if layer.norm and inside is not None:
            return ([made] if inside or behind or behind is None else []), not inside
        return ([made] if behind or behind is None else []), order

    def _end(self) -> list[nn.Module]:
        shape = [nn.Unflatten(1, self.drawn.picture)] if self.drawn.picture else []
        return [*ends(self.choice["output"]), *shape]


def places(drawn: Sketch, layer: Layer, after: Layer | None, steps: Sequence[Step]) -> tuple[int | None, int | None]:
    """How many layers without tensors lie between `layer` and its norm, and behind both, that may be activations.

    An upsampling, a PixelShuffle and the cut into maps are taken off; None where the file's names do not tell.
    """
    behind = layer.gap_next
    if behind is not None and after is not None:
        convolutions = [one for one in drawn.layers if one.is_conv]
        enlarging = after.is_conv and (after.shuffle or steps[convolutions.index(after)].kind == "u")
        cut = after.is_conv and not layer.is_conv and not layer.norm_on_map
        behind = max(0, behind - enlarging - cut)
    return (layer.gap_norm if layer.norm else None), behind


def _with_label(drawn: Sketch, way: Label, body: list[nn.Module]) -> list[nn.Module]:
    """The body for input [z, one-hot]: the first weight's columns in that order, an embedding beside z folded into them."""
    if way.way in ("multiplied", "added"):
        assert drawn.embedding is not None
        return [Weighed(drawn.embedding.weight.detach().to(torch.float32), way.way == "added"), *body]
    if way.way not in ("one-hot", "embedding"):
        return body
    first = next(layer for layer in body if isinstance(layer, nn.Linear | nn.ConvTranspose2d))
    transposed = isinstance(first, nn.ConvTranspose2d)
    columns = first.weight.detach() if transposed else first.weight.detach().T  # (features, …)
    wide = drawn.features - z_dim(drawn, way)
    label_, z = (columns[:wide], columns[wide:]) if way.first else (columns[-wide:], columns[:-wide])
    if drawn.embedding:
        vectors = drawn.embedding.weight.detach().to(torch.float32)
        label_ = (vectors @ label_.flatten(1)).unflatten(1, label_.shape[1:])
    columns = torch.cat([z, label_])
    first.weight = nn.Parameter((columns if transposed else columns.T).contiguous())
    if transposed:
        body = [nn.Unflatten(1, (len(columns), 1, 1)), *body[1:]]
    return body
