"""Single images, labelled by the folders that they lie in or by a column of their table."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from pathlib import Path

import torch

from ganlab.core.errors import DataError
from ganlab.core.events import Loading
from ganlab.core.types import Conditioning
from ganlab.data.cache import Decoded
from ganlab.data.dataset import Dataset
from ganlab.data.files.collect import Collection, ImageFile, Unused, fingerprint, grouped, image_files, reasons
from ganlab.data.files.decode import Work, classes_of, decode_all, find, native_channels
from ganlab.data.files.levels import common_scale
from ganlab.data.files.parquet import tables_at
from ganlab.data.files.parts import divided, folders_of
from ganlab.data.files.rows import decode_tables
from ganlab.data.registry import Loader, Wanted


def load_images(name: str, path: Path, wanted: Wanted) -> Loader:
    """The images at `path`, labelled by class folders where every one lies in such a folder and there are two or more.

    What looks like a picture and is not used is in the set's remarks. DataError when no image is left, or no labels where
    labels are wanted.
    """
    yield Loading("looking_through", path.name)
    labelled = wanted.conditioning is Conditioning.LABEL
    facts = (str(path.resolve()), wanted.split, wanted.image_size, wanted.channels, labelled, fingerprint(path))
    folder, decoded = find(facts, wanted.limit)
    if decoded is None:
        tables = tables_at(path)
        decoded = yield from decode_tables(tables, folder, path, wanted) if tables else _decode_files(folder, path, wanted)
    labels = None if decoded.about.labels is None else torch.from_numpy(decoded.about.labels)
    images = torch.from_numpy(decoded.images).permute(0, 3, 1, 2)
    return Dataset(name, images, labels, decoded.about.label_names, remarks=decoded.about.remarks)


def _decode_files(folder: Path, path: Path, wanted: Wanted) -> Generator[Loading, None, Decoded]:
    """Decode what a folder or zip holds into `folder` of the cache."""
    labelled = wanted.conditioning is Conditioning.LABEL
    with image_files(path) as found:
        parts = divided(found.files)
        files = parts.chosen(wanted.split)
        used = _in_classes(files, path, found) if labelled else files
        beside = [Unused(file.parts, "outside") for file in files if labelled and not file.label]
        channels = wanted.channels or native_channels(used)
        scale, levels = yield from common_scale(found.files, path.name)
        remarks = (*found.remarks, *grouped(parts.unused() + beside), *parts.remarks(wanted.split), *levels)
        work = Work(path.name, wanted.image_size, channels, wanted.limit, scale=scale, remarks=remarks)
        among = used if wanted.limit else []  # a class that the first images lack is a class all the same
        expected = folders_of(divided([*found.files, *_unread(found.unused)]).files.get(wanted.split, ()))
        items = [(file,) for file in used]
        return (yield from decode_all(items, len(items), folder, work, lambda good: classes_of(good, among, expected)))


def _in_classes(files: list[ImageFile], path: Path, found: Collection) -> list[ImageFile]:
    """Only the files in class folders."""
    files = [file for file in files if file.label]
    if len(folders_of(files)) < 2:
        others = reasons(found.remarks)
        raise DataError(f"{path.name} has no labels: put the images of each class into a folder named after it{others}.")
    return files


def _unread(unused: Iterable[Unused]) -> list[ImageFile]:
    """Stand-ins for what cannot be used, to learn which classes it was to be in."""
    return [ImageFile(one.parts, 0, bytes) for one in unused if one.kind in ("format", "unreadable", "pointer")]
