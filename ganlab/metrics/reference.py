"""Real images to measure against: where they come from, and their statistics, computed once and kept by content."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from ganlab.core.events import Loading
from ganlab.core.names import name_of
from ganlab.data import DATASETS
from ganlab.data.cache import entry, keep_file
from ganlab.data.dataset import Dataset
from ganlab.metrics.features.extractor import Extractor, Images, Source, portions
from ganlab.metrics.features.image_folder import ImageFolder
from ganlab.metrics.set_statistics import Statistics
from ganlab.metrics.statistics.tensor_tree import TensorFile

_FORMAT = 2  # of what is kept; part of its name
_BATCH = 500
_LARGE = 2**27  # bytes; smaller files are read at once, which is faster


@dataclass(frozen=True)
class Reference:
    """`count` real images: what they are (`name`: data set, part, size), `dataset` chooses the classifier.

    `source` gives them from the start each time it is called; `digest` is that of their content, `labels` their classes' names.
    """

    name: str
    dataset: str
    count: int
    digest: str
    source: Callable[[], Source]
    labels: tuple[str, ...] = ()

    @classmethod
    def of_dataset(cls, data: Dataset, part: str) -> Reference:
        """Loaded images, `part` of their data set: "train", "test", "train, first half"."""
        digest = data.digest()
        which = data.name if data.name in DATASETS else f"{data.name} {digest[:8]}"  # many folders have one name
        name = f"{which} {part}, {data.images.shape[-1]} px"
        return cls(name, data.name, len(data.images), digest, lambda: dataset_source(data), tuple(data.label_names))

    @classmethod
    def of_folder(cls, folder: ImageFolder, part: str = "") -> Reference:
        """The image files of a folder or zip, each at its own size, or a `part` of them; DataError when there are none.

        The first digits of the digest are part of the name: many folders are called test.
        """
        digest, dataset = folder.digest(), name_of(folder.path)
        return cls(f"{dataset}{part and ', '}{part} {digest[:8]}", dataset, folder.count, digest, lambda: folder)


def dataset_source(data: Dataset) -> Iterator[Images]:
    """The images of a data set in order, with their labels where it has them."""
    for start in range(0, len(data.images), _BATCH):
        part = slice(start, start + _BATCH)
        yield Images(data.images[part], None if data.labels is None else data.labels[part])


def reference_statistics(reference: Reference, extractor: Extractor) -> Generator[Loading, None, Statistics]:
    """What is known of the reference under this extractor: from the disk, or computed now and kept there."""
    path = _path(reference, extractor)
    kept = _recall(path)
    if kept is not None:
        return kept
    made: Statistics | None = None
    done = 0
    for images in portions(reference.source(), extractor.batch_size):
        yield Loading("reading_reference", reference.name, done, reference.count, names=(extractor.name,))
        features = extractor(images.pixels)
        made = made or Statistics.empty(extractor.dims, features.logits.shape[1], 0, extractor.device)
        made.add(features, images.labels)
        done += len(images.pixels)
    if made is None:
        raise ValueError(f"{reference.name} holds no images.")
    _keep(made, path)
    return _recall(path) or made  # what is on the disk need not be in memory


def halves(data: Dataset, seed: int = 0) -> tuple[Dataset, Dataset]:
    """Two disjoint random halves: what two perfect generators would look like."""
    order = torch.randperm(len(data.images), generator=torch.Generator().manual_seed(seed))
    first, second = (some.sort().values for some in order.tensor_split(2))
    return chosen(data, first), chosen(data, second)


def chosen(data: Dataset, which: Tensor) -> Dataset:
    """The images `which` (n,) of a data set, with their labels."""
    return Dataset(data.name, data.images[which], None if data.labels is None else data.labels[which], data.label_names)


def _path(reference: Reference, extractor: Extractor) -> Path:
    facts = ("statistics", _FORMAT, reference.digest, extractor.name, extractor.sha, extractor.resize)
    return entry(*facts).with_suffix(".safetensors")


def _recall(path: Path) -> Statistics | None:
    """What was kept; None when there is nothing of use."""
    try:
        return Statistics.from_state(TensorFile(path) if path.stat().st_size > _LARGE else load_file(path))
    except (OSError, SafetensorError, KeyError, IndexError):
        return None


def _keep(statistics: Statistics, path: Path) -> None:
    tensors = {name: tensor.cpu().contiguous() for name, tensor in statistics.state().items()}
    with suppress(SafetensorError):  # it hides the operating system's errors
        keep_file(path, lambda partial: save_file(tensors, partial))
