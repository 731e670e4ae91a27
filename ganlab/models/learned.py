"""The images that a checkpoint was trained on, cut and scaled as they were for that: what it is held against by itself."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import torch
from torch import Tensor

from ganlab.core import plugins
from ganlab.core.errors import DataError
from ganlab.core.events import Loading
from ganlab.core.images import to_uint8
from ganlab.core.names import is_there, located, name_of
from ganlab.core.types import Conditioning
from ganlab.data import DATASETS, Dataset, Loader, load
from ganlab.data.hub.address import is_uri
from ganlab.data.sets.folder import FOLDER
from ganlab.metrics.features.extractor import Images
from ganlab.metrics.floors import comparable
from ganlab.metrics.reference import Reference
from ganlab.models.pipeline import Pipeline
from ganlab.runtime import checkpoint

Split = Literal["train", "test"]
FAKES = 10_000
_TRANSLATED = 1_000  # at most, where no number is asked for: a translation takes a CPU long
_BATCH = 8


@dataclass(frozen=True)
class Learned:
    """`data`, the part to compare with, and the `other` part where there is one; `names` are what they are of their data set.

    For image to image both hold what is to be made, with what it is made of as their `sources`.
    """

    data: Dataset
    other: Dataset | None
    names: tuple[Split, Split]

    @property
    def _from(self) -> Tensor | None:
        """What a translator starts from: images that it has not learned, where there are any."""
        return self.data.sources if self.other is None else self.other.sources

    def against(self, n: int | None) -> tuple[Reference, int]:
        """What to hold fakes against and how many of them: `n`, or as many as real images can be read beside them."""
        sources = self._from
        most = FAKES if sources is None else min(_TRANSLATED, len(sources))
        if n is None:
            return comparable(self.data, self.other, most, self.names[0])
        return Reference.of_dataset(self.data, self.names[0]), n if sources is None else min(n, len(sources))

    def translated(self, pipeline: Pipeline, n: int) -> Iterator[Images]:
        """`n` sources led over, in the usual direction."""
        assert self._from is not None
        for sources in self._from[:n].split(_BATCH):
            with torch.inference_mode():
                made = pipeline.route()(sources.to(pipeline.device).float().div(127.5).sub(1))
            yield Images(to_uint8(made.float()).cpu())


def parts_of(load_part: Callable[[Split], Loader], split: Split) -> Generator[Loading, None, Learned]:
    """The `split` part of a data set and, where it can be had, the other one."""
    names: tuple[Split, Split] = ("train", "test") if split == "train" else ("test", "train")
    data = yield from load_part(names[0])
    try:
        other = yield from load_part(names[1])
    except DataError:  # it has no such part
        other = None
    if other is not None and any(remark.kind == "no_test_part" for remark in other.remarks):
        other = None
    return Learned(data, other, names)


def as_trained(place: Path, pipeline: Pipeline, split: Split) -> Loader:
    """A part of what the checkpoint at `place` learned; ValueError where that is not on record, or not there any more."""
    if place.is_file():
        otherwise = "translate a folder with it first, then evaluate that folder" if pipeline.translates else "name a reference"
        raise ValueError(f"{place.name} does not say what it was trained on: {otherwise}.")
    info = checkpoint.read_info(place)
    config, spec = info.config, pipeline.spec
    name, direction = str(config["dataset"]), config.get("direction", "AtoB")
    plugins.require(info.packages)
    if name not in DATASETS:
        raise ValueError(
            f"{name!r}, which it was trained on, is no data set here: name a reference. Images in memory are known only to the "
            "program that trained with them, where ganlab.evaluate measures."
        )
    if name != FOLDER.name and not spec.conditioning.between_images:
        return (yield from of_data_set(name, split, image_size=spec.image_size, channels=spec.channels))
    path = str(config.get("data_path", ""))
    if name == FOLDER.name and not (is_uri(path) or is_there(path)):
        raise ValueError(f"The images that it was trained on are not at {path} any more: name another reference.")
    wanted = {"image_size": spec.image_size, "channels": spec.channels, "conditioning": spec.conditioning, "split": split}
    data = yield from load(name, data_path=path, **wanted)  # type: ignore[arg-type]
    data = replace(data, name=name_of(located(path))) if name == FOLDER.name else data
    turned = direction == "BtoA" and data.sources is not None
    return replace(data, images=data.sources, sources=data.images) if turned else data  # type: ignore[arg-type]


def of_data_set(name: str, split: Split, *, image_size: int = 0, channels: int = 0) -> Loader:
    """With its labels where it has any: label accuracy and distances within classes need them. 0 is as the set has it."""
    source = DATASETS[name]
    conditioning = Conditioning.LABEL if Conditioning.LABEL in source.conditionings else Conditioning.NONE
    size = image_size or source.image_size
    return (yield from load(name, image_size=size, channels=channels, conditioning=conditioning, split=split))
