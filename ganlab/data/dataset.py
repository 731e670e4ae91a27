"""A loaded data set: images in memory or in a mapped file, with their labels or source images."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import Any, NoReturn

import torch
from torch import Tensor

from ganlab.core.errors import DataError
from ganlab.core.guesses import guesses
from ganlab.core.names import shown
from ganlab.core.remarks import Remark
from ganlab.core.types import Conditioning, DataSpec
from ganlab.data.gathered import gathered

_PORTION = 500  # images


_OPENED = "Dataset.from_tensors(images, labels) takes images in memory, ganlab.DATASETS[name].load() reads a set by its name"
_MEANT = {
    "from_folder from_path from_files from_dir load open": f"ganlab.train(path) takes a folder as it is, {_OPENED}",
    "from_arrays from_numpy from_array from_images from_tensor from_torch from_list": _OPENED,
    "classes class_names": "label_names names the classes",
    "targets y": "labels has the class numbers",
    "data x to_tensor tensor numpy to_numpy": "images has the pixels (N, C, S, S)",
}


@guesses(_MEANT)
@dataclass(frozen=True, repr=False)
class Dataset:
    """Images in memory, or in a mapped file when they are many.

    `images` (N, C, S, S) uint8, what is to be generated; `labels` (N,) int64; `sources` (M, C', S, S) uint8: paired with
    the images one by one (M == N), or the other domain. Colour comes channels last in memory, which convolutions like.
    `domains` names what the sources and the images show where their folders or columns do; `remarks` are about the files.
    Names are kept as `ganlab.core.names.shown` gives them, whatever they were made from.
    """

    name: str
    images: Tensor = None  # type: ignore[assignment]  # refused below, in a sentence
    labels: Tensor | None = None
    label_names: tuple[str, ...] = ()
    sources: Tensor | None = None
    domains: tuple[str, ...] = ()
    remarks: tuple[Remark, ...] = ()

    def __post_init__(self) -> None:
        if not isinstance(self.images, Tensor):
            raise DataError(f"{_OPENED}.")
        object.__setattr__(self, "label_names", tuple(map(shown, self.label_names)))
        object.__setattr__(self, "domains", tuple(map(shown, self.domains)))

    @classmethod
    def from_tensors(cls, images: Any, labels: Any = None, *, label_names: Sequence[str] = (), name: str = "") -> Dataset:
        """Images of a program's own, as a tensor or array: (N, C, S, S), (N, S, S, C) or grey (N, S, S).

        Also what can be counted and indexed: a list of pictures of one size, or a data set of PyTorch, whose items are pictures
        or begin with a picture and its label. Bytes 0 to 255, or floats in [0, 1], or in [-1, 1] where any is below 0. `labels`
        (N,) number the classes from 0. Without a `name` it is "own" with the first digits of the content's digest. DataError,
        one sentence, for what does not fit.
        """
        pixels, own_labels, own_names = gathered(images)
        pixels, labels, names = (
            _bytes(_channels_first(pixels)),
            own_labels if labels is None else labels,
            label_names or own_names,
        )
        numbers = None if labels is None else _class_numbers(labels, len(pixels), len(names))
        names = tuple(names)
        if numbers is not None and not names:
            names = tuple(map(str, range(int(numbers.max()) + 1)))
        made = cls(name, pixels, numbers, names)
        return made if name else replace(made, name=f"own-{made.digest()[:8]}")

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: object) -> NoReturn:
        raise DataError(f"A Dataset is not indexed itself: images[{index!r}] has pixels, labels[{index!r}] their classes.")

    def __repr__(self) -> str:
        count, channels, _, side = self.images.shape
        classes = f", {len(self.label_names)} classes" if self.labels is not None else ""
        return f"<Dataset {self.name}: {count:,} images, {side} px, {'grey' if channels == 1 else 'colour'}{classes}>"

    def digest(self) -> str:
        """A hash of the pixels, whatever their order in memory, and of the labels."""
        made = blake2b(repr(tuple(self.images.shape)).encode(), digest_size=16)
        for images in self.images.split(_PORTION):
            made.update(images.permute(0, 2, 3, 1).contiguous().numpy().tobytes())
        if self.labels is not None:
            made.update(self.labels.contiguous().numpy().tobytes())
        return made.hexdigest()

    def spec(self, conditioning: Conditioning) -> DataSpec:
        """What networks conditioned this way must know of this data."""
        _, channels, _, size = self.images.shape
        return DataSpec(size, channels, conditioning, len(self.label_names) if conditioning is Conditioning.LABEL else 0)

    def first(self, count: int) -> Dataset:
        """The first `count` images of each kind."""
        labels, sources = (None if part is None else part[:count] for part in (self.labels, self.sources))
        return replace(self, images=self.images[:count], labels=labels, sources=sources)


def _channels_first(images: Tensor) -> Tensor:
    """(N, C, S, S) of any of the layouts that `Dataset.from_tensors` takes."""
    if images.ndim == 3:
        images = images.unsqueeze(1)
    if images.ndim == 4 and images.shape[1] not in (1, 3) and images.shape[3] in (1, 3):
        images = images.permute(0, 3, 1, 2)
    count, channels, height, width = images.shape if images.ndim == 4 else (0, 0, 0, 0)
    if not count or channels not in (1, 3) or height != width:
        raise DataError(f"The images have shape {tuple(images.shape)}: give (N, C, S, S), square, with C 1 (grey) or 3 (colour).")
    return images


def _bytes(images: Tensor) -> Tensor:
    """Pixels of any of the ranges that `Dataset.from_tensors` takes, as uint8."""
    if images.dtype == torch.uint8:
        return images.cpu()
    if images.dtype == torch.bool:
        return images.byte().mul(255).cpu()
    low, high = (float(bound) for bound in images.aminmax())
    if images.is_floating_point():
        if not (low >= -1 and high <= 1):  # NaN fails as well
            raise DataError(f"The images hold {low:g} to {high:g}: give floats in [0, 1] or [-1, 1], or uint8.")
        scaled = images.float() if low >= 0 else (images.float() + 1) / 2
        return (scaled * 255).round().byte().cpu()
    if low < 0 or high > 255:
        raise DataError(f"The images hold {low:g} to {high:g}: whole numbers must be 0 to 255.")
    return images.byte().cpu()


def _class_numbers(given: Any, count: int, classes: int) -> Tensor:
    """The labels (N,) as int64, checked."""
    try:
        labels = torch.as_tensor(given)
    except (TypeError, ValueError, RuntimeError):  # of names, say
        raise DataError("The labels are no numbers: number the classes from 0, and name them with label_names.") from None
    if labels.shape != (count,) or labels.is_floating_point():
        raise DataError(f"The labels are {tuple(labels.shape)} numbers of {labels.dtype}: give one whole number for each image.")
    if labels.min() < 0 or (classes and labels.max() >= classes):
        last = f" to {classes - 1}" if classes else ""
        raise DataError(f"The labels are {int(labels.min())} to {int(labels.max())}: number the classes from 0{last}.")
    return labels.long().cpu()
