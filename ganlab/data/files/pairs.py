"""Pairs of images: side by side in one file, or of equal names in two folders. What is cut out is the same of both."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

import torch
from PIL import Image

from ganlab.core.deep_pixels import SIXTEEN, Scale
from ganlab.core.events import Loading
from ganlab.core.images import ImageError, square
from ganlab.core.remarks import Remark
from ganlab.data.cache import Decoded
from ganlab.data.dataset import Dataset
from ganlab.data.files.collect import ImageFile, Unused, fingerprint, grouped, image_files
from ganlab.data.files.decode import Item, Work, decode_all, find, native_channels, open_image
from ganlab.data.files.domain_folders import (
    Domains,
    Items,
    by_endings,
    choose_items,
    domains_in,
    find_domains,
    matched,
    set_aside,
)
from ganlab.data.files.levels import common_scale
from ganlab.data.files.parquet import Tables, named_by, tables_at, two_columns
from ganlab.data.files.parts import divided
from ganlab.data.files.rows import Rows, about_rows
from ganlab.data.registry import Loader, Wanted

_SAME_SHAPE = 0.05  # how far two aspect ratios may differ, relatively: crops and resizes round


def load_pairs(name: str, path: Path, wanted: Wanted) -> Loader:
    """Pairs at `path`, cropped alike: `sources` the left halves of files twice as wide as high, `images` the right ones.

    Where there are folders A and B (or trainA and trainB), or two folders with files of equal names, these make the pairs.
    Without a test part the training pairs are used instead. DataError when no pair is usable; what makes none is in the
    set's remarks.
    """
    yield Loading("looking_through", path.name)
    facts = (str(path.resolve()), wanted.split, wanted.image_size, wanted.channels, "pairs", fingerprint(path))
    folder, decoded = find(facts, wanted.limit)
    if decoded is None:
        if tables := tables_at(path):
            decoded = yield from _decode_pairs(_in_rows(tables), path, folder, wanted)
        else:
            with image_files(path) as found:
                pairs = _in_two_files(found.files) or _in_one_file(found.files)
                decoded = yield from _decode_pairs(replace(pairs, remarks=found.remarks + pairs.remarks), path, folder, wanted)
    sources, images = torch.from_numpy(decoded.images).permute(1, 0, 4, 2, 3)
    remarks = decoded.about.remarks
    return Dataset(name, images, sources=sources, domains=domains_in(remarks), remarks=remarks)


@dataclass(frozen=True)
class _Found:
    """The pairs of each part, of `two` files or of one, all `files` there are, and what is known of them."""

    parts: Mapping[str, Items]
    two: bool
    files: Iterable[ImageFile]
    channels: int = 0  # 0: those of the files
    remarks: list[Remark] = field(default_factory=list)


def _decode_pairs(pairs: _Found, path: Path, folder: Path, wanted: Wanted) -> Generator[Loading, None, Decoded]:
    lacking = (
        "no pairs: the files in its folders A and B must have equal names"
        if pairs.two
        else "no folder called train beside the one called test"
    )
    items, missing = choose_items(pairs.parts, wanted, f"{path.name} has {lacking}.")
    scale, levels = yield from common_scale(pairs.files, path.name)
    remarks = (*pairs.remarks, *set_aside(len(pairs.parts.get("test", ())), wanted), *missing, *levels)
    channels = wanted.channels or pairs.channels or native_channels(list(pairs.files))
    cut = _both if pairs.two else _halves
    work = Work(path.name, wanted.image_size, channels, wanted.limit, "pair", cut, 2, scale, remarks)
    return (yield from decode_all(items, len(items), folder, work, lambda _: about_rows(items)))


def _in_rows(tables: Tables) -> _Found:
    """Pairs by the rows of tables."""
    columns = two_columns(tables)
    rows = {part: Rows(some, columns) for part, some in tables.items()}
    return _Found(rows, True, (file for part in rows.values() for item in part for file in item), 3, named_by(columns))


def _in_two_files(files: list[ImageFile]) -> _Found | None:
    """Pairs by folders, or by endings of names in one folder; None where neither gives any and the files are to be halved."""
    domains = find_domains(files)
    if not domains.complete:
        domains = by_endings(divided(files))
    parts, alone, shortened = matched(domains.placed) if domains.complete else ({}, [], [])
    if (not domains.complete) or (not parts and not _lettered(domains)) or (not _lettered(domains) and _is_wide(files[0])):
        return None
    remarks = [*domains.remarks(), *grouped(Unused(file.parts, "no_partner") for file in alone)]
    return _Found(parts, True, files, remarks=remarks + shortened)


def _lettered(domains: Domains) -> bool:
    """Whether folders called A and B leave no doubt that two files make a pair."""
    return not domains.names


def _in_one_file(files: list[ImageFile]) -> _Found:
    parts = divided(files)
    items: dict[str, list[Item]] = {part: [(file,) for file in some] for part, some in parts.files.items()}
    return _Found(items, False, files, remarks=grouped(parts.unused()))


def _is_wide(file: ImageFile) -> bool:
    """Whether a file is twice as wide as high, as a pair side by side."""
    with suppress(ImageError):
        return _alike(_aspect(open_image(file, 8, SIXTEEN)), 2)
    return False


def _halves(item: Item, size: int, scale: Scale) -> list[Image.Image]:
    """One file -> its left and right half."""
    whole = open_image(item[0], size, scale)
    if not _alike(_aspect(whole), 2):
        raise _misshapen(
            item,
            f"A pair in one file is twice as wide as high, this is {_aspect(whole):.2f} times; "
            "or put the pictures into two folders called A and B.",
        )
    half = whole.width // 2
    return [square(whole.crop((left, 0, left + half, whole.height)), size) for left in (0, whole.width - half)]


def _both(item: Item, size: int, scale: Scale) -> list[Image.Image]:
    """Two files of the same shape -> source and target."""
    pair = [open_image(file, size, scale) for file in item]
    one, other = map(_aspect, pair)
    if not _alike(one, other):
        raise _misshapen(item, f"A pair has one shape, these are {one:.2f} and {other:.2f} times as wide as high.")
    return [square(image, size) for image in pair]


def _misshapen(item: Item, reason: str) -> ImageError:
    error = ImageError(f"{item[0].name}: {reason}", "shape")
    error.__cause__ = ImageError(reason, "shape")
    return error


def _aspect(image: Image.Image) -> float:
    return image.width / image.height


def _alike(one: float, other: float) -> bool:
    return abs(one - other) <= _SAME_SHAPE * other
