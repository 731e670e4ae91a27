"""What runs and data sets are called on every screen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ganlab.data import DATASETS
from ganlab.training.families import FAMILIES
from ganlab.training.recipes import RECIPES


def what(recipe: str, config: Mapping[str, Any]) -> str:
    """What a run trains: its recipe's title, else family and data, e.g. "DCGAN on MNIST digits"; unknown names as they are."""
    if recipe in RECIPES:
        return RECIPES[recipe].title
    family, dataset = str(config["family"]), str(config["dataset"])
    method = FAMILIES[family].title if family in FAMILIES else family
    return f"{method} on {data_title(dataset)}"


def called(recipe: str, config: Mapping[str, Any]) -> str:
    """The heading of a run: `what` it trains, or the name it was given where that is no recipe's."""
    return recipe if recipe and recipe not in RECIPES else what(recipe, config)


def data_title(name: str) -> str:
    """A data set's title; an unknown name as it is."""
    return DATASETS[name].title if name in DATASETS else name
