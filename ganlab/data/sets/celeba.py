"""`celeba`: aligned faces, from where the user has put them."""

from __future__ import annotations

from pathlib import Path

from ganlab.core.errors import DataError
from ganlab.core.types import Conditioning
from ganlab.data.paths import data_root
from ganlab.data.registry import Availability, DataSource, Loader, Wanted

PLACES = ("celeba/img_align_celeba", "celeba/img_align_celeba.zip", "celeba-sample")


def _place() -> Path | None:
    return next((data_root() / place for place in PLACES if (data_root() / place).exists()), None)


def _load(wanted: Wanted) -> Loader:
    place = _place()
    if place is None:
        raise DataError(f"celeba cannot be downloaded by itself: put its img_align_celeba.zip into {data_root() / 'celeba'}.")
    from ganlab.data.files.decode import load_images

    return (yield from load_images("celeba", place, wanted))  # its 178 x 218 pictures lose 20 rows above and below


CELEBA = DataSource(
    name="celeba",
    title="CelebA faces",
    note="202,599 faces of celebrities, aligned (Liu et al., 2015; for non-commercial research). Fetched by hand, 1.4 GB.",
    channels=3,
    image_size=178,
    num_images=202_599,
    num_classes=0,
    conditionings=frozenset({Conditioning.NONE}),
    load=_load,
    available=lambda: Availability("ready" if _place() else "needs folder"),
)
