"""`folder`: any folder or zip of images; the folders inside become labels, domains or pairs."""

from __future__ import annotations

from pathlib import Path

from ganlab.core.errors import DataError
from ganlab.core.types import Conditioning
from ganlab.data.registry import Availability, DataSource, Loader, Wanted


def _load(wanted: Wanted) -> Loader:
    if not wanted.data_path.strip():
        raise DataError("data_path is empty: name the folder or zip of images to learn.")
    from ganlab.data.files.decode import load_images
    from ganlab.data.files.domains import load_domains
    from ganlab.data.files.pairs import load_pairs

    loaders = {Conditioning.PAIRED: load_pairs, Conditioning.UNPAIRED: load_domains}
    loader = loaders.get(wanted.conditioning, load_images)
    return (yield from loader("folder", Path(wanted.data_path.strip()).expanduser(), wanted))


FOLDER = DataSource(
    name="folder",
    title="Your own images",
    note="Any folder or zip of images (JPEG, PNG, WEBP, BMP, GIF, TIFF), cropped square.",
    channels=0,
    image_size=0,
    num_images=0,
    num_classes=0,
    conditionings=frozenset(Conditioning),
    load=_load,
    available=lambda: Availability("needs folder"),
)
