"""`mnist`, `fashion-mnist` and `cifar10`: read by torchvision where they lie on disk, downloaded by the run itself otherwise."""

from __future__ import annotations

import gzip
import shutil
import tarfile
import uuid
from collections.abc import Callable, Generator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from ganlab.core.errors import DataError
from ganlab.core.events import Loading
from ganlab.core.files import disk_problem
from ganlab.core.types import Conditioning
from ganlab.data.download import answers, download, matches
from ganlab.data.paths import cache_root, data_root, download_root
from ganlab.data.registry import Availability, DataSource, Loader, Wanted
from ganlab.data.torchvision_import import load_torchvision

Fetch = Callable[["Published", Any, Path], Generator[Loading, None, None]]


@dataclass(frozen=True)
class Published:
    """A set that torchvision reads: the `files` that must lie in `folder` under a root, and how they are fetched."""

    name: str
    torchvision_class: str
    folder: str
    files: tuple[str, ...]
    megabytes: int
    fetch: Fetch

    def root(self) -> Path | None:
        """The root under which all files lie; None when they lie nowhere."""
        for root in (data_root(), cache_root()):
            if all((root / self.folder / file).is_file() for file in self.files):
                return root
        return None

    def available(self) -> Availability:
        """Ready, or how big the download is."""
        return Availability("ready") if self.root() else Availability("download", self.megabytes)

    @property
    def advice(self) -> str:
        """What to do when it cannot be downloaded."""
        return f"put its files into {self.folder} in the data folder or choose the data set 'shapes', which needs no network"


def _load(published: Published, wanted: Wanted) -> Loader:
    import torch  # noqa: PLC0415  (slow to import)

    from ganlab.data import dataset, resize  # noqa: PLC0415  (both need PyTorch)

    reader = _reader(published)
    yield Loading("reading", published.name)
    root = published.root()
    if root is None:
        root = download_root()
        yield from published.fetch(published, reader, root)
    try:
        data = reader(str(root), train=wanted.split == "train", download=False)
    except (RuntimeError, ValueError, AssertionError, EOFError, OSError) as error:
        place = root / published.folder
        raise DataError(f"The files of {published.name} in {place} are damaged; delete that folder and start again.") from error
    pixels = torch.as_tensor(data.data)
    images = pixels.unsqueeze(1) if pixels.ndim == 3 else pixels.permute(0, 3, 1, 2)  # (N, C, H, H), channels last in memory
    images = yield from resize.resize(
        images, wanted.image_size, wanted.channels or images.shape[1], f"{published.name} {wanted.split}"
    )
    names = tuple(name.split(" - ")[0] for name in data.classes)  # MNIST's are "0 - zero"
    return dataset.Dataset(published.name, images, torch.as_tensor(data.targets), names)


def _reader(published: Published) -> Any:
    """torchvision's class for the set."""
    try:
        return getattr(load_torchvision().datasets, published.torchvision_class)
    except ImportError as error:
        message = f"{published.name} is read with torchvision, which is missing: install it, or choose 'shapes' or 'folder'."
        raise DataError(message) from error


def _answers(published: Published) -> bool:
    """Whether a server has the first of its files, now."""
    reader = _reader(published)
    first = [mirror + reader.resources[0][0] for mirror in reader.mirrors] if hasattr(reader, "mirrors") else [reader.url]
    return answers(first)


def _fetch_gzips(published: Published, reader: Any, root: Path) -> Generator[Loading, None, None]:
    """The four files of an MNIST, each packed by itself."""
    for name, md5 in reader.resources:
        packed = root / published.folder / name
        if not packed.with_suffix("").is_file():
            yield from download([mirror + name for mirror in reader.mirrors], packed, md5, published.advice, published.name)
            with gzip.open(packed) as source:
                _write(source, packed.with_suffix(""), published)


def _fetch_tar(published: Published, reader: Any, root: Path) -> Generator[Loading, None, None]:
    """CIFAR's one archive; only the files with known checksums are taken from it, for torchvision unpickles them."""
    archive = root / reader.filename
    yield from download([reader.url], archive, reader.tgz_md5, published.advice, published.name)
    known = dict([*reader.train_list, *reader.test_list, (reader.meta["filename"], reader.meta["md5"])])
    with tarfile.open(archive) as members:
        for done, (name, md5) in enumerate(known.items()):
            yield Loading("unpacking", published.name, done, len(known), "files")
            path = root / published.folder / name
            if not matches(path, md5):
                _write(members.extractfile(f"{published.folder}/{name}"), path, published)


def _write(source: Any, path: Path, published: Published) -> None:
    """Copy to `path` in one piece: no process ever sees half of it."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f"{path.name}.{uuid.uuid4().hex}.partial")
        try:
            with part.open("wb") as target:
                shutil.copyfileobj(source, target)
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        raise DataError(f"{published.name} cannot be unpacked to {path.parent} ({disk_problem(error)}).") from error


def _source(
    published: Published, title: str, noun: str, note: str, channels: int, image_size: int, num_images: int
) -> DataSource:
    return DataSource(
        name=published.name,
        title=title,
        noun=noun,
        note=note,
        channels=channels,
        image_size=image_size,
        num_images=num_images,
        num_classes=10,
        conditionings=frozenset({Conditioning.NONE, Conditioning.LABEL}),
        loader=partial(_load, published),
        available=published.available,
        answers=partial(_answers, published),
    )


_IDX = tuple(f"{part}-{kind}" for part in ("train", "t10k") for kind in ("images-idx3-ubyte", "labels-idx1-ubyte"))
_CIFAR = (*(f"data_batch_{i}" for i in range(1, 6)), "test_batch", "batches.meta")

MNIST = _source(
    Published("mnist", "MNIST", "MNIST/raw", _IDX, 12, _fetch_gzips),
    "MNIST digits",
    "digits",
    "Handwritten digits, 60,000 to train on (LeCun et al., 1998; CC BY-SA 3.0).",
    channels=1,
    image_size=28,
    num_images=60_000,
)
FASHION_MNIST = _source(
    Published("fashion-mnist", "FashionMNIST", "FashionMNIST/raw", _IDX, 31, _fetch_gzips),
    "Fashion-MNIST",
    "clothes",
    "Clothes in ten classes, 60,000 to train on (Zalando, 2017; MIT).",
    channels=1,
    image_size=28,
    num_images=60_000,
)
CIFAR10 = _source(
    Published("cifar10", "CIFAR10", "cifar-10-batches-py", _CIFAR, 170, _fetch_tar),
    "CIFAR-10",
    "photos",
    "Small colour photos in ten classes, 50,000 to train on (Krizhevsky, 2009).",
    channels=3,
    image_size=32,
    num_images=50_000,
)
