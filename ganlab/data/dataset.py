"""A loaded data set, and the endless, seeded, resumable stream of batches drawn from it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b
from typing import Self

import torch
from torch import Tensor

from ganlab.core import Batch, Conditioning, DataSpec
from ganlab.data.registry import DataError

RESIDENT_BYTES = 4 * 2**30  # larger sets stay in their file and stream; smaller ones live on the training device


@dataclass(frozen=True)
class Dataset:
    """Images in memory, or in a mapped file when they are many.

    `images` (N, C, S, S) uint8, what is to be generated; `labels` (N,) int64; `sources` (M, C', S, S) uint8: paired with
    the images one by one (M == N), or the other domain. Colour comes channels last in memory, which convolutions like.
    """

    name: str
    images: Tensor
    labels: Tensor | None = None
    label_names: tuple[str, ...] = ()
    sources: Tensor | None = None

    def spec(self, conditioning: Conditioning) -> DataSpec:
        """What networks conditioned this way must know of this data."""
        _, channels, _, size = self.images.shape
        return DataSpec(size, channels, conditioning, len(self.label_names) if conditioning is Conditioning.LABEL else 0)


class Batches:
    """Batches of `dataset` without end, every one full, ready on `device`.

    The i-th sample drawn is entry i % N of a permutation seeded by (seed, i // N) on the CPU: the same on every device, and
    `position`, the number of samples drawn so far, is the whole state. `flip` mirrors half of the images, a pair alike.
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
        position: int = 0,
    ) -> None:
        _check(dataset, conditioning)
        self.batch_size, self.position = batch_size, position
        self._real = _Images(dataset.images, torch.device(device))
        self._order = _Order(len(dataset.images), seed, "real", self._real, flip)
        self._labels = self._source = self._source_order = None
        if conditioning is Conditioning.LABEL:
            assert dataset.labels is not None
            self._labels = dataset.labels.to(self._real.home)
        elif conditioning in (Conditioning.PAIRED, Conditioning.UNPAIRED):
            assert dataset.sources is not None
            self._source = _Images(dataset.sources, torch.device(device))
            alone = conditioning is Conditioning.UNPAIRED
            self._source_order = _Order(len(dataset.sources), seed, "source" if alone else "real", self._source, flip)

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Batch:
        """The next batch: `real` (B, C, S, S) in [-1, 1] and what the conditioning asks."""
        index, mirrored = self._order.take(self.position, self.batch_size)
        real, condition = self._real.take(index, mirrored), None
        if self._labels is not None:
            condition = self._labels.index_select(0, index).to(real.device, non_blocking=True)
        elif self._source is not None and self._source_order is not None:
            condition = self._source.take(*self._source_order.take(self.position, self.batch_size))
        self.position += self.batch_size
        return Batch(real, condition)


class _Images:
    """uint8 images as rows of bytes, on the device where they fit; `home` is where they lie."""

    def __init__(self, images: Tensor, device: torch.device) -> None:
        self.device = device
        self.home = device if _fits(images.nbytes, device) else torch.device("cpu")
        pixels = images.permute(0, 2, 3, 1)  # (N, S, S, C): how loaded sets lie in memory already
        self._shape = pixels.shape[1:]
        self._rows = pixels.reshape(len(images), -1).to(self.home)

    def take(self, index: Tensor, mirrored: Tensor | None) -> Tensor:
        """(B,) -> floats (B, C, S, S) in [-1, 1] on the device, channels last in memory."""
        rows = self._rows.index_select(0, index)  # several times faster than rows[index]
        if self.home != self.device and self.device.type == "cuda":
            rows = rows.pin_memory()
        pixels = rows.to(self.device, non_blocking=True).view(-1, *self._shape)
        if mirrored is not None:
            pixels = torch.where(mirrored.to(self.device).view(-1, 1, 1, 1), pixels.flip(2), pixels)
        return pixels.to(torch.float32).div_(127.5).sub_(1).permute(0, 3, 1, 2)


class _Order:
    """Which images are drawn, and which of them mirrored: a permutation per epoch, from (seed, stream, epoch) alone."""

    def __init__(self, count: int, seed: int, stream: str, images: _Images, flip: bool) -> None:
        self._count, self._key, self._home, self._flip = count, f"{seed} {stream}", images.home, flip
        self._epoch = -1
        self._permutation = torch.empty(0, dtype=torch.int64)
        self._mirrored: Tensor | None = None

    def take(self, position: int, count: int) -> tuple[Tensor, Tensor | None]:
        """Indices (count,) and, with flips, booleans (count,) of the samples from `position` on."""
        parts = list(self._parts(position, count))
        if len(parts) == 1:
            return parts[0]
        index = torch.cat([part for part, _ in parts])
        return index, torch.cat([mirrored for _, mirrored in parts if mirrored is not None]) if self._flip else None

    def _parts(self, position: int, count: int) -> Iterator[tuple[Tensor, Tensor | None]]:
        end = position + count
        while position < end:
            epoch, start = divmod(position, self._count)
            self._enter(epoch)
            stop = min(self._count, start + end - position)
            yield self._permutation[start:stop], None if self._mirrored is None else self._mirrored[start:stop]
            position += stop - start

    def _enter(self, epoch: int) -> None:
        if epoch == self._epoch:
            return
        digest = blake2b(f"{self._key} {epoch}".encode(), digest_size=8).digest()
        generator = torch.Generator().manual_seed(int.from_bytes(digest, "big") >> 1)
        self._permutation = torch.randperm(self._count, generator=generator).to(self._home)
        if self._flip:
            self._mirrored = (torch.rand(self._count, generator=generator) < 0.5).to(self._home)
        self._epoch = epoch


def _fits(size: int, device: torch.device) -> bool:
    """Whether `size` bytes may live on `device` and leave a GPU at least half of its free memory for the networks."""
    free = torch.cuda.mem_get_info(device)[0] if device.type == "cuda" else 2 * size
    return size <= RESIDENT_BYTES and 2 * size <= free


def _check(dataset: Dataset, conditioning: Conditioning) -> None:
    if not len(dataset.images):
        raise DataError(f"{dataset.name} holds no images.")
    if conditioning is Conditioning.LABEL and dataset.labels is None:
        raise DataError(f"{dataset.name} has no labels: choose a family without them, or sort the images into class folders.")
    if conditioning in (Conditioning.PAIRED, Conditioning.UNPAIRED):
        if dataset.sources is None or not len(dataset.sources):
            raise DataError(f"{dataset.name} was loaded without source images, which {conditioning} training needs.")
        if conditioning is Conditioning.PAIRED and len(dataset.sources) != len(dataset.images):
            raise DataError(f"{dataset.name} has {len(dataset.sources)} sources for {len(dataset.images)} images.")
