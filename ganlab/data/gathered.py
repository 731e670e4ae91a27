"""Images as other programs hold them: tensors, arrays, lists of pictures, data sets and loaders of PyTorch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ganlab.core.errors import DataError

_FITTING = "give a tensor or array (N, C, S, S), a list of pictures, a Dataset, or a data set of PyTorch"


def gathered(images: Any) -> tuple[Tensor, Tensor | None, Sequence[str]]:
    """(pixels, labels or None, names of the classes) of images in any of these forms; DataError, one sentence, for others."""
    images = getattr(images, "dataset", images)  # of a DataLoader
    if isinstance(images, Tensor | np.ndarray):
        return torch.as_tensor(images), None, ()
    if isinstance(images, str | bytes | dict) or not (hasattr(images, "__len__") and hasattr(images, "__getitem__")):
        raise DataError(f"Images of type {type(images).__name__} cannot be taken: {_FITTING}.")
    if not len(images):
        return torch.empty(0), None, ()
    if isinstance(images, tuple) and len(images) == 2 and all(isinstance(one, Tensor | np.ndarray) for one in images):
        return torch.as_tensor(images[0]), torch.as_tensor(images[1]), ()
    items = [images[index] for index in range(len(images))]
    labels = None
    if isinstance(items[0], tuple | list) and len(items[0]) > 1:
        labels, items = [item[1] for item in items], [item[0] for item in items]
    elif isinstance(items[0], tuple) and len(items[0]) == 1:  # of a TensorDataset without labels
        items = [item[0] for item in items]
    return _stacked(items), labels if labels is None else _numbers(labels), tuple(map(str, getattr(images, "classes", ())))


def _stacked(pictures: Sequence[Any]) -> Tensor:
    if isinstance(pictures[0], str | bytes) or hasattr(pictures[0], "__fspath__"):
        raise DataError("A list of paths cannot be taken: put the files into one folder, and give its path.")
    try:
        tensors = [torch.as_tensor(one if isinstance(one, Tensor) else np.array(one)) for one in pictures]
    except (TypeError, ValueError, RuntimeError):  # of no kind of number
        raise DataError(f"The items are of type {type(pictures[0]).__name__}, no pictures: {_FITTING}.") from None
    if len({one.shape for one in tensors}) > 1:
        raise DataError("The pictures differ in size: save them into a folder and give its path, they are then cut to one size.")
    return torch.stack(tensors)


def _numbers(labels: Sequence[Any]) -> Tensor | None:
    """Class numbers; None where what is beside the pictures is none."""
    try:
        return torch.as_tensor([int(label) for label in labels])
    except (TypeError, ValueError):
        return None
