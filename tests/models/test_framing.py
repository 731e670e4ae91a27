from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from ganlab.models.framing import MAX_SIZE, Frame

SIDES = st.integers(1, 5000)


@given(SIDES, SIDES, st.integers(32, 1024), st.sampled_from([1, 4, 32, 128, 256]))
def test_the_frame_fits_the_network_and_bounds_its_work(width: int, height: int, size: int, multiple: int) -> None:
    frame = Frame.around((width, height), size, multiple)
    assert all(side % multiple == 0 and side >= multiple for side in frame.padded)
    assert all(1 <= inner <= outer for inner, outer in zip(frame.working, frame.padded, strict=True))
    longest = 4 * size + multiple
    assert max(frame.padded) <= longest
    assert frame.padded[0] * frame.padded[1] <= (size + multiple) ** 2 + multiple * longest


@given(st.integers(100, 4000), st.integers(100, 4000), st.sampled_from([1, 4, 256]))
def test_the_aspect_is_kept_to_the_pixel(width: int, height: int, multiple: int) -> None:
    frame = Frame.around((width, height), 256, multiple)
    scales = frame.working[0] / width, frame.working[1] / height
    assert abs(scales[0] * height - frame.working[1]) <= 1 or abs(scales[1] * width - frame.working[0]) <= 1


@pytest.mark.parametrize("mode, channels", [("RGB", 3), ("L", 1)])
@pytest.mark.parametrize("size", [(256, 256), (300, 200), (17, 90), (1, 1)])
def test_what_enters_leaves_unchanged_but_for_the_scaling(mode: str, channels: int, size: tuple[int, int]) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (size[1], size[0], channels), dtype=np.uint8)
    image = Image.fromarray(pixels.squeeze(-1) if channels == 1 else pixels)
    frame = Frame.around(image.size, 256, 32)
    entered = frame.enter(image, channels)
    assert entered.shape == (1, channels, frame.padded[1], frame.padded[0])
    left = frame.leave(entered)
    assert left.size == frame.working and left.mode == mode
    assert np.array_equal(np.asarray(left), np.asarray(image.resize(frame.working, Image.Resampling.LANCZOS, reducing_gap=3.0)))
    assert frame.leave(entered, original_size=True).size == image.size


def test_a_square_photo_at_its_own_size_is_not_touched() -> None:
    frame = Frame.around((256, 256), 256, 256)
    assert frame.working == frame.padded == (256, 256)


@pytest.mark.parametrize("size", [31, MAX_SIZE + 1])
def test_the_working_size_is_bounded(size: int) -> None:
    with pytest.raises(ValueError, match=f"size = {size} is out of range: 32 to 1024 pixels"):
        Frame.around((100, 100), size)
