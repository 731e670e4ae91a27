"""A shipped model: the checkpoint of a recipe's run, small, with D, a picture and a card that says how to do it again."""

from __future__ import annotations

import re
import runpy
import sys
from collections.abc import Generator
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from ganlab.__main__ import main
from ganlab.cli.progress import driven
from ganlab.core.events import Loading
from ganlab.metrics.value import Value
from ganlab.models.cards import read as reading
from ganlab.models.catalogue import NAMES, SHIPPED
from ganlab.models.pipeline import Pipeline
from ganlab.models.publish import ship as shipping
from ganlab.models.publish.ship import ship
from ganlab.runtime.run import Run
from ganlab.runtime.worker import work
from ganlab.training.recipes import RECIPES
from tests.support.digit_reader import DigitReader
from tests.support.small import small


@pytest.mark.parametrize("family", ["cgan", "pix2pix"])
def test_what_is_shipped_draws_what_was_trained_and_says_how(tmp_path: Path, family: str) -> None:
    run = Run.create(small(family, steps=10), root=tmp_path / "runs")
    work(run)
    made = driven(ship(run.checkpoints()[-1], "shapes-quick", tmp_path / "shipped"))
    trained, shipped = Pipeline.load(run.checkpoints()[-1]), Pipeline.load(made)
    assert shipped.discriminators.keys() == {"D"} and not (made / "training_state.pt").exists()
    if family == "cgan":
        z = trained.latents(20, 3)
        assert (trained.generate(z).int() - shipped.generate(z).int()).abs().max() <= 1
        assert (made / "samples.png").read_bytes()[:4] == b"\x89PNG"
    card = (made / "README.md").read_text()
    assert "ganlab train --recipe shapes-quick" in card and str(tmp_path) not in card
    assert reading.read(made / "README.md").licence == reading.read(SHIPPED / "shapes-quick" / "README.md").licence
    assert sum(file.stat().st_size for file in made.glob("*.safetensors")) < sum(
        tensor.numel() * 4 for network in (trained, shipped) for tensor in network.generator.state_dict().values()
    )


def test_what_a_person_wrote_stays_when_a_model_is_made_anew(tmp_path: Path) -> None:
    """Its licence and attribution, its words, its summary and the drawn pictures that a translator's example begins with."""
    run = Run.create(small("pix2pix", steps=10), root=tmp_path / "runs")
    work(run)
    made = driven(ship(run.checkpoints()[-1], "facades-light", tmp_path / "shipped"))
    before, after = (reading.read(folder / "README.md") for folder in (SHIPPED / "facades-light", made))
    assert (after.licence, after.summary, after.words) == ("other", before.summary, before.words)
    assert "Tylecek" in after.words and "walls, windows, doors" in after.words
    assert "![Samples](samples.png)" in (made / "README.md").read_text()
    with Image.open(made / "samples.png") as sheet, Image.open(SHIPPED / "facades-light" / "samples.png") as shipped:
        assert sheet.size == shipped.size
        assert sheet.crop((0, 0, 522, 131)).tobytes() == shipped.convert("RGB").crop((0, 0, 522, 131)).tobytes()
    own = made / "README.md"
    own.write_text(own.read_text().replace("license: other", "license: cc-by-nc-4.0").replace("walls", "fences"))
    again = reading.read(driven(ship(run.checkpoints()[-1], "facades-light", tmp_path / "shipped")) / "README.md")
    assert again.licence == "cc-by-nc-4.0" and "fences, windows" in again.words
    unknown = driven(ship(run.checkpoints()[-1], "never-shipped", tmp_path / "shipped"))
    assert reading.read(unknown / "README.md").licence == "other" and not (unknown / "samples.png").exists()


def test_the_example_of_facades_is_what_the_shipped_model_makes_of_the_drawn_plans() -> None:
    folder = SHIPPED / "facades-light"
    made = shipping._translated(Pipeline.load(folder), folder / shipping.SOURCE)
    with Image.open(folder / "samples.png") as shown:
        assert np.abs(np.asarray(made, int) - np.asarray(shown.convert("RGB"), int)).max() <= 2  # another CPU may round otherwise


