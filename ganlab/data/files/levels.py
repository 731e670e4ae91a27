"""One scale for the deep levels of a whole set: 12 bits in files of 16 would be nearly black."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import islice

from ganlab.core.deep_pixels import Levels, Scale
from ganlab.core.events import Loading
from ganlab.core.images import ImageError, levels
from ganlab.core.progress import finish
from ganlab.core.remarks import Remark
from ganlab.data.files.collect import MAX_FILE_BYTES, ImageFile

_BATCH = 64  # files between two messages


def common_scale(files: Iterable[ImageFile], name: str) -> Generator[Loading, None, tuple[Scale, list[Remark]]]:
    """The scale for all `files`, of every part and domain, and what to say of it; only files that may be deep are read."""
    deep = (file for file in files if file.deep)
    found: list[Levels] = []
    with ThreadPoolExecutor(4, "levels") as pool:
        while some := list(islice(deep, _BATCH)):
            yield Loading("looking_for_depth", name, len(found))
            found += [one for one in pool.map(_levels, some) if one is not None]
    scale = Scale.of(found)
    free = sum(one.free for one in found)
    remarks = [Remark("bit_depth", len(found) - free, values=(scale.bits,))] if scale.bits < 16 else []
    return scale, remarks + ([Remark("levels", free, values=(scale.black, scale.white))] if free else [])


def scale_of(files: Iterable[ImageFile]) -> tuple[Scale, list[Remark]]:
    """As `common_scale`, at once."""
    return finish(common_scale(files, ""))


def _levels(file: ImageFile) -> Levels | None:
    """None for files that are not deep, and for those that cannot be decoded, which shows later."""
    with suppress(ImageError):
        return levels(file.read()) if file.size <= MAX_FILE_BYTES else None
    return None
