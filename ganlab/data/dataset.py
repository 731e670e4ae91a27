"""A loaded data set: images in memory or in a mapped file, with their labels or source images."""

from __future__ import annotations

from dataclasses import dataclass, replace

from torch import Tensor

from ganlab.core.names import shown
from ganlab.core.remarks import Remark
from ganlab.core.types import Conditioning, DataSpec


@dataclass(frozen=True)
class Dataset:
    """Images in memory, or in a mapped file when they are many.

    `images` (N, C, S, S) uint8, what is to be generated; `labels` (N,) int64; `sources` (M, C', S, S) uint8: paired with
    the images one by one (M == N), or the other domain. Colour comes channels last in memory, which convolutions like.
    `domains` names what the sources and the images show where their folders or columns do; `remarks` are about the files.
    Names are kept as `ganlab.core.names.shown` gives them, whatever they were made from.
    """

    name: str
    images: Tensor
    labels: Tensor | None = None
    label_names: tuple[str, ...] = ()
    sources: Tensor | None = None
    domains: tuple[str, ...] = ()
    remarks: tuple[Remark, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "label_names", tuple(map(shown, self.label_names)))
        object.__setattr__(self, "domains", tuple(map(shown, self.domains)))

    def spec(self, conditioning: Conditioning) -> DataSpec:
        """What networks conditioned this way must know of this data."""
        _, channels, _, size = self.images.shape
        return DataSpec(size, channels, conditioning, len(self.label_names) if conditioning is Conditioning.LABEL else 0)

    def first(self, count: int) -> Dataset:
        """The first `count` images of each kind."""
        labels, sources = (None if part is None else part[:count] for part in (self.labels, self.sources))
        return replace(self, images=self.images[:count], labels=labels, sources=sources)
