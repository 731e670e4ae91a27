"""The distance on the live curves: the same number as a table's, within its share of the time, and the best is kept."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, TypeVar

import pytest
import torch
from torch import Tensor, nn

from ganlab.app.views.status_wording import note_text
from ganlab.core.events import Checkpoint, Progress, Started
from ganlab.core.progress import finish
from ganlab.core.types import Conditioning, DataSpec
from ganlab.data import load
from ganlab.metrics.distances.fid import frechet_distance
from ganlab.metrics.features.classifier import ClassifierExtractor
from ganlab.metrics.gauge import BUDGET, COUNT, Gauge, open_gauge
from ganlab.metrics.measure import usual_metrics
from ganlab.metrics.statistics.gaussian import gather
from ganlab.runtime.checkpoint import checkpoints
from ganlab.runtime.recorder import Recorder
from ganlab.runtime.run import Run
from ganlab.runtime.worker import work
from ganlab.training.engine import train
from ganlab.training.preflight import check
from tests.support.loading import loaded
from tests.support.small import small

T = TypeVar("T")
SPEC = DataSpec(28, 1, Conditioning.NONE)


class Dots(nn.Module):
    """A grey level for each z, whatever the weights."""

    def forward(self, z: Tensor, condition: Tensor | None = None) -> Tensor:
        return torch.tanh(z[:, :1, None, None]).expand(-1, 1, 28, 28)


def gauge(**changes: Any) -> Gauge:
    extractor = ClassifierExtractor.load("mnist")
    real = gather([extractor(torch.randint(0, 256, (300, 1, 28, 28), dtype=torch.uint8)).rows], extractor.dims)
    return Gauge(extractor, real, small(fid_every=10, **changes), SPEC, "cpu")


def test_it_is_the_frechet_distance_of_a_thousand_fakes() -> None:
    made = gauge()
    distance, better = made.measure(Dots())
    z = torch.randn(COUNT, small().z_dim, generator=torch.Generator().manual_seed(0))
    pixels = Dots()(z).add(1).mul(127.5).round().to(torch.uint8)
    rows = ClassifierExtractor.load("mnist")(pixels).rows
    assert distance == pytest.approx(frechet_distance(gather([rows], rows.shape[1]), made._real), rel=1e-4)
    assert better and made.name == "distance/lenet-mnist"
    assert made.measure(Dots()) == (distance, False)  # not better than itself


def test_it_stays_within_its_share_of_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([0.0, 1.0])  # one measurement takes a second
    made = gauge()
    assert made.due(10, 10, 0.0) and not made.due(11, 10, 100.0) and not made.due(10, 0, 100.0)
    monkeypatch.setattr("ganlab.metrics.gauge.time.perf_counter", lambda: next(clock))
    made.measure(Dots())
    assert not made.due(20, 10, 2 / BUDGET - 1)
    assert made.due(20, 10, 2 / BUDGET + 1)  # both together are 5 % by then


def test_a_resumed_run_goes_on_with_its_share(monkeypatch: pytest.MonkeyPatch) -> None:
    """After an hour with its share spent, the time that it had before must not be spent again."""
    hour = 3600.0
    clock = iter([0.0, BUDGET * hour, 0.0, 1.0])
    monkeypatch.setattr("ganlab.metrics.gauge.time.perf_counter", lambda: next(clock))
    before, after, old = gauge(), gauge(), gauge()
    before.measure(Dots())
    after.restore(before.state(), hour)
    old.restore({"best": 3.0}, hour)  # a state that does not tell
    assert after.best == before.best and old.best == 3.0
    for made in (after, old):
        assert made.due(10, 10, hour) and not made.due(10, 10, hour - 1)
    after.measure(Dots())  # takes a second
    assert not after.due(10, 10, hour + 30) and after.due(10, 10, hour + 2 / BUDGET)
    after.spend(1.0)  # the generator was kept
    assert not after.due(10, 10, hour + 2 / BUDGET)


def test_the_best_of_another_classifier_says_nothing() -> None:
    made = gauge()
    made.restore({"best": 3.0, "spent": 1.0, "protocol": made.protocol.replace("lenet-mnist ", "lenet-mnist 0")}, 60.0)
    assert made.best == float("inf")
    made.restore({"best": 3.0, "spent": 1.0, "protocol": made.protocol}, 60.0)
    assert made.best == 3.0


def test_the_protocol_is_on_record_and_a_change_of_it_is_told(real_data: Path, tmp_path: Path) -> None:
    run = Run.create(small(dataset="mnist", fid_every=5, steps=5), root=tmp_path)
    work(run)
    protocol = run.protocols["distance/lenet-mnist"]
    assert re.fullmatch(
        r"1,000 images against 60,000 of mnist train, 28 px \(\w{8}\); lenet-mnist \w{8}; resize bilinear 28", protocol
    )
    reading = run.readings["distance/lenet-mnist"]
    assert (reading["fakes"], reading["real"]) == (COUNT, 60_000)
    assert 0.1 < reading["floor"] < 1  # a thousand test images; ten thousand read 0.26
    with Recorder(run) as recorder:
        recorder.record(Started(5, 5, "cpu", 60_000, {}, 1.0, {"distance/lenet-mnist": "otherwise"}))
    (changed,) = [note for note in run.annotations() if note.kind == "protocol_changed"]
    assert changed.data == {"name": "distance/lenet-mnist", "protocol": "otherwise"}
    assert note_text(changed).startswith("From here on the distance is measured against other images")


def test_what_cannot_be_measured_is_refused_before_the_run() -> None:
    with pytest.raises(ValueError, match=r"^fid_every = 5 .* set it to 0\.$"):
        check(small("pix2pix", fid_every=5, image_size=32, channels=0, dataset="facades"))


def test_images_without_a_classifier_are_read_by_the_encoder_of_photos(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same features as those of `ganlab evaluate` without a flag, also where there is no GPU."""
    monkeypatch.setattr("ganlab.metrics.gauge.COUNT", 20)
    config = small(fid_every=5, image_size=16)
    data = loaded("shapes", image_size=16, channels=1, limit=40)
    made = finish(open_gauge(config, data, SPEC, "cpu"))
    assert made.name == "distance/photo-encoder" and "floor" in made.reading
    assert usual_metrics("shapes")[0] == "frechet-photos"


