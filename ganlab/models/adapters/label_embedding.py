"""Generators that put a learned vector for the label beside z: any of those that draw, and one more tensor `label_emb`."""

from __future__ import annotations

import re
from dataclasses import replace

import torch
from torch import Tensor, nn

from ganlab.core.types import Conditioning
from ganlab.models.adapters import mlp, transposed, upsampled
from ganlab.models.adapters.foreign import Foreign
from ganlab.models.adapters.layout import Drawing, Layout, Tensors

_EMBEDDING = re.compile(r"(?:label_?|class_?)?emb(?:ed|edding)?s?\.weight")
_DRAWING = (mlp, transposed, upsampled)


def read(tensors: Tensors) -> Foreign | None:
    """Names "label_emb.weight" (classes, E) beside those of a generator whose z has E numbers more."""
    found = [name for name, tensor in tensors.items() if _EMBEDDING.fullmatch(name) and tensor.ndim == 2]
    if len(found) != 1:
        return None
    embedding = tensors[found[0]].to(torch.float32)
    rest = {name: tensor for name, tensor in tensors.items() if name != found[0]}
    foreign = next((plain for plain in (layout.read(_bare(rest)) for layout in _DRAWING) if plain), None)
    classes, width = embedding.shape
    if not foreign or not 0 < width < foreign.z_dim or foreign.spec.num_classes or not 1 < classes <= 1000:
        return None
    network = foreign.generators["G"]
    assert isinstance(network, Drawing)
    first = next(layer for layer in network.modules() if isinstance(layer, nn.Linear | nn.ConvTranspose2d))
    columns = first.weight.detach() if isinstance(first, nn.ConvTranspose2d) else first.weight.detach().T
    columns = _one_hot(columns, embedding)
    first.weight = nn.Parameter((columns if isinstance(first, nn.ConvTranspose2d) else columns.T).contiguous())
    network.num_classes = classes
    for layer in network.modules():
        if isinstance(layer, nn.Unflatten) and layer.unflattened_size[1:] == (1, 1):
            layer.unflattened_size = (len(columns), 1, 1)
    spec = replace(foreign.spec, conditioning=Conditioning.LABEL, num_classes=classes)
    return replace(
        foreign,
        layout=f"{foreign.layout}, label embedding",
        spec=spec,
        z_dim=foreign.z_dim - width,
        labels=tuple(map(str, range(classes))),
    )


def _bare(tensors: Tensors) -> Tensors:
    """Without the one name ("model.") that all begin with."""
    starts = {name.partition(".")[0] for name in tensors}
    return {name.partition(".")[2]: tensor for name, tensor in tensors.items()} if len(starts) == 1 else tensors


def _one_hot(columns: Tensor, embedding: Tensor) -> Tensor:
    """First weights (E + z_dim, …) of [z, vector] or [vector, z] -> those (z_dim + classes, …) of [z, one-hot label].

    No name shows which of the two comes first; a trained generator depends more on the label than on any part of z.
    """
    width = embedding.shape[1]
    loudness = columns.flatten(1).norm(dim=1)
    label_first = loudness[:width].mean() > loudness[-width:].mean()
    label, z = (columns[:width], columns[width:]) if label_first else (columns[-width:], columns[:-width])
    return torch.cat([z, (embedding @ label.flatten(1)).unflatten(1, label.shape[1:])])


LAYOUT = Layout("these with a label_emb", read)
