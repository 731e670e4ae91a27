"""Image files -> arrays: each decoded once, in square, then kept for the next start."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from ganlab.core.errors import DataError
from ganlab.core.events import Loading
from ganlab.core.images import ImageError, decode, is_grey, square
from ganlab.core.text import byte_size
from ganlab.core.types import Conditioning
from ganlab.data.cache import About, Decoded, Spool, entry, recall
from ganlab.data.dataset import Dataset
from ganlab.data.files.collect import MAX_FILE_BYTES, ImageFile, choose_part, fingerprint, image_files
from ganlab.data.registry import Loader, Wanted

_BATCH = 64  # files between two messages
_SMALL_BYTES = 2**15  # below, decoding is mostly Python and threads only get in each other's way
_LOOKED_AT = 32  # files that decide whether a collection is grey

Item = tuple[ImageFile, ...]  # the files that make one entry of a data set: one, or the two of a pair


def _whole(item: Item, size: int) -> list[Image.Image]:
    return [square(open_image(item[0], size), size)]


@dataclass(frozen=True)
class Work:
    """What becomes of items: `cut` makes RGB squares of side `size` of one, `noun` is what it should be; `limit` 0: all."""

    name: str
    size: int
    channels: int
    limit: int = 0
    noun: str = "image"
    cut: Callable[[Item, int], Sequence[Image.Image]] = _whole
    squares: int = 1

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the array that one item becomes: (S, S, C), or (2, S, S, C) for a pair."""
        one = (self.size, self.size, self.channels)
        return one if self.squares == 1 else (self.squares, *one)


def load_images(name: str, path: Path, wanted: Wanted) -> Loader:
    """The images at `path`, labelled by class folders where every one lies in such a folder and there are two or more.

    Files that are not usable images are skipped and counted in a Loading message. DataError when none is left, or no labels
    where labels are wanted.
    """
    yield Loading(f"Looking through {path.name}")
    labelled = wanted.conditioning is Conditioning.LABEL
    facts = (str(path.resolve()), wanted.split, wanted.image_size, wanted.channels, labelled, fingerprint(path))
    folder, decoded = find(facts, wanted.limit)
    if decoded is None:
        with image_files(path) as found:
            files = choose_part(found, wanted.split)
            files = _in_classes(files, path) if labelled else files
            channels = wanted.channels or native_channels(files)
            items = [(file,) for file in files]
            work = Work(path.name, wanted.image_size, channels, wanted.limit)
            among = files if wanted.limit else []  # a class that the first images lack is a class all the same
            decoded = yield from decode_all(items, len(items), folder, work, lambda good: _classes(good, among))
    yield from tell_skipped(decoded, "files that are not usable images")
    labels = None if decoded.about.labels is None else torch.from_numpy(decoded.about.labels)
    return Dataset(name, torch.from_numpy(decoded.images).permute(0, 3, 1, 2), labels, decoded.about.label_names)


def find(facts: tuple[object, ...], limit: int) -> tuple[Path, Decoded | None]:
    """The cache's entry for these facts and what it holds; all images serve where `limit` asks for some."""
    whole = entry(*facts)
    folder = entry(*facts, limit) if limit else whole
    return folder, recall(whole) or (recall(folder) if limit else None)


def decode_all(
    items: Iterable[Item],
    count: int,
    folder: Path,
    work: Work,
    about: Callable[[list[Item]], About] = lambda good: About(),
) -> Generator[Loading, None, Decoded]:
    """Decode at most `count` items into `folder` of the cache; `about` gives what is known of the usable ones.

    DataError when none is usable.
    """
    good: list[Item] = []
    seen, reason = 0, ""
    rows = min(count, work.limit or count)
    left = iter(items)
    with Spool(folder, rows, work.shape) as spool, ThreadPoolExecutor(min(8, os.cpu_count() or 1), "decode") as pool:
        while len(good) < rows and (some := list(islice(left, min(_BATCH, rows - len(good))))):
            yield Loading(f"Decoding {work.name}", len(good), rows)
            seen += len(some)
            # Decoding frees Python's lock; where files are small it is not most of the work.
            mapped = pool.map if _bytes(some) > _SMALL_BYTES * len(some) else map
            arrays = list(mapped(lambda item: _pixels(item, work), some))
            good += [item for item, array in zip(some, arrays, strict=True) if not isinstance(array, ImageError)]
            reason = reason or next((str(array) for array in arrays if isinstance(array, ImageError)), "")
            usable = [array for array in arrays if not isinstance(array, ImageError)]
            if usable:
                spool.append(np.stack(usable))
        if not good:
            if seen == 1:
                raise DataError(f"The only file in {work.name} is not a usable {work.noun}: {reason}")
            raise DataError(f"None of the {seen} files in {work.name} is a usable {work.noun}; the first: {reason}")
        yield Loading(f"Saving the decoded images of {work.name}", len(good), len(good))
        known = about(good)
        skipped = known.skipped + seen - len(good)
        return spool.finish(About(known.labels, known.label_names, skipped, known.reason or reason))


def tell_skipped(decoded: Decoded, what: str) -> Generator[Loading, None, None]:
    """A message with the number of `what` that were left out, where there were any."""
    skipped, used = decoded.about.skipped, len(decoded.images)
    if skipped:
        yield Loading(f"Skipped {skipped} of {skipped + used} {what}; the first: {decoded.about.reason}", used, skipped + used)


def open_image(file: ImageFile, size: int) -> Image.Image:
    """The upright RGB picture in `file`, enough for `size` pixels; ImageError, which names the file, when there is none."""
    try:
        if file.size > MAX_FILE_BYTES:
            raise ImageError(f"The file has more than {byte_size(MAX_FILE_BYTES)}.")
        return decode(file.read(), at_least=2 * size)
    except ImageError as error:
        raise ImageError(f"{'/'.join(file.parts)}: {error}") from error


def native_channels(files: Sequence[ImageFile]) -> int:
    """1 when all of the files looked at, spread over the whole, are grey; otherwise 3."""
    for file in files[:: max(1, len(files) // _LOOKED_AT)]:
        try:
            if file.size <= MAX_FILE_BYTES and not is_grey(file.read()):
                return 3
        except ImageError:
            continue
    return 1


def _pixels(item: Item, work: Work) -> np.ndarray | ImageError:
    """-> uint8 of the work's shape, or why not."""
    try:
        squares = work.cut(item, work.size)
        return np.stack([np.asarray(one if work.channels == 3 else one.convert("L")) for one in squares]).reshape(work.shape)
    except ImageError as error:
        return error


def _bytes(items: Iterable[Item]) -> int:
    return sum(file.size for item in items for file in item)


def _in_classes(files: list[ImageFile], path: Path) -> list[ImageFile]:
    """Only the files in class folders."""
    files = [file for file in files if file.label]
    if len({file.label for file in files}) < 2:
        raise DataError(f"{path.name} has no labels: put the images of each class into a folder named after it.")
    return files


def _classes(good: list[Item], among: list[ImageFile]) -> About:
    """Labels, where the files' folders are classes; `among` holds files whose classes count though they are not used."""
    labels = [item[0].label for item in good]
    names = sorted({*labels, *(file.label for file in among)})
    if len(names) < 2 or "" in names:
        return About()
    number = {name: i for i, name in enumerate(names)}
    return About(np.array([number[label] for label in labels], dtype=np.int64), tuple(names))
