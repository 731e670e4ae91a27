"""A generator that draws from z, as far as names and shapes tell it: which layer follows which, with its norm and its label."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from math import isqrt

from ganlab.models.adapters.layout import Misfit
from ganlab.models.adapters.structure import Kind, Part

_SIDES = range(24, 257)
_MAX_Z, _MAX_CLASSES = 4096, 1000


@dataclass(frozen=True)
class Layer:
    """A linear layer or a convolution with the norm and the PReLU that follow it.

    `gap_norm` and `gap_next` count the layers without tensors before its norm and before the next layer; None if unknown.
    `transposed` is None where both readings of a square weight fit; `shuffle`: a PixelShuffle(2) comes before it.
    """

    part: Part
    norm: Part | None = None
    slope: Part | None = None
    slope_first: bool = False
    gap_norm: int | None = None
    gap_next: int | None = None
    transposed: bool | None = False
    shuffle: bool = False
    norm_on_map: bool = False

    @property
    def is_conv(self) -> bool:
        """Whether it works on maps."""
        return self.part.kind is Kind.CONV

    @property
    def kernel(self) -> int:
        """The side of the kernel."""
        return self.part.weight.shape[2]

    @property
    def ins(self) -> int:
        """Features or channels that go in; of a square convolution both readings agree."""
        return self.part.weight.shape[0 if self.is_conv and self.transposed else 1]

    @property
    def outs(self) -> int:
        """Features or channels that come out."""
        return self.part.weight.shape[1 if self.is_conv and self.transposed else 0]


@dataclass(frozen=True)
class Sketch:
    """A generator's layers in the order in which z goes through them.

    `branch` is a first layer for the label alone, whose output lies beside that of `layers[0]`; `embedding` a vector for each
    label. `side` is that of the first map, 1 where convolutions start from z itself; `picture` the shape of an MLP's output.
    """

    layers: tuple[Layer, ...]
    embedding: Part | None = None
    branch: Layer | None = None
    picture: tuple[int, int, int] | None = None
    side: int = 1

    @property
    def features(self) -> int:
        """Numbers that the first layer takes: those of z, and of what lies beside it."""
        return self.layers[0].ins

    @property
    def channels(self) -> int:
        """Of the picture."""
        return self.picture[0] if self.picture else self.layers[-1].outs

    @property
    def norms(self) -> list[Part]:
        """Every norm, in order."""
        layers = [*self.layers[:1], *([self.branch] if self.branch else []), *self.layers[1:]]
        return [layer.norm for layer in layers if layer.norm]


def picture_shape(numbers: int) -> tuple[int, int, int] | None:
    """(C, S, S) of a square grey or colour picture with so many numbers, else None."""
    for channels in (1, 3):
        side = isqrt(numbers // channels)
        if side in _SIDES and channels * side**2 == numbers:
            return channels, side, side
    return None


def sketch(found: Sequence[Part]) -> Sketch | Misfit:
    """The generator that these layers make, or the first tensor that does not fit one."""
    unknown = next((index for index, part in enumerate(found) if part.kind is Kind.UNKNOWN), None)
    if unknown is not None:
        return Misfit(unknown, found[unknown].first_tensor)
    best: Sketch | Misfit | None = None
    for embedding in _embeddings(found):
        layers = normed([part for part in found if part is not embedding])
        drawn = layers if isinstance(layers, Misfit) else _joined(layers, embedding)
        if isinstance(drawn, Sketch):
            return drawn
        if best is None or (isinstance(best, Misfit) and drawn.fitted > best.fitted):
            best = drawn
    return best or Misfit(0, found[0].first_tensor if found else "")


def _embeddings(found: Sequence[Part]) -> list[Part | None]:
    """What may be the embedding of the label: what is called so; else none, or a first weight without a bias."""
    bare = [part for part in found if part.kind is Kind.LINEAR and part.bias is None]
    named = [part for part in bare if part.called_embedding and 1 < part.weight.shape[0] <= _MAX_CLASSES]
    return [named[0], None] if named else [None, *(part for part in bare if part is found[0])]


def normed(found: Sequence[Part]) -> list[Layer] | Misfit:
    """Layers with their norms: each behind its layer, or where they were declared apart, in order of size and number."""
    layers: list[Layer] = []
    for index, part in enumerate(found):
        if part.kind in (Kind.LINEAR, Kind.CONV):
            if layers:
                layers[-1] = replace(layers[-1], gap_next=part.gap)
            layers.append(Layer(part))
        elif not layers:
            return _declared_apart(found)
        elif part.kind is Kind.SLOPE and not layers[-1].slope:
            layers[-1] = replace(layers[-1], slope=part, slope_first=layers[-1].norm is None)
        elif part.kind is Kind.NORM and not layers[-1].norm and _can_norm(layers[-1], part, found[index + 1 :]):
            layers[-1] = replace(layers[-1], norm=part, gap_norm=part.gap)
        else:
            return _declared_apart(found)
    return layers


def _can_norm(layer: Layer, norm: Part, following: Sequence[Part]) -> bool:
    size = norm.features
    if layer.is_conv:
        return size in layer.part.weight.shape[:2]
    if size == layer.outs:
        return True
    # A batch norm of the maps that the linear layer is cut into: one number for each map.
    convolution = next((part for part in following if part.kind is Kind.CONV), None)
    return convolution is not None and size in convolution.weight.shape[:2] and _map_side(layer.outs, size) > 0


def _map_side(features: int, channels: int) -> int:
    """The side s of maps with channels * s * s = features, else 0."""
    side = isqrt(features // channels)
    return side if channels * side**2 == features else 0


def _declared_apart(found: Sequence[Part]) -> list[Layer] | Misfit:
    """Norms that do not stand behind their layers ("fc1, fc2, bn1"): each to the layer of its number, else of its size."""
    layers = [Layer(part) for part in found if part.kind in (Kind.LINEAR, Kind.CONV)]
    start = 0
    for index, norm in enumerate(found):
        if norm.kind in (Kind.LINEAR, Kind.CONV):
            continue
        free = [place for place, layer in enumerate(layers) if not layer.norm and _can_norm(layer, norm, found)]
        numbered = [place for place in free if _number(layers[place].part) == _number(norm) != ""]
        place = next(iter(numbered or [place for place in free if place >= start]), None)
        if norm.kind is Kind.SLOPE or place is None:
            return Misfit(index, norm.first_tensor)
        layers[place], start = replace(layers[place], norm=norm), place + 1
    return layers


def _number(part: Part) -> str:
    found = re.search(r"(\d+)\D*$", part.name)
    return found[1] if found else ""


@dataclass
class _Chain:
    """What the layers so far give: a vector, or maps; `fitted` counts the layers that joined."""

    wide: int
    on_map: bool = False
    side: int = 1
    layers: list[Layer] = field(default_factory=list)


def _joined(layers: list[Layer], embedding: Part | None) -> Sketch | Misfit:
    """The chain from z to a picture; ValueError never: what does not join is named."""
    if len(layers) < 2:
        return Misfit(len(layers), layers[-1].part.first_tensor if layers else "")
    first, branch = _roots(layers, embedding)
    rest = [layer for layer in layers if layer is not branch and layer is not first]
    if first.is_conv:
        first = replace(first, transposed=True)
    chain = _Chain(first.outs, first.is_conv, layers=[first])
    if branch:
        branch = replace(branch, transposed=branch.is_conv)
        chain.wide += branch.outs if branch.is_conv == first.is_conv else 0
    for layer in rest:
        if not _join(chain, layer, branch):
            return Misfit(1 + len(chain.layers), layer.part.first_tensor)
    unfit = next((part for layer in chain.layers for part in _unfit(layer, layer is chain.layers[-1])), None)
    if unfit:
        return Misfit(len(chain.layers), unfit.first_tensor)
    last = chain.layers[-1]
    picture = None if chain.on_map else picture_shape(last.outs)
    if (not picture and not chain.on_map) or (chain.on_map and last.outs not in (1, 3)):
        return Misfit(len(chain.layers), last.part.first_tensor)
    drawn = Sketch(tuple(chain.layers), embedding, branch, picture, chain.side)
    return drawn if _draws(drawn) else Misfit(0, layers[0].part.first_tensor)


def _unfit(layer: Layer, is_last: bool) -> list[Part]:
    """Those of a layer's parts whose lengths are not those of its outputs; a PReLU has no place at the end."""
    unfit = [layer.part] if layer.part.bias is not None and layer.part.bias.shape != (layer.outs,) else []
    if layer.norm and not layer.norm_on_map and layer.norm.features != layer.outs:
        unfit.append(layer.norm)
    if layer.slope and (is_last or layer.slope.features not in (1, layer.outs)):
        unfit.append(layer.slope)
    return unfit


