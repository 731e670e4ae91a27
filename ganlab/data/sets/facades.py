"""`facades`: photos of houses side by side with their label maps, from where the user has put them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from ganlab.core.errors import DataError
from ganlab.core.types import Conditioning
from ganlab.data.paths import data_root
from ganlab.data.registry import Availability, DataSource, Loader, Wanted

PLACES = ("facades", "facades.zip")


def _place() -> Path | None:
    return next((data_root() / place for place in PLACES if (data_root() / place).exists()), None)


def _load(wanted: Wanted) -> Loader:
    """Domain A, the sources, is the left half: the photo. Alone, photos are what is generated."""
    place = _place()
    if place is None:
        raise DataError(FACADES.absence)
    from ganlab.data.files.pairs import load_pairs

    pairs = yield from load_pairs("facades", place, wanted)
    if wanted.conditioning is Conditioning.PAIRED:
        return pairs
    assert pairs.sources is not None
    return replace(pairs, images=pairs.sources, sources=None)


FACADES = DataSource(
    name="facades",
    title="Facades",
    note="400 house fronts (A), each with the map of its parts (B) (CMP; Tylecek and Sara, 2013). Fetched by hand, 30 MB.",
    channels=3,
    image_size=256,
    num_images=400,
    num_classes=0,
    conditionings=frozenset({Conditioning.NONE, Conditioning.PAIRED}),
    load=_load,
    available=lambda: Availability("ready" if _place() else "needs folder"),
    published="facades.tar.gz of the Pix2Pix data sets, unpacked, or its folders train and test",
    domains={Conditioning.PAIRED: ("photo", "label map")},
)
