"""The data sets that can be chosen by name, and the one way to load them."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from ganlab.core import plugins
from ganlab.core.errors import DataError, NotFetched
from ganlab.core.events import Loading
from ganlab.core.guesses import explained, guesses, whole
from ganlab.core.progress import Work, finish
from ganlab.core.types import Conditioning
from ganlab.data.download import no_answer
from ganlab.data.paths import data_root

if TYPE_CHECKING:
    from ganlab.data.dataset import Dataset

LOADING_SECONDS = 0.1  # no screen looks more often
_OF_A_PART = ("no_test_part",)  # what is new to those who have read the whole set and look at a few images of another part


@dataclass(frozen=True)
class Availability:
    """What it takes to use a data set now; `megabytes` is the size of a download."""

    state: Literal["ready", "download", "needs folder"]
    megabytes: int = 0


@dataclass(frozen=True)
class Wanted:
    """What a run asks of a data set; `channels` 0 means as the data set has them, `limit` 0 all images."""

    image_size: int
    channels: int
    conditioning: Conditioning
    data_path: str
    split: Literal["train", "test"]
    limit: int = 0


Loader = Generator[Loading, None, "Dataset"]


@guesses({"images labels classes data targets label_names": "load() returns the Dataset that has them"})
@dataclass(frozen=True)
class DataSource:
    """A data set that can be chosen: its facts for a screen, and how to load it.

    `channels`, `image_size` (pixels), `num_images` and `num_classes` are those of the training part as published; 0 is
    unknown before reading, or none. `available` is cheap: it looks for files and imports no torch. `domains` names what
    image-to-image models lead from and to, `published` what to fetch by hand where nothing downloads it. `counted`
    gives the number of images where that depends on the image size or the conditioning. `answers` asks the servers that a run
    would download from whether they answer, which takes seconds where there is no network. `noun` is what the images show, in a
    word that fits behind "real".
    """

    name: str
    title: str
    note: str
    channels: int
    image_size: int
    num_images: int
    num_classes: int
    conditionings: frozenset[Conditioning]
    loader: Callable[[Wanted], Loader]
    available: Callable[[], Availability]
    domains: Mapping[Conditioning, tuple[str, str]] = field(default_factory=dict)
    published: str = ""
    counted: Callable[[int, Conditioning], int] | None = None
    answers: Callable[[], bool] = lambda: True
    noun: str = "images"

    def __repr__(self) -> str:
        return f"<DataSource {self.name}: {self.note}>"

    def check_reach(self, otherwise: str = "choose the data set shapes, which needs no network") -> None:
        """Raise NotFetched, one sentence, where the set would have to be downloaded and no server answers now.

        `otherwise` is what to do instead.
        """
        available = self.available()
        if available.state == "download" and not self.answers():
            raise NotFetched(
                f"{self.title} cannot be downloaded now ({no_answer()}): {otherwise}, or try again later.",
                self.name,
            )

    def count(self, image_size: int, conditioning: Conditioning) -> int:
        """How many images an epoch of training has; 0 where that is unknown before reading."""
        return self.counted(image_size, conditioning) if self.counted else self.num_images

    @explained
    def load(
        self,
        image_size: int = 0,
        *,
        channels: int = 0,
        labels: bool = True,
        data_path: str = "",
        split: Literal["train", "test"] = "train",
        limit: int = 0,
        report: Callable[[Loading], object] | None = None,
    ) -> Dataset:
        """Return the images, at their own size by default, with their labels where they have any; see `ganlab.data.load`."""
        labelled = labels and Conditioning.LABEL in self.conditionings
        conditioning = Conditioning.LABEL if labelled else Conditioning.NONE
        size = image_size or self.image_size
        how = {"channels": channels, "conditioning": conditioning, "data_path": data_path, "split": split, "limit": limit}
        return finish(load(self.name, image_size=size, **how), report)  # type: ignore[arg-type]

    @property
    def absence(self) -> str:
        """What to do where the data set is not here, in one sentence."""
        what = f" ({self.published})" if self.published else ""
        place = data_root() / self.name
        return f"{self.name} is not on this machine: fetch it into {place}{what}, or choose another data set, such as shapes."


DATASETS = plugins.Registry(plugins.DATASETS, DataSource)


def register(source: DataSource) -> None:
    """Make `source` appear in the CLI, the form and the tests."""
    assert source.name not in DATASETS, source.name
    DATASETS[source.name] = source


def admit(source: DataSource) -> None:
    """Raise an error where a screen could not ask whether the set of a package is here."""
    if not isinstance(source.available(), Availability):
        raise ValueError("available() does not return an Availability")


def load(
    name: str,
    *,
    image_size: int,
    channels: int = 0,
    conditioning: Conditioning = Conditioning.NONE,
    data_path: str = "",
    split: Literal["train", "test"] = "train",
    limit: int = 0,
) -> Loader:
    """Yield Loading a few times a second while the data set is fetched and decoded; return the Dataset.

    The last Loading has the remarks about the data, if there are any. `limit` asks for at most so many images of each kind, the
    first ones.

    Raises DataError, one sentence, for a name, conditioning or path that does not fit and for missing data.
    """
    if name not in DATASETS:
        raise DataError(plugins.unknown("dataset", name, plugins.DATASETS, DATASETS))
    source = DATASETS[name]
    if conditioning not in source.conditionings:
        fitting = [other.name for other in DATASETS.values() if conditioning in other.conditionings]
        raise DataError(f"dataset = {name!r} has no {_HAS[conditioning]}; choose one of {', '.join(fitting)}.")
    if channels not in (0, 1, 3) or split not in ("train", "test"):
        raise DataError(f"channels = {channels!r}, split = {split!r}: channels must be 0, 1 or 3, and split train or test.")
    try:
        image_size, limit = whole("image_size", image_size, 1), whole("limit", limit)
    except ValueError as error:
        raise DataError(str(error)) from None
    dataset = yield from _paced(source.loader(Wanted(image_size, channels, conditioning, data_path, split, limit)))
    remarks = [remark for remark in dataset.remarks if not limit or remark.kind in _OF_A_PART]
    if remarks:
        yield Loading("data_read", Path(data_path).name or name, len(dataset.images), len(dataset.images), remarks=tuple(remarks))
    return dataset.first(limit) if limit else dataset


def load_test_part(
    name: str, like: Dataset, conditioning: Conditioning, data_path: str
) -> Generator[Loading, None, Dataset | None]:
    """The test part of the data set of a run, at the size and with the channels of `like`; None where it has none.

    Its remarks are left out: they are not about what is trained on.
    """
    size, channels = like.images.shape[-1], like.images.shape[1]
    how = {"image_size": size, "channels": channels, "conditioning": conditioning, "data_path": data_path, "split": "test"}
    work = Work(load(name, **how))  # type: ignore[arg-type]
    try:
        for event in work:
            yield replace(event, remarks=())
    except DataError:
        return None
    return work.result


_HAS = {
    Conditioning.NONE: "images",
    Conditioning.LABEL: "labels",
    Conditioning.PAIRED: "pairs of images",
    Conditioning.UNPAIRED: "two domains of images",
}


def _paced(loader: Loader) -> Loader:
    """`loader` with fewer messages, so that sources may yield as often as they like; each new piece of work has one."""
    last = 0.0
    piece: tuple[object, ...] = ()
    work = Work(loader)
    for message in work:
        now = time.monotonic()
        if message.work != piece or now - last >= LOADING_SECONDS:
            last, piece = now, message.work
            yield message
    return work.result
