"""Data sets by name, and the batches drawn from them. The names that need torch load lazily."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from ganlab.data.paths import data_root
from ganlab.data.registry import DATASETS, Availability, DataSource, Loader, Wanted, admit, load, register
from ganlab.data.sets.by_hand import CELEBA, FACADES, HORSE2ZEBRA
from ganlab.data.sets.folder import FOLDER
from ganlab.data.sets.shapes import SHAPES
from ganlab.data.sets.torchvision_sets import CIFAR10, FASHION_MNIST, MNIST

if TYPE_CHECKING:
    from ganlab.data.batches import Batches
    from ganlab.data.dataset import Dataset

__all__ = [
    "DATASETS",
    "Availability",
    "Batches",
    "DataSource",
    "Dataset",
    "Loader",
    "Wanted",
    "data_root",
    "load",
    "register",
]

for _source in (MNIST, FASHION_MNIST, CIFAR10, CELEBA, FACADES, HORSE2ZEBRA, SHAPES, FOLDER):  # the order of every menu
    register(_source)
DATASETS.open(admit)


def __getattr__(name: str) -> Any:
    if name in ("Batches", "Dataset"):
        module = importlib.import_module(f"ganlab.data.{name.lower()}")  # lazy: both import torch
        return getattr(module, name)
    raise AttributeError(f"module 'ganlab.data' has no attribute {name!r}")
