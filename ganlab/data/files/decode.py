"""Image files -> arrays: each decoded once, in square, then kept for the next start."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

import numpy as np
from PIL import Image

from ganlab.core.deep_pixels import SIXTEEN, Scale
from ganlab.core.errors import DataError
from ganlab.core.events import Loading
from ganlab.core.images import ImageError, decode, has_frames, is_grey, square
from ganlab.core.remarks import Remark, few, joined
from ganlab.core.text import byte_size
from ganlab.data.cache import About, Decoded, Spool, entry, recall
from ganlab.data.files.collect import MAX_FILE_BYTES, ImageFile, reasons

_BATCH = 64  # files between two messages
_SMALL_BYTES = 2**15  # below, decoding is mostly Python and threads only get in each other's way
_LOOKED_AT = 32  # files that decide whether a collection is grey

Item = tuple[ImageFile, ...]  # the files that make one entry of a data set: one, or the two of a pair


def _whole(item: Item, size: int, scale: Scale) -> list[Image.Image]:
    return [square(open_image(item[0], size, scale), size)]


@dataclass(frozen=True)
class Work:
    """What becomes of items: `cut` makes RGB squares of side `size` of one, `noun` is what it should be; `limit` 0: all.

    `scale` is that of all deep levels, `remarks` what is known of the files before they are decoded.
    """

    name: str
    size: int
    channels: int
    limit: int = 0
    noun: str = "image"
    cut: Callable[[Item, int, Scale], Sequence[Image.Image]] = _whole
    squares: int = 1
    scale: Scale = SIXTEEN
    remarks: tuple[Remark, ...] = ()

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the array that one item becomes: (S, S, C), or (2, S, S, C) for a pair."""
        one = (self.size, self.size, self.channels)
        return one if self.squares == 1 else (self.squares, *one)


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
    bad: list[tuple[Item, ImageError]] = []
    several: list[str] = []
    rows = min(count, work.limit or count)
    left = iter(items)
    with Spool(folder, rows, work.shape) as spool, ThreadPoolExecutor(min(8, os.cpu_count() or 1), "decode") as pool:
        while len(good) < rows and (some := list(islice(left, min(_BATCH, rows - len(good))))):
            yield Loading("decoding", work.name, len(good), rows)
            # Decoding frees Python's lock; where files are small it is not most of the work.
            mapped = pool.map if _bytes(some) > _SMALL_BYTES * len(some) else map
            usable = []
            for item, array in zip(some, mapped(lambda item: _pixels(item, work), some), strict=True):
                if isinstance(array, ImageError):
                    bad.append((item, array))
                else:
                    several += [file.name for file in item if _has_frames(file)]
                    good.append(tuple(replace(file, read=bytes) for file in item))  # a table's bytes need not stay in memory
                    usable.append(array)
            if usable:
                spool.append(np.stack(usable))
        known = about(good)
        if not good:
            raise DataError(_none_usable(work, bad, known))
        yield Loading("saving_decoded", work.name, len(good), len(good))
        frames = [few("frames", several)] if several else []
        remarks = joined((*work.remarks, *known.remarks, *_not_decoded(bad), *frames), len(good) * len(good[0]))
        return spool.finish(About(known.labels, known.label_names, remarks))


def _has_frames(file: ImageFile) -> bool:
    with suppress(ImageError):
        return file.several and has_frames(file.read())
    return False


def _none_usable(work: Work, bad: list[tuple[Item, ImageError]], known: About) -> str:
    others = reasons(remark for remark in (*work.remarks, *known.remarks) if remark.unused)
    if not bad:
        return f"{work.name} holds no usable {work.noun}{others}."
    _, error = bad[0]
    if len(bad) == 1:
        return f"The only file in {work.name} is not a usable {work.noun}: {error}{others}"
    return f"None of the {len(bad)} files in {work.name} is a usable {work.noun}; the first: {error}{others}"


def _not_decoded(bad: list[tuple[Item, ImageError]]) -> Iterator[Remark]:
    """What could not be used, by its reasons, with what the decoder says of the first."""
    found: dict[tuple[str, int], list[tuple[Item, ImageError]]] = {}
    for item, error in bad:
        found.setdefault((error.kind, error.limit), []).append((item, error))
    for (kind, limit), some in found.items():
        first = some[0][1]
        detail = str(first.__cause__ or first) if kind in ("damaged", "shape") else ""
        remark = few(kind, (item[0].name for item, _ in some), detail, (limit,) if limit else ())
        yield replace(remark, count=sum(len(item) for item, _ in some))


def open_image(file: ImageFile, size: int, scale: Scale) -> Image.Image:
    """The upright RGB picture in `file`, enough for `size` pixels; ImageError, which names the file, when there is none."""
    try:
        return decode(content(file), at_least=2 * size, scale=scale)
    except ImageError as error:
        raise ImageError(f"{file.name}: {error}", error.kind, error.limit) from error


def content(file: ImageFile) -> bytes:
    """The bytes of a file; ImageError where it has too many."""
    if file.size > MAX_FILE_BYTES:
        raise ImageError(f"The file has more than {byte_size(MAX_FILE_BYTES)}.", "too_many_bytes", MAX_FILE_BYTES)
    return file.read()


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
        squares = work.cut(item, work.size, work.scale)
        return np.stack([np.asarray(one if work.channels == 3 else one.convert("L")) for one in squares]).reshape(work.shape)
    except ImageError as error:
        return error


def _bytes(items: Iterable[Item]) -> int:
    return sum(file.size for item in items for file in item)


def classes_of(good: list[Item], among: list[ImageFile], expected: tuple[str, ...] = ()) -> About:
    """Labels, where the files' folders are classes; `among` holds files whose classes count though they are not used.

    `expected` classes may have lost all of their images.
    """
    labels = [item[0].label for item in good]
    names = sorted({*labels, *(file.label for file in among)})
    if len(names) < 2 or "" in names:
        return About()
    number = {name: i for i, name in enumerate(names)}
    lost = [few("lost_class", set(expected) - set(names))] if set(expected) - set(names) else []
    return About(np.array([number[label] for label in labels], dtype=np.int64), tuple(names), tuple(lost))
