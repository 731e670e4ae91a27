"""One file per family; every module in this package is imported, so a new file is a new family."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from ganlab.core import plugins
from ganlab.core.config import TrainConfig
from ganlab.training.families.base import FAMILIES, admit

for _module in sorted(module.name for module in pkgutil.iter_modules(__path__)):
    importlib.import_module(f"{__name__}.{_module}")

# The order of menus: the oldest first, and what needs no labels before what does.
for _family in sorted(FAMILIES.values(), key=lambda family: (family.year, family.conditioning != "none", family.name)):
    FAMILIES[_family.name] = FAMILIES.pop(_family.name)
    _family.config.of_family()
FAMILIES.open(admit)

__all__ = ["FAMILIES", "load_config"]


def load_config(values: Mapping[str, Any], packages: Mapping[str, str] = MappingProxyType({})) -> TrainConfig:
    """A config from plain values (config.json, a form): the family's defaults with `values` on top, checked.

    `packages` names those that it needs, as `plugins.origins` does; ValueError where that of its family is not installed.
    """
    plugins.require({name: package for name, package in packages.items() if name == "family"})
    return TrainConfig.of(**{"family": "dcgan", **values})
