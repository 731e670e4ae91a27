"""The networks that read images, by the name of their feature space."""

from __future__ import annotations

from collections.abc import Generator

from ganlab.core.events import Loading
from ganlab.metrics.catalogue import PHOTOS
from ganlab.metrics.features.classifier import ClassifierExtractor
from ganlab.metrics.features.extractor import Extractor
from ganlab.metrics.features.inception import load_column, load_inception
from ganlab.metrics.features.resize import Resize


def open_extractor(space: str, dataset: str, device: str) -> Generator[Loading, None, Extractor]:
    """Load what reads images in `space`: "lenet" is the classifier of `dataset`, "photos" fits images of any kind.

    Yields while weights are downloaded.
    ValueError, one sentence, when its weights cannot be had.
    """
    yield Loading("opening_features", space, unit="networks")
    if space == PHOTOS:
        return ClassifierExtractor.of_photos(device)
    if space == "column":
        return (yield from load_column(device))
    if space in _RESIZES:
        return (yield from load_inception(_RESIZES[space], device))
    return ClassifierExtractor.load(dataset if space == "lenet" else space.removeprefix("lenet-"), device)


_RESIZES: dict[str, Resize] = {"inception": "legacy", "inception-clean": "clean", "inception-tf": "tf"}
