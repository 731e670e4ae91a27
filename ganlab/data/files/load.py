"""Image files as a data set: single images, pairs, or two domains, in the form that the conditioning asks for."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import torch

from ganlab.core.types import Conditioning
from ganlab.data.dataset import Dataset
from ganlab.data.files.domains import load_domains
from ganlab.data.files.images import load_images
from ganlab.data.files.pairs import load_pairs
from ganlab.data.registry import Loader, Wanted


def load_kind(name: str, place: Path, wanted: Wanted, kind: str, domains: tuple[str, ...]) -> Loader:
    """Load the files at `place`, which are "images", "pairs" or "domains" (then called as `domains` says)."""
    if kind == "images":
        return (yield from load_images(name, place, wanted))
    if kind == "pairs":
        pairs = yield from load_pairs(name, place, wanted)
        return pairs if wanted.conditioning is Conditioning.PAIRED else _sources_alone(pairs)
    both = yield from load_domains(name, place, wanted)
    return both if wanted.conditioning is Conditioning.UNPAIRED else _labelled(both, domains)


def _sources_alone(pairs: Dataset) -> Dataset:
    """The sources of `pairs` as what is to be generated."""
    assert pairs.sources is not None
    return replace(pairs, images=pairs.sources, sources=None)


def _labelled(both: Dataset, domains: tuple[str, ...]) -> Dataset:
    """Domains A (the sources, label 0) and B (label 1) as one set (M + N, C, S, S)."""
    assert both.sources is not None
    labels = torch.arange(2).repeat_interleave(torch.tensor([len(both.sources), len(both.images)]))
    pixels = torch.cat([part.permute(0, 2, 3, 1) for part in (both.sources, both.images)])  # (M + N, S, S, C), as in memory
    return Dataset(both.name, pixels.permute(0, 3, 1, 2), labels, domains)
