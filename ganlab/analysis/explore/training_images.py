"""The images that a model was trained on, where they are on this machine; nothing is ever downloaded for them."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from typing import Any

from ganlab.core.events import Loading
from ganlab.core.types import Conditioning
from ganlab.data import DATASETS, Dataset, load
from ganlab.data.sets.folder import is_here
from ganlab.training.families.base import FAMILIES


def absence(config: Mapping[str, Any]) -> str:
    """Why the training images of a model with this config are missing, in one sentence; empty when they are here."""
    name, data_path = str(config.get("dataset", "")), str(config.get("data_path", ""))
    if name not in DATASETS:
        return f"There is no data set named {name!r}, which this model was trained on."
    if name == "folder":
        return "" if is_here(data_path) else "The folder of images that this model was trained on is not on this machine."
    if DATASETS[name].available().state == "ready":
        return ""
    title = DATASETS[name].title
    return (
        f"{title}, which this model was trained on, is not on this machine: train any run on {name}, or fetch it, then try again."
    )


def training_images(config: Mapping[str, Any], channels: int) -> Generator[Loading, None, Dataset]:
    """Load them at the model's own size and `channels`; yields while it reads. ValueError, one sentence, where they are not."""
    if why := absence(config):
        raise ValueError(why)
    family = FAMILIES.get(str(config.get("family")))
    conditioning = family.conditioning if family else Conditioning.NONE
    return (
        yield from load(
            str(config["dataset"]),
            image_size=int(config["image_size"]),
            channels=channels,
            conditioning=conditioning,
            data_path=str(config.get("data_path", "")),
        )
    )
