"""`celeba`, `facades`, `horse2zebra`: sets that the user fetches by hand and puts into the data folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ganlab.core.errors import DataError
from ganlab.core.types import Conditioning
from ganlab.data.paths import data_root
from ganlab.data.registry import Availability, DataSource, Loader, Wanted
from ganlab.data.sets.folder import Kind, load_files

HORSE_ZEBRA = ("horse", "zebra")


def _by_hand(name: str, kind: Kind, places: tuple[str, ...], **facts: Any) -> DataSource:
    """The source of files of `kind` in the first of `places`, relative to the data folder, that exists."""

    def found() -> Path | None:
        return next((data_root() / place for place in places if (data_root() / place).exists()), None)

    def load(wanted: Wanted) -> Loader:
        place = found()
        if place is None:
            raise DataError(source.absence)
        return (yield from load_files(name, place, wanted, kind, source.domains.get(Conditioning.UNPAIRED, ())))

    def available() -> Availability:
        return Availability("ready" if found() else "needs folder")

    source = DataSource(name=name, loader=load, available=available, channels=3, **facts)
    return source


CELEBA = _by_hand(
    "celeba",
    "images",  # 178 x 218 pixels; cropped square they lose 20 rows above and below
    ("celeba/img_align_celeba", "celeba/img_align_celeba.zip", "celeba-sample"),
    title="CelebA faces",
    noun="faces",
    note="202,599 faces of celebrities, aligned (Liu et al., 2015; for non-commercial research). Fetched by hand, 1.4 GB.",
    image_size=178,
    num_images=202_599,
    num_classes=0,
    conditionings=frozenset({Conditioning.NONE}),
    published="img_align_celeba.zip",
)
FACADES = _by_hand(
    "facades",
    "pairs",  # the photo is the left half: the source, or what an unconditional family generates
    ("facades", "facades.zip"),
    title="Facades",
    noun="house fronts",
    note="400 house fronts (A), each with the map of its parts (B) (CMP; Tylecek and Sara, 2013). Fetched by hand, 30 MB.",
    image_size=256,
    num_images=400,
    num_classes=0,
    conditionings=frozenset({Conditioning.NONE, Conditioning.PAIRED}),
    published="facades.tar.gz of the Pix2Pix data sets, unpacked, or its folders train and test",
    domains={Conditioning.PAIRED: ("photo", "label map")},
)
HORSE2ZEBRA = _by_hand(
    "horse2zebra",
    "domains",
    ("horse2zebra", "horse2zebra.zip"),
    title="Horses and zebras",
    noun="photos",
    note="1,067 photos of horses (A) and 1,334 of zebras (B), from ImageNet (Zhu et al., 2017). Fetched by hand, 110 MB.",
    image_size=256,
    num_images=2_401,
    num_classes=2,
    conditionings=frozenset({Conditioning.NONE, Conditioning.LABEL, Conditioning.UNPAIRED}),
    published="horse2zebra.zip of the CycleGAN data sets, unpacked, or the parquet file of the Hub's huggan/horse2zebra",
    counted=lambda image_size, conditioning: 1_334 if conditioning is Conditioning.UNPAIRED else 2_401,
    domains={Conditioning.UNPAIRED: HORSE_ZEBRA},
)
