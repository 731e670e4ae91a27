"""The sentences about how a data set was read: one for every kind, with its numbers and names."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ganlab.app.views.data_wording import remark_lines
from ganlab.core.remarks import UNUSED, USED, Remark

VALUES = {"bit_depth": (12.0,), "levels": (0.0, 1.0), "too_many_bytes": (64e6,), "too_many_pixels": (2.0**26,)}


def remark(kind: str, count: int = 2) -> Remark:
    names = {"domains": ("horse", "zebra"), "no_test_part": ()}.get(kind, ("a.x", "b.x"))
    return Remark(kind, count, names, "HEIC" if kind == "format" else "", VALUES.get(kind, ()), 7 if kind in UNUSED else 0)


@pytest.mark.parametrize("kind", [*UNUSED, *USED])
@pytest.mark.parametrize("count", [1, 2, 4000])
def test_every_kind_has_a_sentence(kind: str, count: int) -> None:
    (line,) = remark_lines([remark(kind, count)])
    assert line.endswith(".")
    assert not re.search(r"[{}]|\b1 files\b|\bNone\b", line)
    assert kind in ("domains", "label_column", "lost_class", "no_test_part") or f"{count:,}" in line


def test_what_was_left_out_is_one_sentence_with_its_reasons() -> None:
    heic = Remark("format", 5, ("1.HEIC", "2.HEIC", "3.HEIC"), "HEIC", total=9)
    damaged = Remark("damaged", 1, ("4.jpg",), "image file is truncated", total=9)
    assert remark_lines([Remark("domains", 2, ("horse", "zebra")), heic, damaged]) == [
        "Skipped 6 of 9 files: 5 HEIC files (1.HEIC, 2.HEIC, 3.HEIC and 2 more); 1 damaged file (4.jpg; image file is "
        "truncated). Save HEIC as JPEG or PNG to use them.",
        "Domain A is horse, domain B is zebra, in the order of their names.",
    ]


def test_a_factor_is_named() -> None:
    assert remark_lines([Remark("bit_depth", 3, values=(12,))]) == [
        "12 of 16 bits are in use in 3 files: all are scaled to 8 bits by one factor, 1/16."
    ]


KINDS = st.sampled_from([*UNUSED, *USED, "of a later version"])


@given(st.lists(st.builds(remark, KINDS, st.integers(1, 9))))
def test_remarks_survive_json_and_never_stumble(made: list[Remark]) -> None:
    again = [Remark.from_dict(one.to_dict()) for one in made]
    assert again == made
    assert remark_lines(again) == remark_lines(made)
