"""Images that a program holds in memory, as a data set that a config of the same process can name."""

from __future__ import annotations

from ganlab.core.errors import DataError
from ganlab.core.types import Conditioning
from ganlab.data.dataset import Dataset
from ganlab.data.registry import DATASETS, Availability, DataSource, Loader, Wanted, register
from ganlab.data.resize import resize

_OWN: dict[str, Dataset] = {}


def named(dataset: Dataset) -> str:
    """Let `TrainConfig.dataset` name these images in this process; return the name. DataError where others have that name."""
    if dataset.name not in DATASETS:
        register(_source(dataset))
        _OWN[dataset.name] = dataset
    elif (known := _OWN.get(dataset.name)) is None or known.digest() != dataset.digest():
        raise DataError(
            f"There is another data set named {dataset.name!r}: give yours another name, as in "
            f"dataclasses.replace(data, name='my-{dataset.name}')."
        )
    return dataset.name


def holds(name: str) -> bool:
    """Whether a data set's name means images in the memory of this process."""
    return name in _OWN


def _source(dataset: Dataset) -> DataSource:
    def load(wanted: Wanted) -> Loader:
        if wanted.split == "test":
            raise DataError(f"{dataset.name} has no test part.")
        facts = f"{dataset.name} {dataset.digest()}"
        images = yield from resize(dataset.images, wanted.image_size, wanted.channels or dataset.images.shape[1], facts)
        return Dataset(dataset.name, images, dataset.labels, dataset.label_names)

    conditionings = {Conditioning.NONE} | ({Conditioning.LABEL} if dataset.labels is not None else set())
    count, channels, _, side = dataset.images.shape
    note = "images in the memory of this process"
    classes = len(dataset.label_names)
    available = lambda: Availability("ready")  # noqa: E731
    return DataSource(dataset.name, dataset.name, note, channels, side, count, classes, frozenset(conditionings), load, available)
