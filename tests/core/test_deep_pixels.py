"""Levels of more than 8 bits, in every form in which files hold them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ganlab.core.deep_pixels import SIXTEEN, Levels, Scale
from ganlab.core.images import decode, levels
from tests.support.deep import png16, saved, tiff16

FILES = {
    "grey PNG": lambda made: png16(made[..., 0]),
    "colour PNG": png16,
    "PNG with transparency": lambda made: png16(np.concatenate([made, np.full_like(made[..., :1], 65535)], -1)),
    "PNG whose transparency is as deep": lambda made: png16(np.concatenate([made, np.full_like(made[..., :1], made.max())], -1)),
    "little TIFF": tiff16,
    "big TIFF": lambda made: tiff16(made, ">"),
    "grey TIFF": lambda made: saved(made[..., 0]),
    "packed grey TIFF": lambda made: saved(made[..., 0], compression="tiff_lzw"),
}


@pytest.mark.parametrize("bits", [8, 10, 12, 14, 16])
@pytest.mark.parametrize("kind", FILES)
def test_every_depth_fills_the_eight_bits(kind: str, bits: int) -> None:
    made = np.random.default_rng(bits).integers(0, 2**bits, (6, 9, 3)).astype(np.uint16)
    made[0, 0] = 2**bits - 1
    data = FILES[kind](made)
    found = levels(data)
    assert found is not None
    assert (found.high, found.free) == (2**bits - 1, False)
    scale = Scale.of([found])
    assert scale == Scale(bits)
    wanted = made[..., :1].repeat(3, -1) if "grey" in kind else made
    assert np.array_equal(np.asarray(decode(data, scale=scale)), wanted >> (bits - 8))


@given(st.lists(st.integers(0, 65535), min_size=1, max_size=5))
def test_one_scale_holds_the_highest_level_of_all(highest: list[int]) -> None:
    scale = Scale.of([Levels(0, high, False) for high in highest])
    assert max(highest) < 2**scale.bits
    assert scale.bits == 8 or max(highest) >= 2 ** (scale.bits - 2)
    assert scale.black == scale.white == 0


@pytest.mark.parametrize(
    ("low", "high", "black", "white"),
    [
        (0, 1, 0, 1),
        (0.2, 0.9, 0, 1),
        (0, 200, 0, 255),
        (3, 4000, 0, 4095),
        (0, 65535, 0, 65535),
        (-1, 1, -1, 1),
        (0, 1e6, 0, 1e6),
    ],
)
def test_free_levels_have_a_usual_scale_or_that_of_the_set(low: float, high: float, black: float, white: float) -> None:
    scale = Scale.of([Levels(low, (low + high) / 2, True), Levels((low + high) / 2, high, True)])
    assert (scale.black, scale.white) == (black, white)


def test_free_levels_are_drawn_alike_in_all_files() -> None:
    dark, bright = (np.full((3, 4), level, dtype=np.float32) for level in (0.25, 1.0))
    bright[0, 0] = np.nan
    files = [saved(dark), saved(bright)]
    scale = Scale.of([found for data in files if (found := levels(data))])
    assert [decode(data, scale=scale).getpixel((2, 2)) for data in files] == [(64,) * 3, (255,) * 3]


def test_files_of_eight_bits_have_no_levels_and_do_not_mind_a_scale() -> None:
    data = saved(np.arange(12, dtype=np.uint8).reshape(3, 4), "PNG")
    assert levels(data) is None
    assert np.array_equal(np.asarray(decode(data, scale=Scale(12))), np.asarray(decode(data, scale=SIXTEEN)))
