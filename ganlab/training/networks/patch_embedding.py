"""CUT's third network, F, and what it is for: a patch should be found again at its own place (Park et al. 2020, section 3)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from ganlab.training.objectives import full_precision


class PatchEmbedding(nn.Module):
    """Features of a generator's layers at some places -> vectors (B, P, width) of length 1, by two dense layers for each."""

    def __init__(self, widths: Sequence[int], width: int) -> None:
        super().__init__()
        self.layers = nn.ModuleList(
            nn.Sequential(nn.Linear(before, width), nn.ReLU(), nn.Linear(width, width)) for before in widths
        )
        for layer in self.modules():
            if isinstance(layer, nn.Linear):
                nn.init.xavier_normal_(layer.weight, gain=0.02)
                nn.init.zeros_(layer.bias)

    def forward(self, features: Sequence[Tensor], places: Sequence[Tensor]) -> list[Tensor]:
        """`features` are maps (B, F, h, w), one per layer; `places` are indices (P,) into the h * w patches of each."""
        found = []
        for layer, maps, chosen in zip(self.layers, features, places, strict=True):
            patches = maps.flatten(2)[:, :, chosen].transpose(1, 2)  # (B, F, h, w) -> (B, P, F)
            vectors = layer(patches)
            found.append(vectors / (vectors.norm(dim=2, keepdim=True) + 1e-7))
        return found


def patch_nce(queries: Tensor, keys: Tensor, temperature: float) -> Tensor:
    """Mean cross-entropy of finding, for each of the patches `queries` (B, P, F), its own among the P `keys` of the same image.

    Both have length 1 along F. ln P where all patches look alike; the keys have no gradient (van den Oord et al. 2018).
    """
    with torch.autocast(queries.device.type, enabled=False):  # bf16 has too few bits to tell patches apart
        similar = full_precision(queries) @ full_precision(keys).detach().transpose(1, 2) / temperature  # (B, P, P)
    own = torch.arange(similar.shape[1], device=similar.device).expand(len(similar), -1)  # (B, P): the diagonal
    return cross_entropy(similar.flatten(0, 1), own.flatten())
