"""The U-Net of Pix2Pix's own code (junyanz), whose levels are modules nested in each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from ganlab.core.types import Conditioning
from ganlab.models.adapters.foreign import Foreign
from ganlab.models.adapters.layout import Layout, Tensors, pour, shape, translator, without_statistics
from ganlab.training.networks.layers import Norm
from ganlab.training.networks.unet import UNetGenerator

_MAX_DEPTH = 10  # 1024 pixels


def _levels(tensors: Tensors) -> list[str]:
    """What the names of each level begin with: "", "1.model.", "1.model.3.model." …"""
    prefixes = [""]
    while len(prefixes) <= _MAX_DEPTH:
        inside = f"{prefixes[-1]}{3 if len(prefixes) > 1 else 1}.model."
        if f"{inside}1.weight" not in tensors:
            return prefixes
        prefixes.append(inside)
    return []


def read(tensors: Tensors, _assume: Mapping[str, str]) -> Foreign | None:
    """Names "0.weight" (outermost), "1.model.1.weight", "1.model.3.model.1.weight" …"""
    given, tensors = tensors, without_statistics(tensors)
    prefixes = _levels(tensors)
    depth = len(prefixes)
    first, last = shape(tensors, "0.weight", 4), shape(tensors, "3.weight", 4)
    if depth < 5 or not first or not last:
        return None
    # The places of [down, its norm, up, its norm] in a level; the innermost has no level in the middle.
    outer, middle, inner = (("0",), ("3",)), (("1", "2"), ("5", "6")), (("1",), ("3", "4"))
    places = [outer, *[middle] * (depth - 2), inner]
    names = [
        f"{prefix}{place}.{kind}"
        for way in (0, 1)
        for prefix, level in zip(prefixes, places, strict=True)
        for place in level[way]
        for kind in ("weight", "bias")
    ]
    used = [name for name in names if name in tensors]
    if len(used) != sum(not name.endswith(".num_batches_tracked") for name in tensors):
        return None
    norm = Norm.INSTANCE if "1.model.1.bias" in tensors else Norm.BATCH
    network = pour(lambda: UNetGenerator(first[1], last[1], first[0], norm, depth), tensors, used)
    if network is None:
        return None
    foreign = translator(f"junyanz U-Net, {2**depth} pixels", network, (first[1], last[1]), 2**depth, Conditioning.PAIRED)
    return replace(foreign, unused=tuple(name for name in given if name not in tensors))


LAYOUT = Layout("the nested U-Net (junyanz)", read)
