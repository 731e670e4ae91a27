"""A shipped model: the checkpoint of a recipe's run, small, with D, a picture and a card that says how to do it again."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from small import small

from ganlab.__main__ import main
from ganlab.models import NAMES, SHIPPED
from ganlab.pipeline import Pipeline
from ganlab.process import work
from ganlab.recipes import RECIPES
from ganlab.run import Run
from ganlab.shipping import ship
from ganlab.terminal import driven


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
    assert sum(file.stat().st_size for file in made.glob("*.safetensors")) < sum(
        tensor.numel() * 4 for network in (trained, shipped) for tensor in network.generator.state_dict().values()
    )


def test_every_shipped_model_is_there_with_its_card_and_none_is_large() -> None:
    assert {path.name for path in SHIPPED.iterdir()} == set(NAMES)
    for name in NAMES:
        assert name in RECIPES and f"--recipe {name}" in (SHIPPED / name / "README.md").read_text()
    assert sum(file.stat().st_size for file in SHIPPED.rglob("*") if file.is_file()) <= 60e6


def test_only_shipped_models_can_be_made_anew(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["zoo", "train", "column-gan"]) == 2
    assert "column-gan is not shipped; these are: digits-cgan" in capsys.readouterr().err


def test_the_shipped_conditional_one_draws_the_asked_digit() -> None:
    from ganlab.metrics.lenet import LenetExtractor

    pipeline, reader = Pipeline.load("digits-cgan"), LenetExtractor.load("mnist")
    labels = torch.arange(1000) % 10
    read = reader(pipeline.generate(pipeline.latents(1000, 2), labels.tolist())).logits.argmax(1)
    assert (read == labels).float().mean() >= 0.98


def test_the_shipped_dcgan_draws_every_digit_and_none_too_often() -> None:
    from ganlab.metrics.lenet import LenetExtractor

    pipeline, reader = Pipeline.load("digits-dcgan"), LenetExtractor.load("mnist")
    shares = reader(pipeline.generate(pipeline.latents(1000, 2))).logits.argmax(1).bincount(minlength=10) / 1000
    assert shares.min() >= 0.02 and shares.max() <= 0.2
