"""The sentences about how a data set was read, for the terminal, the pages and the live view."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ganlab.core.remarks import Remark
from ganlab.core.text import byte_size, counted

_UNUSED = {  # (one, several) of a kind
    "format": ("{detail} file", "{detail} files"),
    "damaged": ("damaged file", "damaged files"),
    "too_many_bytes": ("file of more than {bytes}", "files of more than {bytes}"),
    "too_many_pixels": ("picture of more than {megapixels} megapixels", "pictures of more than {megapixels} megapixels"),
    "too_costly": ("picture that takes far too long to decode", "pictures that take far too long to decode"),
    "unreadable": ("that cannot be read", "that cannot be read"),
    "pointer": ("file that Git LFS has not fetched", "files that Git LFS has not fetched"),
    "archive": ("{detail} file inside", "{detail} files inside"),
    "hidden": ("hidden file", "hidden files"),
    "dangling": ("link that leads nowhere", "links that lead nowhere"),
    "loop": ("link to a folder around it", "links to folders around them"),
    "unsafe_name": ("whose name leads out of the zip", "whose names lead out of the zip"),
    "outside": ("outside of the folders that are read", "outside of the folders that are read"),
    "no_partner": ("without a partner of the same name", "without partners of the same names"),
    "shape": ("of the wrong shape for a pair", "of the wrong shape for a pair"),
}
_ADVICE = {
    "format": "Save {formats} as JPEG or PNG to use them.",
    "pointer": "Fetch the files with: git lfs pull.",
    "too_costly": "Save the pictures anew to use them.",
    "archive": "Unpack the archives to use what is in them.",
}


def remark_lines(remarks: Iterable[Remark]) -> list[str]:
    """Return what is remarked about a data set, one sentence or two to a line; what was left out comes first."""
    found = list(remarks)
    unused = [remark for remark in found if remark.unused]
    lines = [_skipped(unused)] if unused else []
    return lines + [line for remark in found if not remark.unused and (line := _used(remark))]


def _skipped(unused: Sequence[Remark]) -> str:
    count = sum(remark.count for remark in unused)
    parts = "; ".join(map(_part, unused))
    formats = sorted({remark.detail for remark in unused if remark.kind == "format"})
    advice = [text.format(formats=" and ".join(formats)) for kind, text in _ADVICE.items() if any(r.kind == kind for r in unused)]
    return " ".join([f"Skipped {count:,} of {counted(unused[0].total, 'file')}: {parts}.", *advice])


def _part(remark: Remark) -> str:
    """One reason with its number and a few names."""
    one, several = _UNUSED.get(remark.kind, (remark.kind, remark.kind))
    limit = remark.values[0] if remark.values else 0
    words = (one if remark.count == 1 else several).format(
        detail=remark.detail, bytes=byte_size(limit), megapixels=int(limit) // 2**20
    )
    names = _named(remark)
    reason = f"; {remark.detail.rstrip('.')}" if remark.kind in ("damaged", "shape") and remark.detail else ""
    return f"{remark.count:,} {words}{f' ({names}{reason})' if names else ''}"


def _named(remark: Remark) -> str:
    """A few names, and how many more there are."""
    more = f" and {remark.count - len(remark.names):,} more" if 0 < len(remark.names) < remark.count else ""
    return f"{', '.join(remark.names)}{more}"


def _used(remark: Remark) -> str:
    count, names, values = remark.count, remark.names, remark.values
    match remark.kind:
        case "test_part":
            where = f" in {' and '.join(names)}" if names else ""
            return f"Set aside for testing, not trained on: {counted(count, 'image')}{where}."
        case "no_test_part":
            return "There is no part for testing: training images stand in for it."
        case "label_column":
            return f"The classes are those of the column {names[0]}; there are also {', '.join(names[1:])}."
        case "lost_class":
            return f"No class is made of {_named(remark)}: no image in it can be used."
        case "domains":
            return f"Domain A is {names[0]}, domain B is {names[1]}, in the order of their names."
        case "endings":
            return (
                f"{counted(count, 'pair')} matched by names without {' and '.join(names) if names else '_A and _B at the end'}."
            )
        case "bit_depth":
            bits = int(values[0])
            factor = f"1/{2 ** (bits - 8)}" if bits > 8 else "1"
            return f"{bits} of 16 bits are in use in {counted(count, 'file')}: all are scaled to 8 bits by one factor, {factor}."
        case "levels":
            black, white = values
            return f"{counted(count, 'file')} without a fixed scale: {black:g} is black and {white:g} is white in all."
        case "frames":
            return f"The first picture alone is used of each of {counted(count, 'file')} with several: {_named(remark)}."
        case "repeated":
            return f"{counted(count, 'row')} of {names[0]} repeat an earlier picture, which counts once."
    return ""
