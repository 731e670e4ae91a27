"""Folders and zips of image files to be measured as they are: every image at its own size, as the files hold it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from hashlib import blake2b
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ganlab.data.image_files import MAX_FILE_BYTES, ImageFile, image_files
from ganlab.data.registry import DataError
from ganlab.images import ImageError, decode

_BATCH = 64


class ImageFolder:
    """All images below `path`, in the order of their names; iterate as often as wanted.

    Nothing is cropped or resized: that is the extractor's part. DataError, one sentence, when there are none or one is damaged:
    leaving it out silently would measure something else.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def __iter__(self) -> Iterator[Tensor]:
        """Batches (B, 3, H, W) uint8 of neighbours of one size."""
        waiting: list[Tensor] = []
        with image_files(self.path) as files:
            for file in files:
                image = self._read(file)
                if waiting and (image.shape != waiting[0].shape or len(waiting) == _BATCH):
                    yield torch.stack(waiting)
                    waiting = []
                waiting.append(image)
        yield torch.stack(waiting)

    @cached_property
    def count(self) -> int:
        """How many image files there are."""
        with image_files(self.path) as files:
            return len(files)

    def digest(self) -> str:
        """Of the names and bytes of all files."""
        made = blake2b(digest_size=16)
        with image_files(self.path) as files:
            for file in files:
                made.update(repr(file.parts).encode("utf-8", "surrogateescape"))
                made.update(file.read())
        return made.hexdigest()

    def _read(self, file: ImageFile) -> Tensor:
        try:
            if file.size > MAX_FILE_BYTES:
                raise ImageError(f"The file has more than {MAX_FILE_BYTES // 2**20} MB.")
            return torch.from_numpy(np.array(decode(file.read()))).permute(2, 0, 1)
        except ImageError as error:
            name = "/".join(file.parts)
            raise DataError(f"{name} in {self.path.name} cannot be measured; remove it and start again. {error}") from error
