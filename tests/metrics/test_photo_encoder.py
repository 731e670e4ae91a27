"""The encoder of photos: real images lie near each other, and what is wrong with images is farther away, the more the farther."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d, interpolate

from ganlab.core.progress import Work
from ganlab.metrics.catalogue import KINDS, METRICS, PHOTOS, kind_of, metric
from ganlab.metrics.compute import COMPUTE, Comparison
from ganlab.metrics.features.classifier import SHIPPED, ClassifierExtractor
from ganlab.metrics.features.extractor import Features
from ganlab.metrics.measure import measure
from ganlab.metrics.reference import Reference
from ganlab.metrics.set_statistics import Statistics
from ganlab.metrics.value import Estimate
from tests.support.loading import drain, loaded


@pytest.fixture(scope="module")
def shapes() -> Tensor:
    """Coloured pictures (600, 3, 32, 32)."""
    return loaded("shapes", image_size=32).images[:600]


def distances(fake: Tensor, real: Tensor) -> list[float]:
    reference = Reference("real", "pictures", len(real), "", lambda: [real])
    values, _ = drain(measure([fake], reference, ["frechet-photos", "kid-photos"], device="cpu"))
    assert [value.metric for value in values] == ["photo-encoder distance", "photo-encoder kernel distance"]
    return [value.value for value in values]


def test_all_that_is_wrong_with_images_is_farther_away(shapes: Tensor) -> None:
    fake, real = shapes[:150], shapes[150:300]
    wrong = {
        "blur": interpolate(avg_pool2d(fake.float(), 4), scale_factor=4.0, mode="bilinear").byte(),
        "noise": (fake.float() + 25 * torch.randn(fake.shape, generator=torch.Generator().manual_seed(0))).clamp(0, 255).byte(),
        "dark": fake // 2,
        "grey": fake.float().mean(1, keepdim=True).byte(),
        "one picture": fake[:1].expand(150, -1, -1, -1),
    }
    frechet, kernel = distances(fake, real)
    for name, images in wrong.items():
        farther, more = distances(images, real)
        assert farther > 1.5 * frechet and more > kernel, name


def test_any_size_and_number_of_channels_is_read() -> None:
    read = ClassifierExtractor.of_photos()
    for shape in ((2, 1, 28, 28), (1, 3, 7, 100), (3, 3, 300, 200)):
        features = read(torch.zeros(shape, dtype=torch.uint8))
        assert features.rows.shape == (shape[0], read.dims) and features.logits.shape == (shape[0], 10)
        assert features.rows.isfinite().all()


@pytest.mark.parametrize("kind", KINDS)
def test_each_metric_needs_as_many_images_as_the_catalogue_has(kind: str) -> None:
    """With one less it is a ValueError; with as many there is a value."""
    needed = KINDS[kind].needed(dims=8)

    def estimate(count: int) -> Estimate:
        sides = []
        for seed in (0, 1):
            made = Statistics.empty(8, 4, 0)
            rows = torch.randn(count, 8, generator=torch.Generator().manual_seed(seed))
            made.add(Features(rows, rows[:, :4]), torch.zeros(count, dtype=torch.int64))
            sides.append(made)
        computing = COMPUTE[kind](Comparison(sides[0], sides[1], 0))
        if isinstance(computing, Estimate):
            return computing
        work = Work(computing)
        list(work)
        return work.result

    assert estimate(needed).value == pytest.approx(estimate(needed).value, nan_ok=True)
    if needed > 1:
        with pytest.raises(ValueError):
            estimate(needed - 1)


def test_general_metrics_are_those_that_need_no_classifier() -> None:
    assert {name for name in METRICS if metric(name).space == PHOTOS} == {
        f"{kind}-photos" for kind in KINDS.keys() - {"score", "accuracy"}
    }


def test_every_metric_is_known_again_by_what_it_is_called() -> None:
    for name in METRICS:
        one = metric(name)
        assert kind_of(one.title("photo-encoder")) == kind_of(one.title("inception")) == one.kind or one.space == "column"
    assert kind_of("the column's FID") == "frechet" and kind_of("loss") == ""


def test_the_shipped_one_is_small_and_its_card_has_its_accuracy() -> None:
    folder = SHIPPED / "photo-encoder"
    about = ClassifierExtractor.of_photos().about
    assert f"{100 * about.accuracy:.2f} %" in (folder / "README.md").read_text() and about.accuracy > 0.3
    assert sum(path.stat().st_size for path in folder.iterdir()) < 2 * 2**20
