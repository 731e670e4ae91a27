"""The one place that imports torchvision.

Its wheel is built for CUDA; beside a CPU-only torch its compiled part cannot load, and the import fails because two operators
have no schema. Declaring them lets everything in Python work: data sets, transforms, Inception. Its own image decoders and
box operators stay out of reach, and nothing here needs them.
"""

from __future__ import annotations

import functools
import importlib
from types import ModuleType
from typing import Any

_schemas: Any = None  # the declarations live as long as this object


@functools.cache
def load_torchvision() -> ModuleType:
    """The torchvision package; ImportError, in one sentence, where it is not installed."""
    try:
        return importlib.import_module("torchvision")
    except ModuleNotFoundError as error:
        if error.name != "torchvision":
            raise
        raise ImportError("torchvision is not installed: run 'pip install torchvision'.") from None
    except RuntimeError as error:
        if "torchvision::nms" not in str(error):
            raise
    _declare_operators()
    return importlib.import_module("torchvision")


def _declare_operators() -> None:
    global _schemas
    from torch import library  # noqa: PLC0415  (slow to import)

    _schemas = library.Library("torchvision", "FRAGMENT")
    for name in ("nms", "qnms"):
        _schemas.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
