"""A translated photo at its own size: identities, any shape and mode of photo, and what is new where."""

from __future__ import annotations

import io

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from torch import Tensor, nn

from ganlab.core.images import decode, upright
from ganlab.models.framing import Frame
from ganlab.models.full_size import MOST_PIXELS, bounded, draw, keeps, lay_over

SIDES = st.integers(1, 400)
RANDOM = np.random.default_rng(0)


class Same(nn.Module):
    """A network that changes nothing."""

    multiple = 4

    def forward(self, image: Tensor) -> Tensor:
        return image


class Striped(Same):
    """A network that darkens every other eight columns of the left half."""

    def forward(self, image: Tensor) -> Tensor:
        columns = torch.arange(image.shape[-1])
        stripes = (columns // 4 % 2 == 0) & (columns < image.shape[-1] // 2)
        return (image - 0.8 * stripes).clamp(-1, 1)


class Anew(Same):
    """A network that draws a picture which has nothing to do with the photo."""

    def forward(self, image: Tensor) -> Tensor:
        return torch.rand(image.shape, generator=torch.Generator().manual_seed(1)) * 2 - 1


def noise(width: int, height: int, mode: str = "RGB") -> Image.Image:
    """Blurred noise, so that some of it survives at working size."""
    shape = (height, width) if mode == "L" else (height, width, len(mode))
    small = Image.fromarray(RANDOM.integers(0, 256, shape, dtype=np.uint8), mode=mode)
    return small.resize((width, height))


def seen(photo: Image.Image, size: int = 32) -> Tensor:
    """What a network gets of it: (C, h, w)."""
    frame = Frame.around(photo.size, size)
    return frame.cut(frame.enter(photo, 1 if photo.mode == "L" else 3))[0]


@settings(deadline=None, max_examples=40)
@given(SIDES, SIDES, st.sampled_from(["RGB", "L"]))
def test_no_difference_gives_the_photo_bit_for_bit(width: int, height: int, mode: str) -> None:
    photo = noise(width, height, mode)
    made = lay_over(photo, seen(photo), seen(photo))
    assert made.mode == mode and made.size == photo.size and made.tobytes() == photo.tobytes()


@settings(deadline=None, max_examples=30)
@given(SIDES, SIDES, st.sampled_from(["RGB", "L", "RGBA", "LA", "P"]), st.sampled_from([1, 3]))
def test_any_photo_comes_out_at_its_own_size(width: int, height: int, mode: str, channels: int) -> None:
    photo = noise(width, height).convert(mode)
    made = draw(Striped(), photo, 32, channels, "cpu")
    assert made.picture.size == made.photo.size == photo.size and made.picture.mode == ("L" if channels == 1 else "RGB")


@pytest.mark.parametrize("size", [(3000, 40), (40, 3000), (1999, 1), (257, 131)])
def test_panoramas_and_odd_sizes_keep_what_was_not_changed(size: tuple[int, int]) -> None:
    photo = noise(*size)
    assert draw(Same(), photo, 64, 3, "cpu").picture.tobytes() == photo.tobytes()


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_turned_photo_is_translated_upright_once(orientation: int) -> None:
    exif, buffer, photo = Image.Exif(), io.BytesIO(), noise(90, 60)
    exif[0x0112] = orientation
    photo.save(buffer, "PNG", exif=exif)
    opened, read = Image.open(buffer), decode(buffer.getvalue())
    turned = (60, 90) if orientation > 4 else (90, 60)
    made = [draw(Same(), one, 32, 3, "cpu").picture for one in (opened, read, upright(read))]
    assert all(one.size == turned and one.tobytes() == read.tobytes() for one in made)


def test_what_is_transparent_lies_on_white() -> None:
    assert draw(Same(), Image.new("RGBA", (80, 80), (200, 0, 0, 0)), 32, 3, "cpu").picture.getpixel((9, 9)) == (255, 255, 255)


def test_strips_have_no_seams() -> None:
    """What changes smoothly at working size changes smoothly at full size, also from one strip to the next."""
    photo = Image.new("RGB", (600, 600), (120, 120, 120))
    ramp = torch.linspace(-0.5, 0.5, 32)[None, :, None].expand(3, 32, 32)
    rows = np.asarray(lay_over(photo, torch.zeros(3, 32, 32), ramp)).astype(int)[:, 300, 0]
    assert np.diff(rows).min() >= 0 and np.diff(rows).max() <= 2


def test_new_stripes_come_and_the_rest_keeps_its_details() -> None:
    """Fine noise of the photo, which the network never saw, stays on both sides; the stripes are on the left alone."""
    height, width = 480, 640
    body = np.asarray(noise(16, 12).resize((width, height), Image.Resampling.BICUBIC)).astype(float) * 0.4 + 90
    grain = RANDOM.normal(0, 12, (height, width, 1))
    photo = Image.fromarray((body + grain).clip(0, 255).astype(np.uint8))
    made = draw(Striped(), photo, 128, 3, "cpu")
    change = np.asarray(made.picture).astype(float) - np.asarray(photo)
    left, right = change[:, : width // 2 - 70], change[:, width // 2 + 70 :]
    assert left.std() > 15 and np.abs(right).max() <= 2
    enlarged = np.asarray(made.frame.leave(made.after).resize(photo.size)).astype(float) - np.asarray(photo)
    assert enlarged[:, width // 2 + 70 :].std() > 8, "the network's own picture has lost the grain"


def test_a_network_that_draws_a_new_picture_leaves_none_of_the_photo() -> None:
    photo = noise(200, 160)
    made = draw(Anew(), photo, 64, 3, "cpu")
    assert not keeps(*(made.frame.cut(one)[0] for one in (made.before, made.after)))
    assert made.picture.tobytes() == made.frame.leave(made.after, original_size=True).tobytes()


def test_a_diverged_network_gives_a_picture_all_the_same() -> None:
    photo = noise(90, 70)
    assert lay_over(photo, seen(photo), torch.full_like(seen(photo), torch.nan)).size == photo.size


def test_a_photo_of_too_many_pixels_is_made_smaller_in_its_aspect() -> None:
    photo = Image.new("L", (10_000, 4_000))
    small = bounded(photo)
    assert small.width * small.height <= MOST_PIXELS and abs(small.width / small.height - 2.5) < 0.001
    assert bounded(small) is small


def test_progress_runs_from_zero_to_one() -> None:
    shares: list[float] = []
    draw(Same(), noise(300, 300), 32, 3, "cpu", on_progress=shares.append)
    assert shares == sorted(shares) and shares[-1] == 1.0 and len(shares) > 2