def _draws(drawn: Sketch) -> bool:
    """Whether what goes in is z: an autoencoder takes a picture, and so does a translator."""
    narrowest = min(layer.ins for layer in drawn.layers if not layer.is_conv or layer is drawn.layers[0])
    width = drawn.embedding.weight.shape[1] if drawn.embedding else 0
    fits = not drawn.embedding or 0 < width <= drawn.features or drawn.branch is not None
    autoencoder = drawn.picture is not None and picture_shape(drawn.features) is not None and narrowest < drawn.features
    maps = drawn.layers[0].is_conv and drawn.features in (1, 3)
    return fits and not autoencoder and not maps and 1 < drawn.features <= _MAX_Z


def _roots(layers: list[Layer], embedding: Part | None) -> tuple[Layer, Layer | None]:
    """The first layer that z goes through, and one beside it that the label goes through."""
    first, second = layers[0], layers[1]
    if len(layers) < 3:
        return first, None
    conv = first.is_conv and second.is_conv
    first_out, second_out = (layer.part.weight.shape[1 if conv else 0] for layer in (first, second))
    if first.is_conv != second.is_conv or second.part.weight.shape[0 if conv else 1] == first_out:
        return first, None
    third = layers[2].part.weight.shape
    beside = first_out + second_out in third[:2] and layers[2].is_conv == conv
    if not conv and layers[2].is_conv:  # the label as one more map beside those of z
        for z, label in ((first, second), (second, first)):
            side = isqrt(label.outs)
            maps = [channels for channels in third[:2] if side > 1 and z.outs == (channels - 1) * side**2]
            if maps and side**2 == label.outs:
                return z, label
    if not beside:
        return first, None
    ins = [layer.part.weight.shape[0 if conv else 1] for layer in (first, second)]
    label_first = embedding is None and (first.part.called_embedding or (ins[0] < ins[1] and not second.part.called_embedding))
    return (second, first) if label_first else (first, second)


