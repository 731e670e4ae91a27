"""Hand drawings placed as MNIST places its digits, and what a discriminator says of them."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from ganlab import Pipeline, Run
from ganlab.analysis.explore.drawing import as_digit, as_picture, on_dark
from ganlab.analysis.explore.scores import best_score, scale, scores
from ganlab.core.images import ImageError
from ganlab.runtime.worker import work
from tests.support.loading import loaded
from tests.support.small import small


def drawn(
    lines: list[tuple[int, int]], size: int = 280, width: int = 22, paper: str = "white", ink: str = "black"
) -> Image.Image:
    image = Image.new("RGB", (size, size), paper)
    ImageDraw.Draw(image).line(lines, fill=ink, width=width, joint="curve")
    return image


def centre_of_mass(digit: np.ndarray) -> tuple[float, float]:
    rows, columns = np.mgrid[: digit.shape[0], : digit.shape[1]] + 0.5
    return float((rows * digit).sum() / digit.sum()), float((columns * digit).sum() / digit.sum())


def box(digit: np.ndarray) -> tuple[int, int]:
    rows, columns = np.flatnonzero(digit.max(axis=1)), np.flatnonzero(digit.max(axis=0))
    return int(rows[-1] - rows[0] + 1), int(columns[-1] - columns[0] + 1)


@given(st.integers(5, 60), st.integers(5, 60), st.integers(40, 200), st.integers(40, 200), st.integers(6, 30), st.booleans())
def test_a_stroke_lies_where_mnist_would_put_it(left: int, top: int, width: int, height: int, pen: int, dark: bool) -> None:
    paper, ink = ("black", "white") if dark else ("white", "black")
    lines = [(left + pen, top + pen), (left + width, top + pen), (left + pen, top + height)]
    digit = np.asarray(as_digit(drawn(lines, width=pen, paper=paper, ink=ink)))
    assert digit.shape == (28, 28) and digit.max() == 255
    assert max(box(digit)) == 20
    for place, side in zip(centre_of_mass(digit), box(digit), strict=True):
        # In the middle to the half pixel, or as near as the edge lets it.
        assert abs(place - 14.5) <= 0.51 or abs(place - 14.5) < side / 2 - (28 - side) / 2


def test_place_and_paper_make_no_difference() -> None:
    one = as_digit(drawn([(60, 60), (150, 60), (90, 200)]))
    moved = as_digit(drawn([(110, 75), (200, 75), (140, 215)]))
    turned = as_digit(drawn([(60, 60), (150, 60), (90, 200)], paper="black", ink="white"))
    assert np.array_equal(np.asarray(one), np.asarray(turned))
    assert np.abs(np.asarray(one).astype(int) - np.asarray(moved)).max() <= 2


def test_an_empty_sheet_is_told() -> None:
    for paper in ("white", "black", "grey"):
        with pytest.raises(ImageError, match="Nothing is drawn yet"):
            as_digit(Image.new("RGB", (90, 90), paper))


def test_mnist_itself_stays_as_it_is(real_data: object) -> None:
    digits = loaded("mnist", split="test", limit=50).images[:, 0].numpy()
    again = np.stack([np.asarray(as_digit(Image.fromarray(digit))) for digit in digits])
    assert np.abs(again.astype(int) - digits).mean() < 2
    assert all(np.corrcoef(before.ravel(), after.ravel())[0, 1] > 0.6 for before, after in zip(digits, again, strict=True))


def test_a_picture_gets_the_paper_that_the_model_knows() -> None:
    image = drawn([(100, 100), (180, 180)])
    assert on_dark(np.asarray(as_picture(image, 28, 1, dark=True)))
    assert not on_dark(np.asarray(as_picture(image, 28, 1, dark=False)))
    assert as_picture(image, 32, 3, dark=True).getpixel((0, 0)) == (255, 255, 255)  # colours stay


@pytest.mark.parametrize("family", ["cgan", "dcgan", "self-conditioned"])
def test_a_discriminators_score_and_where_it_puts_real_and_fake(family: str) -> None:
    run = Run.create(small(family, steps=20))
    work(run)
    pipeline = Pipeline.load(run.path)
    images = loaded("shapes", channels=1, split="test", limit=8).images
    found = best_score(pipeline, images[0])
    assert found is not None
    assert 0 <= found.value <= 1
    if pipeline.conditional:
        each = [scores(pipeline, images[:1], label)[0] for label in range(10)]
        assert found.label == int(np.argmax(each)) and found.value == pytest.approx(max(each), abs=1e-6)
    else:
        assert found.label is None and found.value == pytest.approx(scores(pipeline, images[:1])[0])  # type: ignore[index]
    known = scale(pipeline, run.settings.config, 32)
    assert known is not None and known.real is not None and known.real.shape == known.fake.shape == (32,)
    assert known.real.mean() > known.fake.mean()  # after twenty steps D tells them apart
    elsewhere = scale(pipeline, dict(run.settings.config) | {"dataset": "folder", "data_path": "nowhere"}, 8)
    assert elsewhere is not None and elsewhere.real is None


def test_without_a_discriminator_there_is_no_score() -> None:
    pipeline = Pipeline.load("shapes-quick")
    assert best_score(pipeline, torch.zeros(1, 28, 28, dtype=torch.uint8)) is None
    assert scale(pipeline, {"dataset": "shapes"}, 8) is None
