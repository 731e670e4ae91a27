"""The nouns everyone shares: what a batch holds and what a data set is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor


class Conditioning(StrEnum):
    """What conditions G and D: decides which data sets fit, which widget asks and what `Batch.condition` holds."""

    NONE = "none"
    LABEL = "label"
    PAIRED = "paired"
    UNPAIRED = "unpaired"

    @property
    def between_images(self) -> bool:
        """Whether G turns an image into an image, rather than drawing one from z."""
        return self in (Conditioning.PAIRED, Conditioning.UNPAIRED)


_ALLOWED = {"image_size": range(1, 4097), "channels": range(1, 5), "num_classes": range(100_001)}


@dataclass(frozen=True)
class Batch:
    """One batch of training data.

    `real` (B, C, H, W) in [-1, 1]; `condition` is None, labels (B,) int64, or images (B, C', H, W) in [-1, 1].
    """

    real: Tensor
    condition: Tensor | None = None


@dataclass(frozen=True)
class DataSpec:
    """What a network must know of a data set: `image_size` in pixels, `channels` 1 or 3, what it can condition on."""

    image_size: int
    channels: int
    conditioning: Conditioning = Conditioning.NONE
    num_classes: int = 0

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> DataSpec:
        """From config.json's plain values; TypeError or ValueError when they are not a spec's."""
        conditioning = values.get("conditioning", Conditioning.NONE)
        if conditioning not in list(Conditioning):
            raise ValueError(f"conditioning = {conditioning!r} is not one of {', '.join(Conditioning)}.")
        spec = cls(**{**values, "conditioning": Conditioning(conditioning)})
        for name, allowed in _ALLOWED.items():
            if not isinstance(value := getattr(spec, name), int) or value not in allowed:
                raise ValueError(f"{name} = {value!r} is not that of images.")
        return spec
