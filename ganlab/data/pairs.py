"""Pairs of images: side by side in one file, or of equal names in two folders. What is cut out is the same of both."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

import torch
from PIL import Image

from ganlab.data.cache import About, Decoded
from ganlab.data.dataset import Dataset
from ganlab.data.decoding import Item, Work, decode_all, find, native_channels, open_image, tell_skipped
from ganlab.data.image_files import ImageFile, fingerprint, image_files, in_parts
from ganlab.data.placing import choose_items, matched, place
from ganlab.data.registry import DataError, Loader, Wanted
from ganlab.events import Loading
from ganlab.images import ImageError, square

_SAME_SHAPE = 0.05  # how far two aspect ratios may differ, relatively: crops and resizes round


def load_pairs(name: str, path: Path, wanted: Wanted) -> Loader:
    """Pairs at `path`, cropped alike: `sources` the left halves of files twice as wide as high, `images` the right ones.

    Where there are folders A and B (or trainA and trainB), files of equal names make the pairs. Without a test part the
    training pairs stand in for it. DataError when no pair is usable; what makes none is counted in a Loading message.
    """
    yield Loading(f"Looking through {path.name}")
    facts = (str(path.resolve()), wanted.split, wanted.image_size, wanted.channels, "pairs", fingerprint(path))
    folder, decoded = find(facts, wanted.limit)
    if decoded is None:
        with image_files(path) as found:
            decoded = yield from _decode_pairs(found, path, folder, wanted)
    yield from tell_skipped(decoded, "pairs that are incomplete or no usable images")
    sources, images = torch.from_numpy(decoded.images).permute(1, 0, 4, 2, 3)
    return Dataset(name, images, sources=sources)


def _decode_pairs(files: list[ImageFile], path: Path, folder: Path, wanted: Wanted) -> Generator[Loading, None, Decoded]:
    placed = place(files)
    if {one.domain for one in placed} == {"A", "B"}:
        parts, alone = matched(placed)
        cut, lacking = _both, "pairs: the files in its folders A and B must have equal names"
    else:
        parts, alone = {part: [(file,) for file in some] for part, some in in_parts(files).items()}, []
        cut, lacking = _halves, "folder called train beside the one called test"
    if "train" not in parts:
        raise DataError(f"{path.name} has no {lacking}.")
    items = yield from choose_items(parts, wanted, path)
    reason = f"{'/'.join(alone[0].parts)}: There is no file of this name in the other folder." if alone else ""
    about = About(skipped=len(alone), reason=reason)
    channels = wanted.channels or native_channels([file for item in items for file in item])
    work = Work(path.name, wanted.image_size, channels, wanted.limit, "pair", cut, squares=2)
    return (yield from decode_all(items, len(items), folder, work, lambda good: about))


def _halves(item: Item, size: int) -> list[Image.Image]:
    """One file -> its left and right half."""
    whole = open_image(item[0], size)
    width, height = whole.size
    if not _alike(width, 2 * height):
        raise ImageError(
            f"{'/'.join(item[0].parts)}: This is {width} x {height}; a pair in one file is twice as wide as high, "
            "or else put the pictures into two folders called A and B."
        )
    half = width // 2
    return [square(whole.crop((left, 0, left + half, height)), size) for left in (0, width - half)]


def _both(item: Item, size: int) -> list[Image.Image]:
    """Two files of the same shape -> source and target."""
    source, target = (open_image(file, size) for file in item)
    if not _alike(source.width * target.height, target.width * source.height):
        shapes = " and ".join(f"{image.width} x {image.height}" for image in (source, target))
        raise ImageError(f"{'/'.join(item[0].parts)}: The two pictures have different shapes, {shapes}.")
    return [square(image, size) for image in (source, target)]


def _alike(one: int, other: int) -> bool:
    return abs(one - other) <= _SAME_SHAPE * other
