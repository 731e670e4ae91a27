"""Runs in TensorBoard, trackio and Weights & Biases: read back with their own readers, live and afterwards."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from ganlab import runs
from ganlab.cli.main import main
from ganlab.core.events import Progress, Samples, Started
from ganlab.runtime import log_to
from ganlab.runtime.log_to import export, logged
from ganlab.runtime.run import Run
from ganlab.runtime.run_settings import TRACKERS
from ganlab.runtime.trackers import OPEN
from tests.support.fake_runs import FakeRun
from tests.support.workers import wait_for

QUICK = ["--steps", "6", "--width", "8", "--batch-size", "8", "--samples", "4", "--image-size", "16", "--device", "cpu"]


def needs(package: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(find_spec(package) is None, reason=f"{package} is not installed: it is an extra")


@pytest.fixture(scope="module", autouse=True)
def trackio_here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """trackio reads where its runs lie when it is first imported."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TRACKIO_DIR", str(tmp_path_factory.mktemp("trackio")))
        yield


def in_tensorboard(folder: Path) -> Any:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    return EventAccumulator(str(folder), size_guidance={"scalars": 0, "images": 0}).Reload()


def assert_same_curves(run: Run, logged: dict[str, list[tuple[int, float]]]) -> None:
    for name, series in run.series().items():
        steps, values = zip(*logged[name], strict=True)
        assert list(steps) == series.steps.tolist()
        np.testing.assert_allclose(values, series.values, rtol=1e-6)


def assert_whole(run: Run, folder: Path) -> None:
    """TensorBoard's own reader finds every curve, sheet and setting of the run."""
    found = in_tensorboard(folder)
    assert set(found.Tags()["scalars"]) == set(run.metric_names())
    assert_same_curves(run, {name: [(one.step, one.value) for one in found.Scalars(name)] for name in found.Tags()["scalars"]})
    assert [image.step for image in found.Images("samples")] == run.samples()
    sheet = run.sheet()
    assert (found.Images("samples")[-1].width, found.Images("samples")[-1].height) == sheet.size
    (text,) = found.Tensors("config/text_summary")
    words = text.tensor_proto.string_val[0].decode()
    assert json.loads(words) == json.loads(json.dumps(run.settings.config))


@needs("tensorboard")
def test_a_training_is_in_tensorboard_while_it_runs(little_data: None, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "shapes", "--log-to", "tensorboard", "--sample-every", "3", "--log-every", "1", *QUICK]) == 0
    (run,) = runs()
    assert run.settings.log_to == "tensorboard" and len(run.samples()) >= 2
    assert_whole(run, run.path / "tensorboard")
    assert in_tensorboard(run.path / "tensorboard").Images("real") and not capsys.readouterr().err
    assert main(["train", "--resume", run.id, "--log-to", "trackio"]) == 2
    assert "--resume keeps the run's settings: leave out --log-to" in capsys.readouterr().err