@pytest.mark.parametrize(("dataset", "advised"), [("cifar10", True), ("folder", False), ("celeba", False)])
def test_only_what_works_is_advised(dataset: str, advised: bool) -> None:
    """A folder and a set without labels train no classifier."""
    with pytest.raises(ValueError, match="classifier") as caught:
        ClassifierExtractor.load(dataset)
    assert ("train-classifier" in str(caught.value)) is advised


def test_measuring_changes_nothing_in_training(real_data: Path) -> None:
    plain, measured = (
        [event for event in train(small(dataset="mnist", fid_every=every)) if isinstance(event, Checkpoint | Progress)]
        for every in (0, 5)
    )
    final = [[event for event in events if isinstance(event, Checkpoint)][-1] for events in (plain, measured)]
    assert all(torch.equal(tensor, final[1].model[name]) for name, tensor in final[0].model.items())
    points = [point for event in measured if isinstance(event, Progress) for point in event.points]
    steps = [step for step, metrics in points if "distance/lenet-mnist" in metrics]
    assert steps[0] == 5 and steps[-1] == 20


def test_the_best_generator_is_kept_and_named(real_data: Path, tmp_path: Path) -> None:
    run = Run.create(small(dataset="mnist", fid_every=5, steps=40, checkpoint_every=1000), root=tmp_path)
    work(run)
    series = run.series(["distance/lenet-mnist"])["distance/lenet-mnist"]
    assert run.best == series.steps[series.values.argmin()]
    assert f"step-{run.best:06d}" in [path.name for path in checkpoints(run.path / "checkpoints")]


def test_a_gauge_knows_the_training_images(real_data: Path) -> None:
    data = finish(load("mnist", image_size=28, channels=0, conditioning=Conditioning.NONE, split="train"))
    made = finish(open_gauge(small(dataset="mnist", fid_every=5), data, SPEC, "cpu"))

    class Real(nn.Module):
        def forward(self, z: Tensor, condition: Tensor | None = None) -> Tensor:
            return data.images[torch.randperm(60_000)[: len(z)]].float() / 127.5 - 1

    assert made.measure(Real())[0] < 2
    assert made.measure(Dots())[0] > 50
