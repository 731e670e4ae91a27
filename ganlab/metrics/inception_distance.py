"""FID between two sets of images, from folders or memory: what `ganlab.fid` is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from ganlab.core.events import Loading
from ganlab.core.guesses import explained
from ganlab.core.names import is_there, located, name_of
from ganlab.core.progress import finish
from ganlab.data.dataset import Dataset
from ganlab.metrics.features.image_folder import ImageFolder
from ganlab.metrics.measure import measure, whole
from ganlab.metrics.reference import Reference
from ganlab.metrics.value import Value


@explained
def fid(fake: Any, real: Any, *, device: str = "auto", report: Callable[[Loading], object] | None = None) -> Value:
    """Fréchet Inception Distance (Heusel et al. 2017) of `fake` to `real`, with its error and protocol: lower is better.

    Each is the path of a folder or zip of images, a Dataset, or images in memory as `Dataset.from_tensors` takes them. All images
    count. `report` is handed the progress. ValueError, one sentence, for what cannot be read, for too few images, and where
    Inception's weights are neither here nor can be fetched.
    """
    made, against = _reference(fake), _reference(real)
    (value,) = finish(whole(measure(made.source(), against, ["fid"], n=None, subject=made.name, device=device)), report)
    return value


def _reference(images: Any) -> Reference:
    if isinstance(images, str | Path):
        if not is_there(images):
            raise ValueError(f"There is no folder or zip {name_of(located(images))!r}.")
        return Reference.of_folder(ImageFolder(located(images)))
    data = images if isinstance(images, Dataset) else Dataset.from_tensors(images)
    return Reference.of_dataset(data, "whole")
