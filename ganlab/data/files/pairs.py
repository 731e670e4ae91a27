"""Pairs of images: side by side in one file, or of equal names in two folders. What is cut out is the same of both."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

import torch
from PIL import Image

from ganlab.core.events import Loading
from ganlab.core.images import ImageError, square
from ganlab.data.cache import About, Decoded
from ganlab.data.dataset import Dataset
from ganlab.data.files.collect import ImageFile, fingerprint, image_files, in_parts
from ganlab.data.files.decode import Item, Work, decode_all, find, native_channels, open_image, tell_skipped
from ganlab.data.files.domain_folders import choose_items, matched, place
from ganlab.data.registry import Loader, Wanted

_SAME_SHAPE = 0.05  # how far two aspect ratios may differ, relatively: crops and resizes round


def load_pairs(name: str, path: Path, wanted: Wanted) -> Loader:
    """Pairs at `path`, cropped alike: `sources` the left halves of files twice as wide as high, `images` the right ones.

    Where there are folders A and B (or trainA and trainB), files of equal names make the pairs. Without a test part the
    training pairs are used instead. DataError when no pair is usable; what makes none is counted in a Loading message.
    """
    yield Loading(f"Looking through {path.name}")
    facts = (str(path.resolve()), wanted.split, wanted.image_size, wanted.channels, "pairs", fingerprint(path))
    folder, decoded = find(facts, wanted.limit)
    if decoded is None:
        with image_files(path) as found:
            decoded = yield from _decode_pairs(found, path, folder, wanted)
    yield from tell_skipped(decoded, "pairs that are incomplete or not usable images")
    sources, images = torch.from_numpy(decoded.images).permute(1, 0, 4, 2, 3)
    return Dataset(name, images, sources=sources)


def _decode_pairs(files: list[ImageFile], path: Path, folder: Path, wanted: Wanted) -> Generator[Loading, None, Decoded]:
    placed = place(files)
    if {one.domain for one in placed} == {"A", "B"}:
        parts, alone = matched(placed)
        cut, lacking = _both, "no pairs: the files in its folders A and B must have equal names"
    else:
        parts, alone = {part: [(file,) for file in some] for part, some in in_parts(files).items()}, []
        cut, lacking = _halves, "no folder called train beside the one called test"
    items = yield from choose_items(parts, wanted, path, f"{path.name} has {lacking}.")
    reason = f"{'/'.join(alone[0].parts)}: There is no file of this name in the other folder." if alone else ""
    about = About(skipped=len(alone), reason=reason)
    channels = wanted.channels or native_channels(files)
    work = Work(path.name, wanted.image_size, channels, wanted.limit, "pair", cut, squares=2)
    return (yield from decode_all(items, len(items), folder, work, lambda good: about))


def _halves(item: Item, size: int) -> list[Image.Image]:
    """One file -> its left and right half."""
    whole = open_image(item[0], size)
    if not _alike(_aspect(whole), 2):
        raise ImageError(
            f"{'/'.join(item[0].parts)}: A pair in one file is twice as wide as high, this is {_aspect(whole):.2f} times; "
            "or put the pictures into two folders called A and B."
        )
    half = whole.width // 2
    return [square(whole.crop((left, 0, left + half, whole.height)), size) for left in (0, whole.width - half)]


def _both(item: Item, size: int) -> list[Image.Image]:
    """Two files of the same shape -> source and target."""
    pair = [open_image(file, size) for file in item]
    one, other = map(_aspect, pair)
    if not _alike(one, other):
        name = "/".join(item[0].parts)
        raise ImageError(f"{name}: A pair has one shape, these are {one:.2f} and {other:.2f} times as wide as high.")
    return [square(image, size) for image in pair]


def _aspect(image: Image.Image) -> float:
    return image.width / image.height


def _alike(one: float, other: float) -> bool:
    return abs(one - other) <= _SAME_SHAPE * other