def test_what_is_measured_is_what_is_shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def measured(subject: str, _: object) -> Generator[Loading, None, list[Value]]:
        yield Loading()
        asked.append(subject)
        return []

    monkeypatch.setattr(shipping, "evaluate", measured)
    monkeypatch.setattr(shipping, "has_classifier", lambda _: True)
    run = Run.create(small("cgan", steps=2), root=tmp_path / "runs")
    work(run)
    made = driven(ship(run.checkpoints()[-1], "shapes-quick", tmp_path / "shipped"))
    assert asked == [str(made)]


def test_every_shipped_model_is_there_with_its_card_and_none_is_large() -> None:
    assert {path.name for path in SHIPPED.iterdir()} == set(NAMES)
    for name in NAMES:
        assert name in RECIPES and f"--recipe {name}" in (SHIPPED / name / "README.md").read_text()
    assert sum(file.stat().st_size for file in SHIPPED.rglob("*") if file.is_file()) <= 60e6


def test_only_shipped_models_can_be_made_anew(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["zoo", "train", "column-gan"]) == 2
    assert "Not a shipped model: column-gan. The shipped ones are: digits-cgan" in capsys.readouterr().err


def test_every_card_says_how_good_the_model_is_and_under_which_licence() -> None:
    for name in NAMES:
        about = reading.read(SHIPPED / name / "README.md")
        assert about.summary.endswith(".") and about.licence, name
        assert "distance" not in about.summary and "±" not in about.summary, name  # for people who choose, not for a table
    of_others = {name for name in NAMES if reading.read(SHIPPED / name / "README.md").licence != "mit"}
    assert of_others == {"facades-light", "horse2zebra-light"}


def test_the_shipped_conditional_one_draws_the_asked_digit(foreign_weights: Path) -> None:
    pipeline = Pipeline.load("digits-cgan")
    labels = torch.arange(2000) % 10
    assert DigitReader(foreign_weights).read(pipeline.generate(pipeline.latents(2000, 2), labels), labels).accuracy >= 0.99


def test_what_a_card_says_of_the_independent_reader_is_what_its_command_prints(
    foreign_weights: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    benchmark = runpy.run_path(str(SHIPPED.parent / "benchmarks" / "digits.py"))
    for name in ("digits-quick", "digits-gan"):  # the others' take longer
        card = (SHIPPED / name / "README.md").read_text()
        command = re.search(r"`python benchmarks/digits.py FOLDER (.*?)`", card)
        claim = re.search(r"2,000 samples of seed 1: (mean top probability .*)", card)
        assert command and claim
        monkeypatch.setattr(sys, "argv", ["digits.py", str(foreign_weights), *command[1].split()])
        benchmark["main"]()
        output, printed = (
            numbers(text.partition("mean top")[2].partition(": ")[0]) for text in (claim[1], capsys.readouterr().out)
        )
        assert output == pytest.approx(printed, abs=0.15), name  # of 100; another CPU may round a picture otherwise


def numbers(text: str) -> list[float]:
    return [float(number) for number in re.findall(r"[\d.]+", text)]


def test_a_cards_command_measures_what_the_card_says(real_data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With fewer pictures, so only what does not depend on their number: label accuracy."""
    card = (SHIPPED / "digits-cgan" / "README.md").read_text()
    command = re.search(r"`ganlab (evaluate .*?)`", card)
    claim = re.search(r"label accuracy .*?: ([\d.]+) ", card)
    assert command and claim and "accuracy-lenet" in command[1]
    arguments = [word if "-lenet" not in word else "accuracy-lenet" for word in command[1].split()]
    assert main([*arguments, "-n", "1000", "--no-floors"]) == 0
    printed = re.search(r"label accuracy .*?: ([\d.]+) ", capsys.readouterr().out)
    assert printed and float(printed[1]) == pytest.approx(float(claim[1]), abs=0.006)


def test_the_shipped_dcgan_draws_every_digit_and_none_too_often() -> None:
    from ganlab.metrics.features.classifier import ClassifierExtractor

    pipeline, reader = Pipeline.load("digits-dcgan"), ClassifierExtractor.load("mnist")
    shares = reader(pipeline.generate(pipeline.latents(1000, 2))).logits.argmax(1).bincount(minlength=10) / 1000
    assert shares.min() >= 0.02 and shares.max() <= 0.2
