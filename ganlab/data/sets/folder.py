"""`folder`: any folder or zip of images; the folders inside become labels, domains or pairs."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from ganlab.core.errors import DataError
from ganlab.core.image_formats import FORMATS
from ganlab.core.names import located
from ganlab.core.types import Conditioning
from ganlab.data.files.collect import holds_images, image_files
from ganlab.data.files.parquet import tables_at
from ganlab.data.registry import Availability, DataSource, Loader, Wanted

Kind = Literal["images", "pairs", "domains"]
_KINDS: dict[Conditioning, Kind] = {Conditioning.PAIRED: "pairs", Conditioning.UNPAIRED: "domains"}


def load_files(name: str, place: Path, wanted: Wanted, kind: Kind, domains: tuple[str, ...] = ()) -> Loader:
    """Load the image files at `place` as the data set `name`.

    Pairs that are not wanted as pairs give their sources alone; `domains` not wanted apart give one set, labelled by domain.
    """
    from ganlab.data.files import load  # noqa: PLC0415  (decoding needs torch, which the list of data sets must not load)

    return (yield from load.load_kind(name, place, wanted, kind, domains))


def place_of(data_path: str) -> Path:
    """The folder or zip that the setting names; DataError where it is empty."""
    if not data_path.strip():
        raise DataError("data_path is empty: name the folder or zip of images to learn.")
    return located(data_path.strip())


def check_place(data_path: str) -> None:
    """Raise DataError where there is no folder, zip or parquet file, or no image file in it; no image is decoded."""
    place = place_of(data_path)
    if not (place.is_dir() and holds_images(place)) and not tables_at(place):
        with image_files(place):  # which has the sentence
            return


def _load(wanted: Wanted) -> Loader:
    kind = _KINDS.get(wanted.conditioning, "images")
    return (yield from load_files("folder", place_of(wanted.data_path), wanted, kind))


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
