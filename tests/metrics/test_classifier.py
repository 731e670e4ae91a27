"""The shipped classifier keeps its promises; another can be trained; nobody takes it for a generator."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from ganlab.cli.main import main
from ganlab.core.events import Loading
from ganlab.metrics.features import train_classifier as training
from ganlab.metrics.features.classifier import SHIPPED, ClassifierExtractor, trained_here
from ganlab.metrics.features.extractor import Extractor
from ganlab.metrics.features.train_classifier import train_classifier
from ganlab.models.catalogue import models
from tests.support.loading import drain, loaded


def test_the_shipped_one_is_as_accurate_as_its_card_says(real_data: Path) -> None:
    classifier = ClassifierExtractor.load("mnist")
    test = loaded("mnist", split="test")
    assert test.labels is not None
    right = int((classifier(test.images).logits.argmax(1) == test.labels).sum())
    assert right / 10_000 == pytest.approx(classifier.about.accuracy, abs=2e-4)
    assert classifier.about.accuracy > 0.99
    card = (SHIPPED / "lenet-mnist" / "README.md").read_text()
    assert f"{100 * classifier.about.accuracy:.2f} %" in card


def test_every_feature_varies_by_about_one_over_real_digits(real_data: Path) -> None:
    rows = ClassifierExtractor.load("mnist")(loaded("mnist").images[:5000]).rows
    assert rows.shape == (5000, 132)
    assert (rows.std(0) <= 1.15).all() and rows.std(0).median() > 0.9


def test_size_and_channels_of_the_images_hardly_matter() -> None:
    classifier: Extractor = ClassifierExtractor.load("mnist")
    grey = torch.zeros(2, 1, 28, 28, dtype=torch.uint8)
    grey[0, :, 4:24, 12:16] = 255
    rows = classifier(grey).rows
    assert torch.allclose(classifier(grey.expand(-1, 3, -1, -1)).rows, rows, atol=1e-3)
    large = grey.repeat_interleave(2, 2).repeat_interleave(2, 3)
    assert (classifier(large).rows - rows).norm() < 0.2 * (rows[0] - rows[1]).norm()
    assert len({classifier.sha, ""}) == 2 and classifier.resize == "bilinear 28"


def test_it_is_not_among_the_models_to_play_with() -> None:
    assert not [model for model in models() if "lenet" in model.name]


def test_what_is_not_trained_says_how() -> None:
    with pytest.raises(
        ValueError, match=r"no classifier lenet-fashion-mnist: train it with `ganlab train-classifier fashion-mnist`"
    ):
        ClassifierExtractor.load("fashion-mnist")


def test_another_is_trained_from_the_command_line_and_found(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def few(dataset: str, split: str, data_path: str) -> Iterator[Any]:
        yield Loading("training_classifier", "few")
        return loaded(dataset, channels=1, split=split, limit=1000)

    monkeypatch.setattr(training, "_load", few)
    assert main(["train-classifier", "shapes", "--epochs", "6", "--device", "cpu"]) == 0
    printed = capsys.readouterr().out
    assert f"Wrote lenet-shapes to {trained_here('shapes')}: " in printed
    classifier = ClassifierExtractor.load("shapes")
    assert classifier.name == "lenet-shapes" and classifier.about.accuracy > 0.5  # of ten kinds of shape
    assert f"{classifier.about.accuracy:.2%} of 1,000 test images" in printed
    again, about = drain(train_classifier("shapes", epochs=6, device="cpu"))[0]
    assert about.accuracy == classifier.about.accuracy  # the seed decides
    assert all(torch.equal(tensor, classifier._network.state_dict()[name]) for name, tensor in again.state_dict().items())


@pytest.mark.parametrize(("dataset", "problem"), [("celeba", "has no labels"), ("letters", "is not one of mnist")])
def test_data_that_cannot_be_learned_is_one_sentence(dataset: str, problem: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train-classifier", dataset]) == 2
    assert problem in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "damage"),
    [
        ("model.safetensors", "rubbish"),
        ("classifier.json", "{"),
        ("classifier.json", "[]"),
        ("classifier.json", '{"format": "other"}'),
    ],
)
def test_damaged_files_are_one_sentence(name: str, damage: str) -> None:
    place = trained_here("letters")
    shutil.copytree(SHIPPED / "lenet-mnist", place)
    about = json.loads((place / "classifier.json").read_text()) | {"dataset": "letters"}
    (place / "classifier.json").write_text(json.dumps(about))
    assert ClassifierExtractor.load("letters").name == "lenet-letters"
    (place / name).write_text(damage)
    with pytest.raises(ValueError, match="train"):
        ClassifierExtractor.load("letters")