def _join(chain: _Chain, layer: Layer, branch: Layer | None) -> bool:
    """Append `layer` to the chain if its input is what the chain gives."""
    if not layer.is_conv:
        if chain.on_map or layer.ins != chain.wide:
            return False
        chain.wide = layer.outs
        chain.layers.append(layer)
        return True
    inputs, outputs = layer.part.weight.shape[:2]
    wide, shuffle = chain.wide, False
    if not chain.on_map:
        beside = 1 if branch and not branch.is_conv and chain.layers[0].outs == chain.wide and len(chain.layers) == 1 else 0
        fits = [n for n in (inputs, outputs) if n > beside and _map_side(chain.wide, n - beside)]
        if beside:
            fits = [n for n in fits if _map_side(chain.wide, n - beside) ** 2 == branch.outs]  # type: ignore[union-attr]
        if not fits:
            return False
        # Both readings may cut the vector into maps: that whose norm or bias has the other length, else a transposed one.
        wide = fits[0] if len(fits) == 1 else _fitting(layer, inputs, outputs)
        chain.side = _map_side(chain.wide, wide - beside)
        last = chain.layers[-1]
        chain.layers[-1] = replace(last, norm_on_map=last.norm is not None and last.norm.features != last.outs)
    elif wide not in (inputs, outputs) and wide % 4 == 0 and wide // 4 in (inputs, outputs):
        wide, shuffle = wide // 4, True
    if wide not in (inputs, outputs):
        return False
    if inputs == outputs:
        transposed = True if layer.part.called_transposed and layer.kernel % 2 == 0 else None
    else:
        transposed = wide == inputs
    chain.layers.append(replace(layer, transposed=transposed, shuffle=shuffle))
    chain.wide, chain.on_map = outputs if wide == inputs else inputs, True
    return True


def _fitting(layer: Layer, inputs: int, outputs: int) -> int:
    """Which length goes in where both could: the one that is not that of the bias or the norm."""
    shown = len(layer.part.bias) if layer.part.bias is not None else layer.norm.features if layer.norm else outputs
    return inputs if shown == outputs else outputs
