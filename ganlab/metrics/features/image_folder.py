"""Folders and zips of image files to be measured as they are: every image at its own size, as the files hold it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from hashlib import blake2b
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ganlab.core.deep_pixels import Scale
from ganlab.core.errors import DataError
from ganlab.core.images import ImageError, decode
from ganlab.core.remarks import Remark, joined
from ganlab.core.text import byte_size
from ganlab.data.files.collect import MAX_FILE_BYTES, ImageFile, image_files
from ganlab.data.files.levels import scale_of

_BATCH = 64
_BYTES = 2**26  # held at once, where images are large


class ImageFolder:
    """The images below `path`, in the order of their names: all, or only the `places` in that order; iterate as often as wanted.

    Nothing is cropped or resized: that is the extractor's part. Unlike in pytorch-fid, photos are turned as their EXIF says and
    transparency lies on white. DataError, one sentence, when there are none or one is damaged: leaving it out silently would
    measure something else.
    """

    def __init__(self, path: Path, places: Sequence[int] | None = None) -> None:
        self.path, self._places = path, places

    def __iter__(self) -> Iterator[Tensor]:
        """Batches (B, 3, H, W) uint8 of neighbours of one size."""
        waiting: list[Tensor] = []
        with self._files() as files:
            for file in files:
                image = self._read(file)
                full = len(waiting) == _BATCH or (len(waiting) + 1) * image.numel() > _BYTES
                if waiting and (full or image.shape != waiting[0].shape):
                    yield torch.stack(waiting)
                    waiting = []
                waiting.append(image)
        yield torch.stack(waiting)

    @cached_property
    def count(self) -> int:
        """How many image files there are."""
        with self._files() as files:
            return len(files)

    @cached_property
    def remarks(self) -> tuple[Remark, ...]:
        """What looks like a picture and is not measured, and how deep levels become 8 bits."""
        with image_files(self.path) as found:
            return joined((*found.remarks, *self._levels[1]), len(found.files))

    @cached_property
    def _levels(self) -> tuple[Scale, list[Remark]]:
        """The one scale of the whole folder, also for a part of it."""
        with image_files(self.path) as found:
            return scale_of(found.files)

    def some(self, count: int, seed: int) -> ImageFolder:
        """`count` images at random; this whole folder where it has no more. The first by name would be those of one class."""
        return self if count >= self.count else ImageFolder(self.path, sorted(self._shuffled(seed)[:count]))

    def halves(self, seed: int = 0) -> tuple[ImageFolder, ImageFolder]:
        """Two disjoint random halves: what two perfect generators would look like."""
        order = self._shuffled(seed)
        middle = (len(order) + 1) // 2
        return ImageFolder(self.path, sorted(order[:middle])), ImageFolder(self.path, sorted(order[middle:]))

    def digest(self) -> str:
        """Of the names and bytes of all files, and of the scale of deep levels where they have one of their own."""
        made = blake2b(repr(self._levels[0]).encode() if self._levels[1] else b"", digest_size=16)
        with self._files() as files:
            for file in files:
                made.update(repr(file.parts).encode("utf-8", "surrogateescape"))
                made.update(file.read())
        return made.hexdigest()

    @contextmanager
    def _files(self) -> Iterator[list[ImageFile]]:
        with image_files(self.path) as found:
            yield found.files if self._places is None else [found.files[place] for place in self._places]

    def _shuffled(self, seed: int) -> list[int]:
        places = range(self.count) if self._places is None else self._places
        order = torch.randperm(len(places), generator=torch.Generator().manual_seed(seed)).tolist()
        return [places[index] for index in order]

    def _read(self, file: ImageFile) -> Tensor:
        try:
            if file.size > MAX_FILE_BYTES:
                raise ImageError(f"The file has more than {byte_size(MAX_FILE_BYTES)}.")
            return torch.from_numpy(np.array(decode(file.read(), scale=self._levels[0]))).permute(2, 0, 1)
        except ImageError as error:
            raise DataError(f"{file.name} in {self.path.name} cannot be measured; remove it and start again. {error}") from error
