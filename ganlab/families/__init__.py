"""One file per family; every module in this package is imported, so a new file is a new family."""

from __future__ import annotations

import importlib
import pkgutil

from ganlab.family import FAMILIES

for _module in sorted(module.name for module in pkgutil.iter_modules(__path__)):
    importlib.import_module(f"{__name__}.{_module}")

__all__ = ["FAMILIES"]
