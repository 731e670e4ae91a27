"""Measuring with the shipped classifier: protocols, kept references, progress, mistakes; test_metrics_rank.py is about values."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import pytest
import torch
from torch import Tensor

from ganlab.app.views.loading_wording import loading_text
from ganlab.core.events import Loading
from ganlab.data.cache import cache_root
from ganlab.data.dataset import Dataset
from ganlab.metrics.catalogue import METRICS, Part, metric
from ganlab.metrics.compute import COMPUTE
from ganlab.metrics.distances.kid import kernel_distance
from ganlab.metrics.features.extractor import Features, Images, portions
from ganlab.metrics.floors import floors
from ganlab.metrics.measure import measure
from ganlab.metrics.reference import Reference, chosen, dataset_source, reference_statistics
from ganlab.metrics.set_statistics import Sample, Statistics
from ganlab.metrics.tables import tables
from ganlab.metrics.value import Value
from tests.support.loading import drain, loaded

COUNT = 1000
LENET = [name for name in METRICS if "lenet" in name]


@pytest.fixture(scope="module")
def digits(real_data_folder: Path) -> tuple[Dataset, Dataset]:
    """Two disjoint random parts of MNIST's training images."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GANLAB_DATA", str(real_data_folder))
        data = loaded("mnist")
    order = torch.randperm(len(data.images), generator=torch.Generator().manual_seed(1))  # neighbours are of one writer
    return chosen(data, order[:COUNT]), chosen(data, order[COUNT : 3 * COUNT])


@pytest.fixture(autouse=True)
def fewer_subsets(monkeypatch: pytest.MonkeyPatch) -> None:
    """The kernel distance of five subsets instead of a hundred: seconds matter here, not its last digit."""
    quick = lambda c: kernel_distance(c.fake.rows, c.real.rows, subsets=5, seed=c.seed)  # noqa: E731
    monkeypatch.setitem(COMPUTE, "kid", quick)


@pytest.fixture
def reference(digits: tuple[Dataset, Dataset]) -> Reference:
    return Reference.of_dataset(digits[1], "train, second half")


def measured(fake: object, reference: Reference, metrics: Sequence[str], **more: object) -> dict[str, Value]:
    values, _ = drain(measure(fake, reference, metrics, device="cpu", **more))
    return dict(zip(metrics, values, strict=True))


def noise(count: int) -> Tensor:
    return torch.randint(0, 256, (count, 1, 28, 28), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))


def test_a_value_carries_its_whole_protocol(digits: tuple[Dataset, Dataset], reference: Reference) -> None:
    value = measured(dataset_source(digits[0]), reference, ["frechet-lenet"], n=500, subject="someone", seed=3, step=70)
    made = value["frechet-lenet"]
    assert (made.metric, made.n_fake, made.n_real, made.seed, made.step) == ("lenet-mnist distance", 500, 2 * COUNT, 3, 70)
    assert made.reference == "mnist train, second half, 28 px"
    assert made.extractor.startswith("lenet-mnist ") and len(made.extractor.split()[1]) == 8
    assert (made.resize, made.subject, made.higher_is_better) == ("bilinear 28", "someone", False)


def test_portions_do_not_change_a_number(digits: tuple[Dataset, Dataset], reference: Reference) -> None:
    images = digits[0].images[:600]
    names = ["frechet-lenet", "kid-lenet", "precision-lenet"]
    whole = measured([images], reference, names)
    for name, value in measured(list(images.split(37)), reference, names).items():
        assert value.value == pytest.approx(whole[name].value, rel=1e-4)
        assert value.error == pytest.approx(whole[name].error, rel=1e-3)


def test_the_reference_is_read_once_and_again_when_its_content_changes(digits: tuple[Dataset, Dataset]) -> None:
    reference = Reference.of_dataset(digits[1].first(300), "part")

    def phases(one: Reference) -> list[str]:
        _, events = drain(measure([digits[0].images[:100]], one, ["frechet-lenet"], device="cpu"))
        return [loading_text(message) for message in events]

    first = phases(reference)
    assert "Reading mnist part, 28 px with lenet-mnist" in first
    assert not any("mnist part" in what for what in phases(reference))
    changed = digits[1].first(300).images.clone()
    changed[7, 0, 3, 3] ^= 1
    assert any(
        "mnist part" in what for what in phases(Reference.of_dataset(replace(digits[1].first(300), images=changed), "part"))
    )


