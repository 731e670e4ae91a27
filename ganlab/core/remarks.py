"""What a user must know of how a data set was read, as kinds and numbers.

`ganlab/app/views/data_wording.py` makes the sentences."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Self

_NAMES = 3  # that are kept of many
# What looks like a picture and is not used, by the reason.
UNUSED = (
    "format",  # of which `detail` is the name: HEIC, SVG, camera raw
    "damaged",  # `detail` is the decoder's own reason for the first
    "too_many_bytes",  # `values`: (limit,)
    "too_many_pixels",  # `values`: (limit,)
    "too_costly",  # built so that decoding it takes far too long
    "unreadable",  # the operating system refuses it
    "pointer",  # to a file that Git LFS has not fetched
    "archive",  # a file that may hold pictures itself; `detail` is its ending
    "hidden",
    "dangling",  # a link that leads nowhere
    "loop",  # a link to a folder that leads back to one above it
    "unsafe_name",  # of a zip's member, which leads out of the zip
    "outside",  # of the folders that mean a class, a domain or a part
    "no_partner",  # of a pair
    "shape",  # of what should be a pair; `detail` says it of the first
)
# What is used, but otherwise than its files alone would tell.
USED = (
    "test_part",  # `count` images in the folders `names` are set aside for testing
    "no_test_part",  # training images stand in for it
    "label_column",  # of the columns `names` that name classes the first is taken
    "lost_class",  # the class folders `names` hold no usable image
    "domains",  # `names`: what A and B are, by the folders or columns
    "endings",  # `count` pairs whose names differ by _A and _B at the end
    "bit_depth",  # `count` files of 16 bits hold `values`: (bits,)
    "levels",  # `count` files without a fixed scale: `values`, (black, white)
    "frames",  # `count` files hold several pictures, of which the first is used
    "repeated",  # `count` rows of a table that repeat an earlier picture
)


@dataclass(frozen=True)
class Remark:
    """A fact of `kind` (of UNUSED or USED) about `count` files, of all `total` that look like pictures; `names` are a few."""

    kind: str
    count: int = 0
    names: tuple[str, ...] = ()
    detail: str = ""
    values: tuple[float, ...] = ()
    total: int = 0

    @property
    def unused(self) -> bool:
        """Whether its files are left out."""
        return self.kind in UNUSED

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        return {name: value for name, value in asdict(self).items() if value}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Return what `to_dict` made, also after JSON."""
        lists = {name: tuple(data.get(name, ())) for name in ("names", "values")}
        return cls(data["kind"], data.get("count", 0), detail=data.get("detail", ""), total=data.get("total", 0), **lists)


def few(kind: str, names: Iterable[str], detail: str = "", values: tuple[float, ...] = ()) -> Remark:
    """Return the remark about all of `names`, of which it keeps a few, the first by name."""
    found = sorted(names)
    return Remark(kind, len(found), tuple(found[:_NAMES]), detail, values)


def joined(remarks: Iterable[Remark], used: int) -> tuple[Remark, ...]:
    """Return each remark once, with the `total` of files that are `used` or not."""
    once = tuple(dict.fromkeys(replace(remark, total=0) for remark in remarks))
    total = used + sum(remark.count for remark in once if remark.unused)
    return tuple(replace(remark, total=total) if remark.unused else remark for remark in once)
