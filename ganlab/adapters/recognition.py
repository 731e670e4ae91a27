"""Which networks a file's tensors are: whose names they have once wrappers are taken off, one network or several."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from ganlab.adapters import Foreign, residual
from ganlab.adapters.layout import Layout, in_order

LAYOUTS: tuple[Layout, ...] = (*residual.LAYOUTS,)
_STATISTICS = ("running_mean", "running_var", "num_batches_tracked")


def recognise_tensors(tensors: Mapping[str, Tensor], name: str) -> Foreign:
    """See `ganlab.adapters.recognise`."""
    bare = _plain(_unwrapped(tensors))
    for layout in LAYOUTS:
        if foreign := layout.read(bare):
            return foreign
    seen = ", ".join(in_order(tensors)[:4])
    known = "; ".join(layout.title for layout in LAYOUTS)
    raise ValueError(f"{name} has tensors {seen} …, which fit none of the layouts known here: {known}.")


def _unwrapped(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Names without what they all begin with."""
    named = dict(tensors)
    while len({key.partition(".")[0] for key in named}) == 1 and all("." in key for key in named):
        named = {key.partition(".")[2]: tensor for key, tensor in named.items()}
    return named


def _plain(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """float32; statistics that an instance norm without weights once kept are dropped, as it never used them."""
    kept = {}
    for name, tensor in tensors.items():
        module, _, last = name.rpartition(".")
        if last in _STATISTICS and f"{module}.weight" not in tensors:
            continue
        kept[name] = tensor.to(torch.float32) if tensor.is_floating_point() else tensor
    return kept
