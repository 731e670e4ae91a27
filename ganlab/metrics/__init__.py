"""Metrics: features, distances, and values that know how they were measured. The names load lazily: they import torch."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ganlab.metrics.catalogue import METRICS
    from ganlab.metrics.inception_distance import fid
    from ganlab.metrics.value import Value

__all__ = ["METRICS", "Value", "fid"]

_HOMES = {"METRICS": "catalogue", "Value": "value", "fid": "inception_distance"}


def __dir__() -> list[str]:
    return sorted([*__all__, *(name for name in globals() if name.startswith("__"))])


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'ganlab.metrics' has no attribute {name!r}")
    return getattr(importlib.import_module(f"ganlab.metrics.{_HOMES[name]}"), name)