@needs("tensorboard")
def test_a_record_goes_to_tensorboard_afterwards(
    fake: Callable[..., FakeRun], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = fake().start().train(200).finish().run
    for _ in range(2):  # the second replaces the first
        assert main(["export", run.id, "--to", "tensorboard", "-o", str(tmp_path / "logs")]) == 0
    assert f"tensorboard --logdir {tmp_path / 'logs'}" in capsys.readouterr().out
    assert_whole(run, tmp_path / "logs" / run.id)
    assert main(["export", run.id]) == 2 and main(["export", run.id, "--to", "trackio", "-o", "x"]) == 2


@needs("tensorboard")
def test_a_resume_hides_what_it_makes_again(fake: Callable[..., FakeRun]) -> None:
    run = fake().start().run
    values = run.path / "config.json"
    values.write_text(json.dumps(json.loads(values.read_text()) | {"log_to": "tensorboard"}))
    for begin, steps, value in ((0, (1, 2, 3, 4), 1.0), (2, (3, 4, 5), 2.0)):
        with logged(Run(run.path)) as log:
            log(Started(begin, 10, "cpu", 100, {}))
            log(Progress(steps[-1], 10, tuple((step, {"loss/G": value}) for step in steps), 1.0, 1.0, 1.0, 0))
        time.sleep(0.01)
    found = in_tensorboard(run.path / "tensorboard").Scalars("loss/G")
    assert [(one.step, one.value) for one in found] == [(1, 1.0), (2, 1.0), (3, 2.0), (4, 2.0), (5, 2.0)]


@needs("trackio")
def test_trackio_has_a_run_live_and_afterwards(fake: Callable[..., FakeRun], tmp_path: Path) -> None:
    from trackio.sqlite_storage import SQLiteStorage

    run = fake().start().train(200).finish().run
    for _ in range(2):  # the second replaces the first
        assert export(run, "trackio", tmp_path) == "trackio show --project ganlab"
    assert SQLiteStorage.get_runs("ganlab").count(run.id) == 1
    rows = SQLiteStorage.get_logs("ganlab", run.id)
    curves = {name: [(row["step"], row[name]) for row in rows if name in row] for name in run.metric_names()}
    assert_same_curves(run, {name: sorted(points) for name, points in curves.items()})
    sheets = [row["samples"] for row in rows if "samples" in row]
    assert len(sheets) == len(run.samples())
    assert all((Path(os.environ["TRACKIO_DIR"]) / "media" / sheet["file_path"]).is_file() for sheet in sheets)

    live = logging_run(fake, "trackio")
    with logged(live) as log:
        log(Started(0, 10, "cpu", 100, {}))
        log(Progress(1, 10, ((1, {"loss/G": 0.5}),), 1.0, 1.0, 1.0, 0))
        log(Samples(1, torch.zeros(4, 1, 8, 8, dtype=torch.uint8), 2))
    rows = SQLiteStorage.get_logs("ganlab", live.id)
    assert [row["loss/G"] for row in rows if "loss/G" in row] == [0.5] and any("samples" in row for row in rows)


@needs("wandb")
def test_weights_and_biases_without_a_network(
    fake: Callable[..., FakeRun], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WANDB_MODE", "offline")
    run = fake().start().train(100).finish().run
    assert export(run, "wandb", tmp_path).startswith("wandb sync ")
    (folder,) = (tmp_path / run.id / "wandb").glob("offline-run-*")
    (record,) = folder.glob("*.wandb")
    wait_for(lambda: record.stat().st_size > 1000)  # a process of its own writes it
    assert len(list((folder / "files" / "media" / "images").glob("samples*.png"))) == len(run.samples())


def logging_run(fake: Callable[..., FakeRun], name: str) -> Run:
    """A run whose config.json names a tracker."""
    run = fake().start().finish().run
    path = run.path / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"log_to": name}))
    return Run(run.path)


class Broken:
    """A tracker that fails, or never answers."""

    look = ""

    def __init__(self, subject: Any) -> None:
        if "opening" in self.fails:
            raise RuntimeError("no room\nfor it")

    fails = "opening"

    def scalars(self, step: int, values: Any) -> None:
        if self.fails == "hanging":
            time.sleep(3)
        raise OSError("the disk is full")

    def close(self) -> None:
        raise OSError("still full")


@pytest.mark.parametrize(
    ("fails", "words"), [("opening", "no room for it"), ("writing", "the disk is full"), ("hanging", "it does not end")]
)
def test_a_tracker_that_fails_ends_no_training(
    fails: str, words: str, fake: Callable[..., FakeRun], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(OPEN, "trackio", Broken)
    monkeypatch.setattr(Broken, "fails", fails)
    with logged(logging_run(fake, "trackio"), goodbye=0.2) as log:
        log(Started(0, 10, "cpu", 100, {}))
        for step in range(3):
            log(Progress(step, 10, ((step, {"loss/G": 1.0}),), 1.0, 1.0, 1.0, 0))
    error = capsys.readouterr().err
    assert error == f"ganlab: logging to trackio has ended, and the training goes on: {words}\n"


def test_a_tracker_that_does_not_keep_up_is_left(
    fake: Callable[..., FakeRun], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(OPEN, "trackio", Broken)
    monkeypatch.setattr(Broken, "fails", "hanging")
    monkeypatch.setattr(log_to, "_MOST_WAITING", 5)
    begin = time.monotonic()
    with logged(logging_run(fake, "trackio"), goodbye=0.2) as log:
        log(Started(0, 10, "cpu", 100, {}))
        for step in range(50):
            log(Progress(step, 10, ((step, {"loss/G": 1.0}),), 1.0, 1.0, 1.0, 0))
    assert time.monotonic() - begin < 2 and "it does not keep up" in capsys.readouterr().err


@pytest.mark.parametrize("name", TRACKERS)
def test_what_is_not_installed_is_one_sentence_before_a_run_is_made(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("ganlab.runtime.trackers.find_spec", lambda package: None)
    assert set(OPEN) == set(TRACKERS)
    assert main(["train", "shapes", "--log-to", name, *QUICK]) == 2
    sentence = f"ganlab: Logging to {name} needs the package {name}: pip install 'ganlab-studio[{name}]'.\n"
    assert capsys.readouterr().err == sentence and not runs()
