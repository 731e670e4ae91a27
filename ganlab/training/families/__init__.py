"""One file per family; every module in this package is imported, so a new file is a new family."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from typing import Any

from ganlab.core.config import TrainConfig
from ganlab.training.families.base import FAMILIES

for _module in sorted(module.name for module in pkgutil.iter_modules(__path__)):
    importlib.import_module(f"{__name__}.{_module}")

# The order of menus: the oldest first, and what needs no labels before what does.
for _family in sorted(FAMILIES.values(), key=lambda family: (family.year, family.conditioning != "none", family.name)):
    FAMILIES[_family.name] = FAMILIES.pop(_family.name)
    _family.config.of_family()

__all__ = ["FAMILIES", "load_config"]


def load_config(values: Mapping[str, Any]) -> TrainConfig:
    """A config from plain values (config.json, a form): the family's defaults with `values` on top, checked."""
    return TrainConfig.of(**{"family": "dcgan", **values})
