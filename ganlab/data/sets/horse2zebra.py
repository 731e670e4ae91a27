"""`horse2zebra`: photos of horses and photos of zebras, from where the user has put them."""

from __future__ import annotations

from pathlib import Path

from ganlab.core.errors import DataError
from ganlab.core.types import Conditioning
from ganlab.data.paths import data_root
from ganlab.data.registry import Availability, DataSource, Loader, Wanted

PLACES = ("horse2zebra", "horse2zebra.zip")
NAMES = ("horse", "zebra")


def _place() -> Path | None:
    return next((data_root() / place for place in PLACES if (data_root() / place).exists()), None)


def _load(wanted: Wanted) -> Loader:
    """Domain A, the sources, is the horses. Without two domains both are images, labelled by which they are."""
    place = _place()
    if place is None:
        raise DataError(HORSE2ZEBRA.absence)
    import torch

    from ganlab.data.dataset import Dataset
    from ganlab.data.files.domains import load_domains

    both = yield from load_domains("horse2zebra", place, wanted)
    if wanted.conditioning is Conditioning.UNPAIRED:
        return both
    assert both.sources is not None
    labels = torch.arange(2).repeat_interleave(torch.tensor([len(both.sources), len(both.images)]))
    pixels = torch.cat([part.permute(0, 2, 3, 1) for part in (both.sources, both.images)])
    return Dataset("horse2zebra", pixels.permute(0, 3, 1, 2), labels, NAMES)


HORSE2ZEBRA = DataSource(
    name="horse2zebra",
    title="Horses and zebras",
    note="1,067 photos of horses (A) and 1,334 of zebras (B), from ImageNet (Zhu et al., 2017). Fetched by hand, 110 MB.",
    channels=3,
    image_size=256,
    num_images=2_401,
    num_classes=2,
    conditionings=frozenset({Conditioning.NONE, Conditioning.LABEL, Conditioning.UNPAIRED}),
    load=_load,
    available=lambda: Availability("ready" if _place() else "needs folder"),
    published="horse2zebra.zip of the CycleGAN data sets, unpacked, or the parquet file of the Hub's huggan/horse2zebra",
    counted=lambda image_size, conditioning: 1_334 if conditioning is Conditioning.UNPAIRED else 2_401,
    domains={Conditioning.UNPAIRED: NAMES},
)