@pytest.mark.parametrize(("damage", "large"), [(b"", 0), (b"rubbish" * 100, 0), (b"rubbish" * 100, 9**9), (None, 9**9)])
def test_a_damaged_cache_is_computed_again(
    damage: bytes | None, large: int, digits: tuple[Dataset, Dataset], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ganlab.metrics.reference._LARGE", large)  # read tensor by tensor, or at once
    reference = Reference.of_dataset(digits[1].first(300), "part")
    images = digits[0].images[:300]
    before = measured([images], reference, ["frechet-lenet", "kid-lenet"])
    (kept,) = cache_root().glob("*.safetensors")
    kept.unlink() if damage is None else kept.write_bytes(damage)
    again = measured([images], reference, ["frechet-lenet", "kid-lenet"])
    assert [value.value for value in again.values()] == pytest.approx([value.value for value in before.values()], rel=1e-6)
    recalled = measured([images], reference, ["frechet-lenet", "kid-lenet"])
    assert [value.value for value in recalled.values()] == pytest.approx([value.value for value in before.values()], rel=1e-6)
    assert [value.error for value in recalled.values()] == pytest.approx([value.error for value in before.values()], rel=1e-6)


def test_classes_survive_the_cache(digits: tuple[Dataset, Dataset], reference: Reference) -> None:
    first = measured(dataset_source(digits[0]), reference, ["intra-lenet"])["intra-lenet"]
    second = measured(dataset_source(digits[0]), reference, ["intra-lenet"])["intra-lenet"]
    assert (second.value, second.error) == pytest.approx((first.value, first.error), rel=1e-6)


def test_floors_are_real_images_against_real_ones(digits: tuple[Dataset, Dataset]) -> None:
    values, _ = drain(floors(digits[1], digits[0], ["frechet-lenet", "coverage-lenet"], n=1000, device="cpu"))
    assert [value.subject for value in values[::2]] == ["real images (mnist test)", "real images (mnist train, first half)"]
    assert [value.reference for value in values[::2]] == ["mnist train, 28 px", "mnist train, second half, 28 px"]
    assert all(value.value < 2.5 for value in values[::2]) and all(value.value > 0.6 for value in values[1::2])
    with pytest.raises(ValueError, match=r"they differ in n_real .* reference"):
        _ = values[0] < values[2]


def test_floors_of_the_test_part_hold_train_against_test(digits: tuple[Dataset, Dataset]) -> None:
    """As many models' values are: so they stand in one table."""
    parts = ("test", "train")
    values, _ = drain(floors(digits[1], digits[0], ["frechet-lenet"], n=500, parts=parts, device="cpu"))
    assert [value.subject for value in values] == ["real images (mnist train)", "real images (mnist test, first half)"]
    model = Reference.of_dataset(digits[1], "test")
    made = measured(dataset_source(digits[0]), model, ["frechet-lenet"], n=500, subject="a model")["frechet-lenet"]
    assert [len(table.rows) for table in tables([made, *values])] == [2, 1] and values[0].protocol == made.protocol


def test_floors_are_measured_once_for_each_protocol(digits: tuple[Dataset, Dataset]) -> None:
    def phases(**changes: Any) -> set[str]:
        asked: dict[str, Any] = {"metrics": ["frechet-lenet"], "n": 200, "device": "cpu"} | changes
        return {loading_text(message).split()[0] for message in drain(floors(digits[1].first(400), digits[0], **asked))[1]}

    assert "Reading" in phases() and "Reading" not in phases()
    assert "Reading" in phases(n=100) and "Reading" in phases(metrics=["kid-lenet"])


@pytest.mark.parametrize("name", ["accuracy-lenet", "intra-lenet"])
def test_labels_must_mean_the_same_on_both_sides(name: str, digits: tuple[Dataset, Dataset], reference: Reference) -> None:
    with pytest.raises(ValueError, match=r"requested were circle, square, disc, …, but .*(knows|has) 0, 1, 2, …"):
        measured(dataset_source(digits[0]), reference, [name], labels=("circle", "square", "disc", "star"))
    assert measured(dataset_source(digits[0]), reference, [name], labels=tuple(map(str, range(10))))


def test_progress_counts_the_images(digits: tuple[Dataset, Dataset], reference: Reference) -> None:
    _, events = drain(
        measure(list(digits[0].images.split(300)), reference, ["frechet-lenet"], n=1000, subject="it", device="cpu")
    )
    reading = [message for message in events if loading_text(message) == "Reading it"]
    assert [message.done for message in reading] == [0, 300, 600, 900]
    assert {message.total for message in reading} == {1000}
    assert Loading("computing", "lenet-mnist distance", 0, 1, "metrics") in events
    assert events[-1] == Loading("computing", "lenet-mnist distance", 20, 21, "distances")


@pytest.mark.parametrize(
    ("source", "metrics", "problem"),
    [
        ([], ["frechet-lenet"], "The source gave no images, so there is nothing to measure"),
        ([torch.zeros(4, 1, 28, 28)], ["frechet-lenet"], r"uint8 .* these are torch.float32 \(4, 1, 28, 28\)"),
        ([noise(40)], ["accuracy-lenet"], "needs a conditional model"),
        ([noise(40)], ["intra-lenet"], "needs labels, and the measured images have none"),
        ([Images(noise(4), torch.tensor([0, 1, 2, 10]))], ["accuracy-lenet"], "from 0 to 10, but the classifier knows 10"),
        ([Images(noise(4), torch.tensor([0]))], ["accuracy-lenet"], "1 labels for 4 images"),
        ([noise(9)], ["kid-lenet"], "at least 20 images on both sides; there are 9"),
        ([noise(5)], ["precision-lenet"], "more than 5 images on both sides; there are 5"),
        ([noise(1)], ["frechet-lenet"], "at least two images"),
        ([noise(9)], ["fid-lenet"], "metric = 'fid-lenet' is not one of frechet-lenet"),
        (
            [noise(9)],
            ["frechet-lenet-letters"],
            r"no classifier lenet-letters: choose another metric, such as frechet-lenet-mnist",
        ),
    ],
)
def test_mistakes_are_one_sentence(source: object, metrics: list[str], problem: str, digits: tuple[Dataset, Dataset]) -> None:
    reference = Reference.of_dataset(digits[1].first(100), "part")
    with pytest.raises(ValueError, match=problem):
        measured(source, reference, metrics)


def test_every_metric_has_a_name_of_its_own_and_only_inception_gives_fid() -> None:
    assert len(set(METRICS)) == len(METRICS)
    for name in METRICS:
        assert metric(name).name == name
    assert metric("frechet-lenet-mnist").space == "lenet-mnist"
    assert not any("fid" in name for name in LENET)


def test_screens_can_list_the_metrics_without_torch() -> None:
    code = "import sys, ganlab.metrics.catalogue, ganlab.metrics.value; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_portions_bound_their_size_and_stop() -> None:
    source = [noise(5), Images(noise(7), torch.arange(7)), noise(2)]
    sizes = [len(images.pixels) for images in portions(source, 3, 11)]
    assert sizes == [3, 2, 3, 3]
    assert [images.labels.tolist() for images in portions(source, 3, 11) if images.labels is not None] == [[0, 1, 2], [3, 4, 5]]
    assert sum(len(images.pixels) for images in portions(source, 3)) == 14

    def endless() -> Iterator[Tensor]:
        yield noise(4)
        raise AssertionError("asked for more than was wanted")

    assert sum(len(images.pixels) for images in portions(endless(), 3, 4)) == 4


def test_a_sample_is_uniform_and_does_not_depend_on_portions() -> None:
    rows = torch.arange(3000.0)[:, None]
    picked = torch.zeros(3000)
    for seed in range(60):
        whole, pieces = Sample(1, seed, size=100), Sample(1, seed, size=100)
        whole.add(rows)
        for piece in rows.split(41):
            pieces.add(piece)
        assert torch.equal(whole.rows, pieces.rows) and len(whole.rows) == 100
        picked[whole.rows[:, 0].long()] += 1
    thirds = picked.view(3, 1000).sum(1)  # 2000 each are expected, with a spread of 36
    assert (thirds - 2000).abs().max() < 150
    few = Sample(1, 0, size=100)
    few.add(rows[:30])
    assert torch.equal(few.rows, rows[:30])


def test_statistics_of_a_reference_hold_every_image(digits: tuple[Dataset, Dataset]) -> None:
    from ganlab.metrics.features.classifier import ClassifierExtractor

    reader = ClassifierExtractor.load("mnist")
    made, _ = drain(reference_statistics(Reference.of_dataset(digits[0], "x"), reader))
    rows = reader(digits[0].images).rows
    whole = made.groups.without()
    assert made.count == COUNT and torch.allclose(made.rows, rows)
    assert torch.allclose(whole.covariance, torch.cov(rows.double().T), atol=1e-6)


def test_only_what_a_metric_looks_at_is_gathered(digits: tuple[Dataset, Dataset]) -> None:
    features = Features(torch.rand(40, 6), torch.rand(40, 3))
    for part in get_args(Part):
        made = Statistics.empty(6, 3, 0, parts={part})
        made.add(features, torch.zeros(40, dtype=torch.int64))
        filled = {
            "groups": made.groups.count > 0,
            "sample": len(made.rows) > 0,
            "scores": bool(made.scores.state()["classes"].any()),
            "classes": bool(made.classes.groups),
        }
        assert filled == {name: name == part for name in filled} and made.count == 40


def test_real_images_are_not_read_where_nothing_compares(digits: tuple[Dataset, Dataset]) -> None:
    def unreadable() -> Iterator[Images]:
        raise AssertionError("read")
        yield

    reference = Reference("some", "mnist", 9000, "its digest", unreadable)
    value = measured(dataset_source(digits[0]), reference, ["accuracy-lenet"], n=500)["accuracy-lenet"]
    assert value.value > 0.97 and (value.n_fake, value.n_real) == (500, 0)
    assert "(500 images, held against no real ones; lenet-mnist" in str(value)
    with pytest.raises(AssertionError, match="read"):
        measured(dataset_source(digits[0]), reference, ["accuracy-lenet", "kid-lenet"], n=500)


def test_chosen_keeps_images_and_labels_together(digits: tuple[Dataset, Dataset]) -> None:
    some = chosen(digits[0], torch.tensor([5, 2]))
    assert torch.equal(some.images[1], digits[0].images[2])
    assert some.labels is not None and digits[0].labels is not None
    assert some.labels.tolist() == [digits[0].labels[5], digits[0].labels[2]]
