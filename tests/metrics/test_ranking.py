"""Generators that everybody can rank, on real MNIST: real images, a good one, collapsed ones, noise, in every metric."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
import torch
from torch import Tensor

from ganlab.data.dataset import Dataset
from ganlab.metrics.catalogue import KINDS, METRICS
from ganlab.metrics.compute import COMPUTE
from ganlab.metrics.distances.kid import kernel_distance
from ganlab.metrics.features.extractor import Images, Source
from ganlab.metrics.measure import measure, samples
from ganlab.metrics.reference import Reference, chosen, dataset_source
from ganlab.metrics.value import Value
from ganlab.models.pipeline import Pipeline
from tests.support.loading import drain, loaded

COUNT = 1000
KIND = [name.removesuffix("-lenet") for name in METRICS if name.endswith("-lenet")]
DISTANCES = ("frechet", "infinity", "kid", "intra")
Row = dict[str, Value]


@pytest.fixture(scope="module")
def digits(real_data_folder: Path) -> Dataset:
    """MNIST's training images in random order: neighbours are of one writer."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GANLAB_DATA", str(real_data_folder))
        data = loaded("mnist")
    return chosen(data, torch.randperm(len(data.images), generator=torch.Generator().manual_seed(1))[: 4 * COUNT])


@pytest.fixture(scope="module")
def measured(digits: Dataset, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Row]:
    """Who was measured -> kind -> value, all against the same real images; "one": a zero, whatever is asked for."""
    one, other = (chosen(digits, torch.arange(part * COUNT, (part + 1) * COUNT)) for part in (0, 1))
    reference = Reference.of_dataset(chosen(digits, torch.arange(2 * COUNT, 4 * COUNT)), "train, second half")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GANLAB_DATA", str(tmp_path_factory.mktemp("cache")))
        quick = lambda c: kernel_distance(c.fake.rows, c.real.rows, subsets=2, seed=c.seed)  # noqa: E731
        patch.setitem(COMPUTE, "kid", quick)  # seconds matter here, not its last digit
        sources: dict[str, Source] = {
            "floor": dataset_source(other),
            "real": dataset_source(one),
            "good": samples(Pipeline.load("digits-quick-conditional"), COUNT, seed=1),
            "one per class": [in_turn(one_per_class(one))],
            "one": [in_turn(one_per_class(one)[:1])],
            "noise": [in_turn(noise())],
        }
        return {who: _row(source, reference) for who, source in sources.items()}


def _row(source: Source, reference: Reference, kinds: Sequence[str] = KIND) -> Row:
    values, _ = drain(measure(source, reference, [f"{kind}-lenet" for kind in kinds], n=COUNT, device="cpu"))
    return dict(zip(kinds, values, strict=True))


def in_turn(pictures: Tensor) -> Images:
    """COUNT images: the pictures again and again, asked for as the ten classes in turn."""
    which = torch.arange(COUNT)
    return Images(pictures[which % len(pictures)], which % 10)


def one_per_class(data: Dataset) -> Tensor:
    assert data.labels is not None
    return torch.stack([data.images[data.labels == label][0] for label in range(10)])


def noise() -> Tensor:
    return torch.randint(0, 256, (COUNT, 1, 28, 28), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "score"])
def test_real_images_read_what_other_real_images_read(kind: str, measured: dict[str, Row]) -> None:
    difference = measured["real"][kind] - measured["floor"][kind]
    assert abs(difference.value) < 3 * difference.error


def test_real_images_read_as_perfect_within_their_error(measured: dict[str, Row]) -> None:
    real = measured["real"]
    for kind in ("infinity", "kid"):
        assert abs(real[kind].value) < 3 * real[kind].error, str(real[kind])
        assert real[kind].error < 0.1 * measured["one per class"][kind].value
    assert real["frechet"].value < 1.5  # of 132 features, each of variance 1
    assert abs(real["density"].value - 1) < 4 * real["density"].error
    # Half as many fakes as real images: each of the five nearest of a ball is another's with chance 2/3 instead of 1/2.
    assert real["coverage"].value == pytest.approx(1 - (2 / 3) ** 5, abs=0.03)
    assert real["precision"].value > 0.8 and real["recall"].value > 0.8
    assert real["accuracy"].value > 0.985


@pytest.mark.parametrize("kind", DISTANCES)
def test_every_distance_puts_them_in_order(kind: str, measured: dict[str, Row]) -> None:
    """One zero for ever and noise are both as far as can be: which of them is farther, no metric needs to know."""
    order = [("real", "good"), ("good", "one per class"), ("one per class", "one"), ("one per class", "noise")]
    for nearer, farther in ((measured[a][kind], measured[b][kind]) for a, b in order):
        assert nearer.better_than(farther)
        if kind != "kid" or nearer is not measured["real"][kind]:  # of a good generator KID tells little at this number
            assert (farther - nearer).value > 3 * (farther - nearer).error, f"{nearer} / {farther}"


@pytest.mark.parametrize("kind", ["recall", "coverage"])
def test_what_is_missing_is_seen_whatever_it_looks_like(kind: str, measured: dict[str, Row]) -> None:
    real, good = measured["real"][kind], measured["good"][kind]
    assert (real - good).value > 3 * (real - good).error
    for who in ("one per class", "one", "noise"):
        missing = measured[who][kind]
        assert (good - missing).value > 3 * (good - missing).error and missing.value < 0.03
    assert measured["one per class"]["coverage"] > measured["one"]["coverage"] >= measured["noise"]["coverage"]


@pytest.mark.parametrize("kind", ["precision", "density"])
def test_noise_is_like_nothing_real_and_copies_of_real_pictures_hide_their_number(kind: str, measured: dict[str, Row]) -> None:
    """Precision and density ask each fake alone, so they cannot see collapse: that is what recall and coverage are for."""
    assert measured["noise"][kind].value < 0.01
    assert measured["good"][kind].value > 0.5
    assert measured["one per class"][kind].value > 0.5


def test_labels_are_right_where_the_class_is(measured: dict[str, Row]) -> None:
    assert measured["one per class"]["accuracy"].value == 1  # as blind to collapse
    for who in ("one", "noise"):
        assert abs(measured[who]["accuracy"].value - 0.1) < 3 * measured[who]["accuracy"].error


def test_the_collapsed_foreign_one_has_right_labels_and_bad_coverage(
    foreign_weights: Path, digits: Dataset, measured: dict[str, Row]
) -> None:
    collapsed = Pipeline.load(foreign_weights / "cgan-collapsed" / "generator.pth")
    reference = Reference.of_dataset(chosen(digits, torch.arange(2 * COUNT, 4 * COUNT)), "train, second half")
    row = _row(samples(collapsed, COUNT, seed=0), reference, [kind for kind in KIND if kind != "infinity"])
    assert row["accuracy"].value > 0.98 and row["accuracy"] >= measured["good"]["accuracy"]
    assert row["coverage"].value < 0.1 and row["recall"].value < 0.05
    assert measured["good"]["coverage"].value > 5 * row["coverage"].value
    for kind in ("frechet", "kid", "intra"):
        assert (row[kind] - measured["good"][kind]).value > 3 * (row[kind] - measured["good"][kind]).error
