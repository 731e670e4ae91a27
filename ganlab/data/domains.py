"""Two domains of images, A and B: two folders of them, pairs of equal names, or pairs side by side in one file."""

from __future__ import annotations

import re
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import torch
from PIL import Image
from torch import Tensor

from ganlab.data.cache import About, Decoded
from ganlab.data.dataset import Dataset
from ganlab.data.decoding import Item, Work, decode_all, find, native_channels, open_image, tell_skipped
from ganlab.data.image_files import ImageFile, fingerprint, image_files, in_parts, part_called
from ganlab.data.registry import DataError, Loader, Wanted
from ganlab.events import Loading
from ganlab.images import ImageError, square

Domain = Literal["A", "B"]
_SAME_SHAPE = 0.05  # how far two aspect ratios may differ, relatively: crops and resizes round
_DOMAIN_FOLDER = re.compile(r"(.*?)[ _-]?([ab])", re.IGNORECASE)


@dataclass(frozen=True)
class Placed:
    """A file in a folder that names its domain: its `part`, train or test, and the `name` that its partner shares."""

    file: ImageFile
    part: str
    domain: Domain
    name: tuple[str, ...]


def load_domains(name: str, path: Path, wanted: Wanted) -> Loader:
    """`sources` from the folder trainA (testA, or A) at `path`, `images` from trainB (testB, or B), each a set of its own.

    Without a test part the training images stand in for it. DataError when a domain has no usable image.
    """
    yield Loading(f"Looking through {path.name}")
    marks = fingerprint(path)
    sources = yield from _domain("A", path, wanted, marks)
    images = yield from _domain("B", path, wanted, marks)
    return Dataset(name, images, sources=sources)


def _domain(domain: Domain, path: Path, wanted: Wanted, marks: object) -> Generator[Loading, None, Tensor]:
    """-> (N, C, S, S) uint8."""
    facts = (str(path.resolve()), wanted.split, wanted.image_size, wanted.channels, domain, marks)
    folder, decoded = find(facts, wanted.limit)
    if decoded is None:
        with image_files(path) as found:
            placed = place(found)
            parts: dict[str, list[Item]] = {}
            for one in placed:
                if one.domain == domain:
                    parts.setdefault(one.part, []).append((one.file,))
            if "train" not in parts:
                raise DataError(f"{path.name} has no images of domain {domain}: put them into a folder called train{domain}.")
            items = yield from _choose(parts, wanted, path)
            channels = wanted.channels or native_channels([one.file for one in placed])  # of both domains, lest they differ
            work = Work(f"{path.name}, domain {domain}", wanted.image_size, channels, wanted.limit)
            decoded = yield from decode_all(items, len(items), folder, work)
    yield from tell_skipped(decoded, f"files of domain {domain} that are no usable images")
    return torch.from_numpy(decoded.images).permute(0, 3, 1, 2)


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
    items = yield from _choose(parts, wanted, path)
    reason = f"{'/'.join(alone[0].parts)}: There is no file of this name in the other folder." if alone else ""
    about = About(skipped=len(alone), reason=reason)
    channels = wanted.channels or native_channels([file for item in items for file in item])
    work = Work(path.name, wanted.image_size, channels, wanted.limit, "pair", cut, squares=2)
    return (yield from decode_all(items, len(items), folder, work, lambda good: about))


def _choose(parts: Mapping[str, list[Item]], wanted: Wanted, path: Path) -> Generator[Loading, None, list[Item]]:
    """The part that is wanted; a sheet of examples needs some in any case."""
    if wanted.split not in parts:
        yield Loading(f"{path.name} has no test part: training images stand in for it")
    return parts.get(wanted.split) or parts["train"]


def place(files: list[ImageFile]) -> list[Placed]:
    """The files that lie in folders called A and B, trainA, test_b and the like; the innermost such folder decides."""
    placed = []
    for file in files:
        part, domain, name = "", "", []
        for folder in file.parts[:-1]:
            match = _DOMAIN_FOLDER.fullmatch(folder)
            if match and (not match[1] or part_called(match[1])):
                part, domain = part_called(match[1]) or part, match[2].upper()
            elif part_called(folder):
                part = part_called(folder)
            else:
                name.append(folder)
        if domain:
            name.append(file.parts[-1].rpartition(".")[0] or file.parts[-1])  # a photo is a JPEG, its label map often a PNG
            placed.append(Placed(file, part or "train", "A" if domain == "A" else "B", tuple(name)))
    return placed


def matched(placed: list[Placed]) -> tuple[dict[str, list[Item]], list[ImageFile]]:
    """{part: (A, B) of equal names}, and the files that have no partner."""
    of_a, of_b = ({(one.part, one.name): one.file for one in placed if one.domain == domain} for domain in ("A", "B"))
    parts: dict[str, list[Item]] = {}
    for key in sorted(of_a.keys() & of_b.keys()):
        parts.setdefault(key[0], []).append((of_a[key], of_b[key]))
    used = {file.parts for items in parts.values() for item in items for file in item}
    return parts, [one.file for one in placed if one.file.parts not in used]


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
