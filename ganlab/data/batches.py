"""The endless, seeded, resumable stream of batches drawn from a data set."""

from __future__ import annotations

import time
from collections.abc import Iterator
from hashlib import blake2b
from typing import NamedTuple, Self

import torch
from torch import Tensor

from ganlab.core.errors import DataError
from ganlab.core.types import Batch, Conditioning
from ganlab.data.cache import RESIDENT_BYTES
from ganlab.data.dataset import Dataset


class Batches:
    """Batches of `dataset` without end, every one full, ready on `device`.

    The i-th sample drawn is entry i % N of a permutation seeded by (seed, i // N) on the CPU: the same on every device, and
    `position`, the number of samples drawn so far, is the whole state. `flip` mirrors half of the images, `crop` cuts a square
    of that side out of each at random; both treat a pair alike.
    """

    def __init__(
        self,
        dataset: Dataset,
        conditioning: Conditioning,
        batch_size: int,
        seed: int,
        device: str | torch.device,
        *,
        flip: bool = False,
        crop: int = 0,
        position: int = 0,
        layout: torch.memory_format = torch.channels_last,
    ) -> None:
        _check(dataset, conditioning)
        assert crop <= dataset.images.shape[-1]
        self.batch_size, self.position, self._layout = batch_size, position, layout
        self.waited = 0.0  # seconds spent waiting for batches
        self._real = _Images(dataset.images, torch.device(device), crop)
        self._order = _Order(self._real, f"{seed} real", flip)
        self._labels = self._source = self._source_order = None
        if conditioning is Conditioning.LABEL:
            assert dataset.labels is not None
            self._labels = dataset.labels.to(self._real.home)
        elif conditioning.between_images:
            assert dataset.sources is not None
            self._source = _Images(dataset.sources, torch.device(device), crop)
            alone = conditioning is Conditioning.UNPAIRED
            self._source_order = _Order(self._source, f"{seed} source" if alone else f"{seed} real", flip)

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Batch:
        """The next batch: `real` (B, C, S, S) in [-1, 1] and what the conditioning asks."""
        began = time.perf_counter()
        draw = self._order.take(self.position, self.batch_size)
        real, condition = self._real.take(draw), None
        if self._labels is not None:
            condition = self._labels.index_select(0, draw.which).to(real.device, non_blocking=True)
        elif self._source is not None and self._source_order is not None:
            condition = self._source.take(self._source_order.take(self.position, self.batch_size))
        self.position += self.batch_size
        batch = Batch(*(self._laid_out(part) for part in (real, condition)))  # type: ignore[arg-type]
        self.waited += time.perf_counter() - began
        return batch

    def _laid_out(self, part: Tensor | None) -> Tensor | None:
        return part if part is None or part.ndim < 4 else part.contiguous(memory_format=self._layout)


class _Draw(NamedTuple):
    """Which images (B,), which of them mirrored (B,), and the left and upper edges (B, 2) of what is cut out of them."""

    which: Tensor
    mirrored: Tensor | None
    corners: Tensor | None


class _Images:
    """uint8 images as rows of bytes, on the device where they fit; `home` is where they lie."""

    def __init__(self, images: Tensor, device: torch.device, crop: int = 0) -> None:
        self.device, self.crop = device, crop
        self.home = device if _fits(images.nbytes, device) else torch.device("cpu")
        pixels = images.permute(0, 2, 3, 1)  # (N, S, S, C): how loaded sets lie in memory already
        self.count, self._shape = len(images), pixels.shape[1:]
        self.side = int(self._shape[0])
        self._rows = pixels.reshape(len(images), -1).to(self.home)

    def take(self, draw: _Draw) -> Tensor:
        """-> floats (B, C, S, S) in [-1, 1] on the device."""
        rows = self._rows.index_select(0, draw.which)  # several times faster than rows[index]
        if self.home != self.device and self.device.type == "cuda":
            rows = rows.pin_memory()
        pixels = rows.to(self.device, non_blocking=True).view(-1, *self._shape)
        if draw.corners is not None:
            pixels = self._cut(pixels, draw.corners.to(self.device))
        if draw.mirrored is not None:
            pixels = torch.where(draw.mirrored.to(self.device).view(-1, 1, 1, 1), pixels.flip(2), pixels)
        return pixels.to(torch.float32).div_(127.5).sub_(1).permute(0, 3, 1, 2)

    def _cut(self, pixels: Tensor, corners: Tensor) -> Tensor:
        """(B, S, S, C) -> (B, crop, crop, C) by one gather, whatever the corners."""
        reach = torch.arange(self.crop, device=self.device)
        x, y = (corners[:, axis, None] + reach for axis in (0, 1))
        batch = torch.arange(len(pixels), device=self.device)[:, None, None]
        return pixels[batch, y[:, :, None], x[:, None, :]]


class _Order:
    """What is drawn when: a permutation per epoch, with its flips and crops, from (key, epoch) alone."""

    def __init__(self, images: _Images, key: str, flip: bool) -> None:
        self._images, self._key, self._flip = images, key, flip
        self._epoch = -1
        self._drawn = _Draw(torch.empty(0, dtype=torch.int64), None, None)

    def take(self, position: int, count: int) -> _Draw:
        """The `count` samples from `position` on."""
        parts = list(self._parts(position, count))
        if len(parts) == 1:
            return parts[0]
        columns = zip(*parts, strict=True)
        return _Draw(*(None if column[0] is None else torch.cat(column) for column in columns))  # type: ignore[arg-type]

    def _parts(self, position: int, count: int) -> Iterator[_Draw]:
        end = position + count
        while position < end:
            epoch, start = divmod(position, self._images.count)
            self._enter(epoch)
            stop = min(self._images.count, start + end - position)
            yield _Draw(*(None if part is None else part[start:stop] for part in self._drawn))  # type: ignore[arg-type]
            position += stop - start

    def _enter(self, epoch: int) -> None:
        if epoch == self._epoch:
            return
        digest = blake2b(f"{self._key} {epoch}".encode(), digest_size=8).digest()
        generator = torch.Generator().manual_seed(int.from_bytes(digest, "big") >> 1)
        count, home = self._images.count, self._images.home
        index = torch.randperm(count, generator=generator).to(home)
        mirrored = (torch.rand(count, generator=generator) < 0.5).to(home) if self._flip else None
        corners = None
        if self._images.crop:
            room = self._images.side - self._images.crop + 1
            corners = torch.randint(room, (count, 2), generator=generator).to(home)
        self._drawn, self._epoch = _Draw(index, mirrored, corners), epoch


def _fits(size: int, device: torch.device) -> bool:
    """Whether `size` bytes may live on `device` and leave a GPU at least half of its free memory for the networks."""
    free = torch.cuda.mem_get_info(device)[0] if device.type == "cuda" else 2 * size
    return size <= RESIDENT_BYTES and 2 * size <= free


def _check(dataset: Dataset, conditioning: Conditioning) -> None:
    if not len(dataset.images):
        raise DataError(f"{dataset.name} holds no images.")
    if conditioning is Conditioning.LABEL and dataset.labels is None:
        raise DataError(f"{dataset.name} has no labels: choose a family without them, or sort the images into class folders.")
    if conditioning.between_images:
        if dataset.sources is None or not len(dataset.sources):
            raise DataError(f"{dataset.name} was loaded without source images, which {conditioning} training needs.")
        if conditioning is Conditioning.PAIRED and len(dataset.sources) != len(dataset.images):
            raise DataError(f"{dataset.name} has {len(dataset.sources)} sources for {len(dataset.images)} images.")
