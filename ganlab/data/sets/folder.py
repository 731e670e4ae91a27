"""`folder`: any folder or zip of images, or a data set of the Hub; the folders inside become labels, domains or pairs."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import Literal

from ganlab.core import plugins
from ganlab.core.errors import DataError
from ganlab.core.events import Loading
from ganlab.core.image_formats import FORMATS
from ganlab.core.names import is_there, located
from ganlab.core.other_names import perhaps
from ganlab.core.types import Conditioning
from ganlab.data.files.collect import holds_images, image_files
from ganlab.data.files.parquet import tables_at
from ganlab.data.hub import datasets
from ganlab.data.hub.address import dataset_uri, is_uri
from ganlab.data.inspection import Inspection, inspect
from ganlab.data.registry import DATASETS, Availability, DataSource, Loader, Wanted

Kind = Literal["images", "pairs", "domains"]
_KINDS: dict[Conditioning, Kind] = {Conditioning.PAIRED: "pairs", Conditioning.UNPAIRED: "domains"}


def load_files(name: str, place: Path, wanted: Wanted, kind: Kind, domains: tuple[str, ...] = ()) -> Loader:
    """Load the image files at `place` as the data set `name`.

    Pairs that are not wanted as pairs give their sources alone; `domains` not wanted apart give one set, labelled by domain.
    """
    from ganlab.data.files import load  # noqa: PLC0415  (decoding needs torch, which the list of data sets must not load)

    return (yield from load.load_kind(name, place, wanted, kind, domains))


def place(data_path: str) -> Generator[Loading, None, Path]:
    """Where the images lie that the setting names; a data set of the Hub is fetched first. DataError, HubError."""
    return (yield from datasets.fetching(data_path)) if is_uri(data_path) else place_of(data_path)


def look(data_path: str) -> Generator[Loading, None, Inspection]:
    """Look at the pictures that the setting names; those of the Hub are fetched first."""
    return (yield from inspect((yield from place(data_path))))


def place_of(data_path: str) -> Path:
    """The folder or zip that the setting names; DataError where it is empty."""
    if not data_path.strip():
        raise DataError("data_path is empty: name the folder or zip of images to learn.")
    return located(data_path.strip())


def is_here(data_path: str) -> bool:
    """Whether there is something where the setting points; of a data set of the Hub, whether all of it is on this machine."""
    text = data_path.strip()
    return datasets.here(text) is not None if is_uri(text) else bool(text) and is_there(text)


def check_place(data_path: str, *, reach: bool = True) -> None:
    """Raise DataError where there is no folder, zip or parquet file, or no image file in it; no image is decoded.

    Of a data set of the Hub that is not here, the Hub is asked, unless not to `reach` it; HubError where it has none.
    """
    if is_uri(data_path):
        if datasets.here(data_path) is None and reach:
            datasets.offered(data_path)
        return
    found = place_of(data_path)
    if not (found.is_dir() and holds_images(found)) and not tables_at(found):
        with image_files(found):  # which has the sentence
            return


def _load(wanted: Wanted) -> Loader:
    kind = _KINDS.get(wanted.conditioning, "images")
    return (yield from load_files("folder", (yield from place(wanted.data_path)), wanted, kind))


FOLDER = DataSource(
    name="folder",
    title="Your own images",
    note=f"Any folder or zip of images ({', '.join(FORMATS)}), cropped square.",
    channels=0,
    image_size=0,
    num_images=0,
    num_classes=0,
    conditionings=frozenset(Conditioning),
    loader=_load,
    available=lambda: Availability("needs folder"),
)


def dataset_setting(text: str) -> dict[str, str]:
    """The settings for a data set's name, the path of a folder or zip, or a data set of the Hub; ValueError otherwise."""
    if text in DATASETS:
        return {"dataset": text}
    if is_there(text):
        return {"dataset": FOLDER.name, "data_path": text}
    if uri := dataset_uri(text):
        return {"dataset": FOLDER.name, "data_path": uri}
    raise ValueError(
        f"dataset = {text!r} is neither one of {', '.join(DATASETS)} nor a folder or zip that exists."
        f"{plugins.hint(plugins.DATASETS, text) or perhaps(text, DATASETS)}"
    )
