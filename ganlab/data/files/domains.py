"""Two sets of images, domain A and domain B, that have nothing to do with each other: folders, or the Hub's parquet files."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import get_args

import torch

from ganlab.core.events import Loading
from ganlab.core.remarks import Remark, joined
from ganlab.data.cache import Decoded
from ganlab.data.dataset import Dataset
from ganlab.data.files.collect import ImageFile, fingerprint, image_files, reasons
from ganlab.data.files.decode import Item, Work, decode_all, find, native_channels
from ganlab.data.files.domain_folders import Domain, Items, choose_items, domains_in, find_domains, set_aside
from ganlab.data.files.levels import common_scale
from ganlab.data.files.parquet import named_by, tables_at, two_columns
from ganlab.data.files.rows import Rows, about_rows
from ganlab.data.registry import Loader, Wanted

_DOMAINS: tuple[Domain, ...] = get_args(Domain)


def load_domains(name: str, path: Path, wanted: Wanted) -> Loader:
    """`sources` from domain A at `path`, `images` from domain B, each a set of its own.

    They are the folders trainA and trainB (testA and testB, or A and B), else exactly two folders of images, in the order of
    their names. Without a test part the training images are used instead. DataError when a domain has no usable image.
    """
    yield Loading("looking_through", path.name)
    marks = fingerprint(path)
    places = {domain: find(_facts(domain, path, wanted, marks), wanted.limit) for domain in _DOMAINS}
    known = {domain: found for domain, (_, found) in places.items() if found}
    if len(known) < len(places):
        with _open(path, wanted) as opened:
            work = yield from _work(opened, path, wanted)
            for domain in [domain for domain in places if domain not in known]:
                known[domain] = yield from _decode_domain(domain, opened, work, places[domain][0], path, wanted)
    sources, images = (torch.from_numpy(known[domain].images).permute(0, 3, 1, 2) for domain in _DOMAINS)
    remarks = joined((remark for one in known.values() for remark in one.about.remarks), len(sources) + len(images))
    return Dataset(name, images, sources=sources, domains=domains_in(remarks), remarks=remarks)


@dataclass(frozen=True)
class _Opened:
    """The items of each domain and part, the `files` that decide their common scale, and what is known of all."""

    items: Mapping[Domain, Mapping[str, Items]]
    files: Iterable[ImageFile]
    channels: int
    remarks: list[Remark]
    folders: tuple[str, ...] = ()

    @property
    def lacking(self) -> str:
        """What to do where a domain is missing."""
        several = f" (there are {len(self.folders)}: {', '.join(self.folders[:5])})" if len(self.folders) > 2 else ""
        others = reasons(remark for remark in self.remarks if remark.kind != "outside" and remark.unused)
        return f"put the two domains into folders called trainA and trainB{several}{others}"


@contextmanager
def _open(path: Path, wanted: Wanted) -> Iterator[_Opened]:
    """What is at `path`, readable while the context lasts; both domains have the same channels."""
    if tables := tables_at(path):
        a, b = columns = two_columns(tables)
        by_domain: tuple[tuple[Domain, str], ...] = (("A", a), ("B", b))
        items = {
            domain: {part: Rows(some, (name,), distinct=True) for part, some in tables.items()} for domain, name in by_domain
        }
        both = (file for parts in items.values() for rows in parts.values() for (file,) in rows)
        yield _Opened(items, both, wanted.channels or 3, named_by(columns))
        return
    with image_files(path) as collection:
        domains = find_domains(collection.files)
        found: dict[Domain, dict[str, list[Item]]] = {domain: {} for domain in _DOMAINS}
        for one in domains.placed:
            found[one.domain].setdefault(one.part, []).append((one.file,))
        channels = wanted.channels or native_channels([one.file for one in domains.placed])
        remarks = [*collection.remarks, *domains.remarks()]
        yield _Opened(found, collection.files, channels, remarks, domains.folders)


def _work(opened: _Opened, path: Path, wanted: Wanted) -> Generator[Loading, None, Work]:
    """What becomes of the items of either domain."""
    scale, levels = yield from common_scale(opened.files, path.name)
    both = {part: sum(len(parts.get(part, ())) for parts in opened.items.values()) for part in ("train", "test")}
    remarks = (*opened.remarks, *set_aside(both["test"], wanted), *levels)
    return Work(path.name, wanted.image_size, opened.channels, wanted.limit, scale=scale, remarks=remarks)


def _decode_domain(
    domain: Domain, opened: _Opened, work: Work, folder: Path, path: Path, wanted: Wanted
) -> Generator[Loading, None, Decoded]:
    lacking = f"{path.name} has no images of domain {domain}: {opened.lacking}."
    items, missing = choose_items(opened.items[domain], wanted, lacking)
    work = replace(work, name=f"{path.name}, domain {domain}", remarks=(*work.remarks, *missing))
    return (yield from decode_all(items, len(items), folder, work, lambda _: about_rows(items)))


def _facts(domain: Domain, path: Path, wanted: Wanted, marks: object) -> tuple[object, ...]:
    return (str(path.resolve()), wanted.split, wanted.image_size, wanted.channels, domain, marks)
