"""Two sets of images, domain A and domain B, that have nothing to do with each other: folders, or the Hub's parquet files."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import get_args

import torch
from torch import Tensor

from ganlab.core.events import Loading
from ganlab.data.dataset import Dataset
from ganlab.data.files.collect import fingerprint, holds_images, image_files
from ganlab.data.files.decode import Item, Work, decode_all, find, native_channels, tell_skipped
from ganlab.data.files.domain_folders import Domain, Items, choose_items, place
from ganlab.data.files.parquet import Pictures, tables_at
from ganlab.data.registry import Loader, Wanted

_DOMAINS: tuple[Domain, ...] = get_args(Domain)


def load_domains(name: str, path: Path, wanted: Wanted) -> Loader:
    """`sources` from the folder trainA (testA, or A) at `path`, `images` from trainB (testB, or B), each a set of its own.

    Without a test part the training images are used instead. DataError when a domain has no usable image.
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
        with _open(path, wanted) as (domains, channels):
            lacking = f"{path.name} has no images of domain {domain}: put the two domains into folders called trainA and trainB."
            items = yield from choose_items(domains[domain], wanted, path, lacking)
            work = Work(f"{path.name}, domain {domain}", wanted.image_size, channels, wanted.limit)
            decoded = yield from decode_all(items, len(items), folder, work)
    yield from tell_skipped(decoded, f"files of domain {domain} that are not usable images")
    return torch.from_numpy(decoded.images).permute(0, 3, 1, 2)


@contextmanager
def _open(path: Path, wanted: Wanted) -> Iterator[tuple[Mapping[Domain, Mapping[str, Items]], int]]:
    """({domain: {part: items}}, channels) while the context lasts; both domains have the same channels."""
    tables = tables_at(path)
    if tables and not holds_images(path):
        yield {d: {part: Pictures(some, f"image{d}") for part, some in tables.items()} for d in _DOMAINS}, wanted.channels or 3
        return
    with image_files(path) as files:
        placed = place(files)
        found: dict[Domain, dict[str, list[Item]]] = {domain: {} for domain in _DOMAINS}
        for one in placed:
            found[one.domain].setdefault(one.part, []).append((one.file,))
        yield found, wanted.channels or native_channels([one.file for one in placed])
