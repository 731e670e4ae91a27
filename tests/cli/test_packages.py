"""The example package of examples/ is installed, trained, measured and taken away again; what it made stays readable."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import ganlab
from ganlab.__main__ import main
from ganlab.app.api.summary import detailed, summaries
from ganlab.app.views.runs.rows import Row
from ganlab.app.views.status_wording import packages_text
from ganlab.app.views.train.choice import recipe_names, recipe_title
from ganlab.metrics.features.classifier import ClassifierExtractor
from ganlab.runtime import checkpoint
from ganlab.runtime.launch import resume
from ganlab.runtime.run import Run
from ganlab.training.preflight import check
from tests.support import ROOT
from tests.support.packages import build_and_install, on_path, written

FEW = ["--steps", "4", "--batch-size", "4", "--width", "4", "--samples", "4", "--checkpoint-every", "2", "--device", "cpu"]
MISSING = "It needs the package ganlab-hinge for its family and data set: install it here"


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the example package in it."""
    folder = tmp_path_factory.mktemp("site")
    build_and_install(ROOT / "examples" / "ganlab-hinge", folder)
    return folder


@pytest.fixture(scope="module")
def made(installed: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """A run that was trained with the package; the package is gone."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GANLAB_RUNS", str(tmp_path_factory.mktemp("runs")))
        with on_path(installed):
            assert main(["train", "--recipe", "rings-quick", *FEW]) == 0
        yield ganlab.runs()[0]


def test_every_registry_finds_it(installed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with on_path(installed):
        assert {"hinge", "dcgan"} <= set(ganlab.FAMILIES) and {"rings", "shapes"} <= set(ganlab.DATASETS)
        assert ganlab.TrainConfig.of("hinge").betas == (0.0, 0.9)
        with pytest.raises(ValueError, match=r"TrainConfig\.of\('hinge'"):
            ganlab.TrainConfig(family="hinge")
        assert main(["recipes"]) == 0
        out, err = capsys.readouterr()
        assert "rings-quick" in out and "hinge" in out and not err
        assert "rings-quick" in recipe_names() and recipe_title("rings-quick") == "Example: Rings by a hinge GAN"
        images = ganlab.DATASETS["rings"].load(16).images
        assert images.shape == (1_000, 1, 16, 16) and images.float().mean() > 10
        check(ganlab.TrainConfig.of("cgan", dataset="shapes"))
        with pytest.raises(ValueError, match="cannot train CGAN, which needs labels"):
            check(ganlab.TrainConfig.of("cgan", dataset="rings"))
    assert "hinge" not in ganlab.FAMILIES and "rings" not in ganlab.DATASETS and "rings-quick" not in ganlab.RECIPES
    with pytest.raises(ValueError, match="family = 'hinge' is not one of gan, "):
        ganlab.TrainConfig.of("hinge")


def test_its_metric_measures_its_run(
    installed: Path,
    made: Run,
    small_encoder: ClassifierExtractor,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(ClassifierExtractor, "of_photos", lambda device: small_encoder)
    with on_path(installed):
        assert main(["evaluate", str(made.path), "--metrics", "variety-photos", "-n", "40", "--no-floors"]) == 0
        assert "photo-encoder variety of" in capsys.readouterr().out
    with pytest.raises(ValueError, match="metric = 'variety-photos' is not one of"):
        ganlab.evaluate(made, metrics=["variety-photos"], n=40)


def test_without_the_package_its_run_is_shown_and_says_what_is_missing(
    made: Run, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GANLAB_RUNS", str(made.path.parent))
    assert made.settings.packages == {"family": "ganlab-hinge", "dataset": "ganlab-hinge"}
    assert checkpoint.read_info(made.checkpoints()[-1]).packages == made.settings.packages
    assert packages_text(made.settings.packages).startswith(MISSING)
    assert main(["runs"]) == 0
    out, err = capsys.readouterr()
    assert "finished" in out and MISSING in out and not err
    row = Row.of(made)
    assert isinstance(row, Row) and row.message.startswith(MISSING) and row.cells["status"] == "Finished"
    (item,) = summaries().items
    assert item["about"] == "hinge on rings" and item["status"]["state"] == "finished"
    assert detailed(made)["quantities"]["objective"] == ""
    assert made.metrics() and made.sheet()
    for refused in (lambda: made.config, lambda: ganlab.Pipeline.load(made), lambda: ganlab.evaluate(made, n=40)):
        with pytest.raises(ValueError, match=r"It needs the package ganlab-hinge for its family( and data set)?: install"):
            refused()
    (made.path / "metrics.sqlite").rename(made.path / "kept")  # as if it had ended early
    try:
        with pytest.raises(ValueError, match=MISSING):
            resume(made)
    finally:
        (made.path / "kept").rename(made.path / "metrics.sqlite")


def test_a_broken_package_costs_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    points = {"ganlab.families": {"dcgan": "X", "new": "X"}, "ganlab.datasets": {"shapes": "X"}, "ganlab.recipes": {"r": "X"}}
    written(tmp_path, "broken-one", "X = 3\n", points)
    with on_path(tmp_path):
        assert main(["recipes"]) == 0
        out, err = capsys.readouterr()
        assert "digits-quick" in out
        assert "ganlab: The package broken-one adds a recipe 'r', which is left out: broken_one:X is of the type int" in err
        with pytest.raises(ValueError, match=r"family = 'new' is not one of .*The package broken-one adds a family 'new', which"):
            ganlab.TrainConfig.of("new")
        assert ganlab.TrainConfig.of("dcgan").lr == 2e-4
