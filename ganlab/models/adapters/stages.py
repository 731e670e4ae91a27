"""A translator, as far as names and shapes tell it: the way from picture to picture, its skips, blocks and possible strides."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product

from ganlab.models.adapters.layout import PICTURES, Misfit
from ganlab.models.adapters.sketch import Layer, normed
from ganlab.models.adapters.structure import Kind, Part

RESIDUAL = re.compile(r"res", re.I)  # what names of residual blocks have
_MAX_LAYERS = 64
# Strides and paddings by kernel, the usual one first: of plain convolutions, and of transposed ones (with output padding).
_PLAIN = {1: ((1, 0),), 3: ((2, 1), (1, 1)), 4: ((2, 1),), 5: ((2, 2), (1, 2)), 7: ((1, 3),), 9: ((1, 4),)}
_TRANSPOSED = {
    2: ((2, 0, 0),),
    3: ((2, 1, 1), (1, 1, 0)),
    4: ((2, 1, 0),),
    5: ((2, 2, 1), (1, 2, 0)),
    6: ((2, 2, 0),),
    7: ((1, 3, 0),),
}


@dataclass(frozen=True)
class Stage:
    """One convolution on the way: `skip` is the place of the layer whose output comes beside its input; `block` its block."""

    layer: Layer
    skip: int | None = None
    block: int | None = None


def chain(order: Sequence[Part]) -> list[Stage] | Misfit:
    """The chain from picture to picture, or the first tensor that does not fit."""
    other = next((place for place, part in enumerate(order) if part.kind not in (Kind.CONV, Kind.NORM, Kind.SLOPE)), None)
    if other is not None or not order:
        return Misfit(other or 0, order[other or 0].first_tensor if order else "")
    layers = normed(order)
    if isinstance(layers, Misfit):
        return layers
    wide, stages = layers[0].part.weight.shape[1], list[Stage]()
    if wide not in PICTURES or len(layers) > _MAX_LAYERS:
        return Misfit(0, layers[0].part.first_tensor)
    free: list[int] = []  # the places of outputs that may be put beside a later input
    for place, layer in enumerate(layers):
        beside = [(stages[index].layer.outs, index) for index in reversed(free) if index != place - 1]
        stage = _joined(layer, wide, beside)
        if stage is None:
            return Misfit(place, layer.part.first_tensor)
        if stage.skip is not None:
            free = [index for index in free if index < stage.skip]
        elif not stage.layer.transposed:
            free.append(place)
        stages.append(stage)
        wide = stage.layer.outs
    last = stages[-1].layer
    grown = any(stage.layer.transposed or stage.skip is not None for stage in stages) or last.outs < last.ins
    return (
        _in_blocks(stages) if wide in PICTURES and len(stages) > 2 and grown else Misfit(len(layers) - 1, last.part.first_tensor)
    )


def _joined(layer: Layer, wide: int, earlier: list[tuple[int, int]]) -> Stage | None:
    """The layer as a stage if it takes `wide` channels, or these and those of an earlier output; None if it takes neither."""
    first, second = layer.part.weight.shape[:2]
    for beside, skip in ((0, None), *earlier):
        fits = [transposed for transposed in (False, True) if (first if transposed else second) == wide + beside]
        if len(fits) == 2:
            fits = [layer.part.called_transposed and layer.kernel % 2 == 0]
        for transposed in fits:
            found = replace(layer, transposed=transposed)
            norm = layer.norm is None or layer.norm.features == found.outs
            if norm and (layer.part.bias is None or len(layer.part.bias) == found.outs):
                return Stage(found, skip)
    return None


def _in_blocks(stages: list[Stage]) -> list[Stage]:
    """Number the residual blocks: square convolutions of one parent, one or two to a block."""
    square = [
        place
        for place, stage in enumerate(stages)
        if stage.layer.ins == stage.layer.outs and stage.layer.kernel == 3 and not stage.layer.transposed and stage.skip is None
    ]
    named = [place for place in square if stages[place].layer.part.says(RESIDUAL)]
    places = named or [place for place in square if place + 1 in square or place - 1 in square]
    for depth in (4, 3, 2, 1):
        keys = [".".join(stages[place].layer.part.name.split(".")[:-depth]) for place in places]
        sizes = {keys.count(key) for key in keys}
        if all(keys) and len(sizes) == 1 and sizes <= ({1, 2} if named else {2}):
            blocks = list(dict.fromkeys(keys))
            for place, key in zip(places, keys, strict=True):
                stages[place] = replace(stages[place], block=blocks.index(key))
            return stages
    if named:  # flat names: "resblock1_conv1", or one convolution to a block
        for place in named:
            stages[place] = replace(stages[place], block=named.index(place) // (2 if len(named) % 2 == 0 else 1))
    return stages


Strides = tuple[tuple[int, int, int], ...]


def possible_strides(stages: Sequence[Stage]) -> list[Strides]:
    """(stride, padding, output padding) of every stage, the likeliest first, such that a picture keeps its size.

    A stride below zero is an upsampling by two before a plain convolution.
    """
    middle = max(place for place, stage in enumerate(stages) if stage.layer.outs == max(one.layer.outs for one in stages))
    choices: list[list[tuple[int, int, int]]] = []
    for place, stage in enumerate(stages):
        kernel = stage.layer.kernel
        if stage.layer.transposed:
            choices.append(list(_TRANSPOSED.get(kernel, ())))
        elif stage.block is not None or stage.layer.ins == stage.layer.outs:
            choices.append([(1, kernel // 2, 0)] if kernel % 2 else [(2, kernel // 2 - 1, 0)])
        elif place > middle:
            choices.append([(-2, kernel // 2, 0), (1, kernel // 2, 0)] if kernel % 2 else [])
        else:
            choices.append([(stride, padding, 0) for stride, padding in _PLAIN.get(kernel, ())])
    total = 1
    for options in choices:
        total *= max(1, len(options))
    if total > 5000:
        return []
    found = [strides for strides in product(*choices) if _keeps_size(stages, strides)]
    return found[:6]


def _keeps_size(stages: Sequence[Stage], strides: Strides) -> bool:
    """Whether a picture comes out as large as it went in, and skips meet maps of their size."""
    side, sides = 256, list[int]()
    for stage, (stride, padding, extra) in zip(stages, strides, strict=True):
        kernel = stage.layer.kernel
        if stage.skip is not None and sides[stage.skip] != side:
            return False
        if stage.layer.transposed:
            side = (side - 1) * stride - 2 * padding + kernel + extra
        else:
            side = ((2 * side if stride < 0 else side) + 2 * padding - kernel) // abs(1 if stride < 0 else stride) + 1
        if side < 1:
            return False
        sides.append(side)
    return side == 256 and min(sides) < 256


def written(strides: Strides) -> str:
    """ "2p1 2p1 1p1 2p1o1 u1p1": stride and padding of each convolution, u for an upsampling before it."""
    return " ".join(f"{'u1' if s < 0 else s}p{p}" + (f"o{extra}" if extra else "") for s, p, extra in strides)
