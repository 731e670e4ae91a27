"""A folder or zip of image files -> a Dataset: decoded once, in square, then kept for the next start."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import numpy as np
import torch

from ganlab.core import Conditioning
from ganlab.data.cache import About, Decoded, Spool, entry, recall
from ganlab.data.dataset import Dataset
from ganlab.data.image_files import MAX_FILE_BYTES, ImageFile, choose_part, fingerprint, image_files
from ganlab.data.registry import DataError, Loader, Wanted
from ganlab.events import Loading
from ganlab.images import ImageError, decode, is_grey, square

_BATCH = 64  # files between two messages
_SMALL_BYTES = 2**15  # below, decoding is mostly Python and threads only get in each other's way
_LOOKED_AT = 32  # files that tell whether a collection is grey


def load_images(name: str, path: Path, wanted: Wanted) -> Loader:
    """The images at `path`, labelled by class folders where every one lies in such a folder and there are two or more.

    Files that are no usable image are skipped and counted in a Loading message. DataError when none is left, or no labels
    where labels are wanted.
    """
    yield Loading(f"Looking through {path.name}")
    labelled = wanted.conditioning is Conditioning.LABEL
    folder = entry(str(path.resolve()), wanted.split, wanted.image_size, wanted.channels, labelled, fingerprint(path))
    decoded = recall(folder)
    if decoded is None:
        with image_files(path) as found:
            files = choose_part(found, wanted.split)
            decoded = yield from _decode_all(_in_classes(files, path) if labelled else files, folder, wanted, path.name)
    about = decoded.about
    if about.skipped:
        total = about.skipped + len(decoded.images)
        what = f"Skipped {about.skipped} of {total} files that are no usable images; the first: {about.reason}"
        yield Loading(what, len(decoded.images), total)
    labels = None if about.labels is None else torch.from_numpy(about.labels)
    return Dataset(name, torch.from_numpy(decoded.images).permute(0, 3, 1, 2), labels, about.label_names)


def _in_classes(files: list[ImageFile], path: Path) -> list[ImageFile]:
    """Only the files in class folders."""
    files = [file for file in files if file.label]
    if len({file.label for file in files}) < 2:
        raise DataError(f"{path.name} has no labels: put the images of each class into a folder named after it.")
    return files


def _decode_all(files: list[ImageFile], folder: Path, wanted: Wanted, name: str) -> Generator[Loading, None, Decoded]:
    size, channels = wanted.image_size, wanted.channels or _native_channels(files)
    good: list[ImageFile] = []
    reason = ""
    with Spool(folder, len(files), (size, size, channels)) as spool, _workers(files) as mapped:
        for start in range(0, len(files), _BATCH):
            yield Loading(f"Decoding {name}", start, len(files))
            some = files[start : start + _BATCH]
            images = []
            for file, image in zip(some, mapped(partial(_decode, size=size, channels=channels), some), strict=True):
                if isinstance(image, ImageError):
                    reason = reason or f"{'/'.join(file.parts)}: {image}"
                else:
                    good.append(file)
                    images.append(image)
            if images:
                spool.append(np.stack(images))
        if not good:
            raise DataError(f"None of the {len(files)} files in {name} is a usable image; the first: {reason}")
        yield Loading(f"Keeping {name} for the next start", len(files), len(files))
        return spool.finish(_about(good, len(files) - len(good), reason))


def _about(good: list[ImageFile], skipped: int, reason: str) -> About:
    names = sorted({file.label for file in good})
    if len(names) < 2 or "" in names:
        return About(skipped=skipped, reason=reason)
    number = {name: i for i, name in enumerate(names)}
    return About(np.array([number[file.label] for file in good], dtype=np.int64), tuple(names), skipped, reason)


@contextmanager
def _workers(files: list[ImageFile]) -> Iterator[Callable[..., Iterator[np.ndarray | ImageError]]]:
    """A map over files: threaded where decoding, which frees Python, is most of the work."""
    if sum(file.size for file in files) < _SMALL_BYTES * len(files):
        yield map
        return
    with ThreadPoolExecutor(min(8, os.cpu_count() or 1), "decode") as pool:
        yield pool.map


def _decode(file: ImageFile, size: int, channels: int) -> np.ndarray | ImageError:
    """-> (S, S, C) uint8, or why not."""
    try:
        if file.size > MAX_FILE_BYTES:
            raise ImageError(f"The file has more than {MAX_FILE_BYTES // 2**20} MB.")
        image = square(decode(file.read(), at_least=2 * size), size)
        pixels = np.asarray(image if channels == 3 else image.convert("L"))
        return pixels.reshape(size, size, channels)
    except ImageError as error:
        return error


def _native_channels(files: list[ImageFile]) -> int:
    """1 when all of the files looked at, spread over the whole, are grey; otherwise 3."""
    for file in files[:: max(1, len(files) // _LOOKED_AT)]:
        try:
            if file.size <= MAX_FILE_BYTES and not is_grey(file.read()):
                return 3
        except ImageError:
            continue
    return 1
