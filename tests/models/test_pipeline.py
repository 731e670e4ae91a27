from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from ganlab import RECIPES, Pipeline, Run
from ganlab.core.events import Checkpoint
from ganlab.models import catalogue as models
from ganlab.models.catalogue import find
from ganlab.models.drawing import UNIFORM
from ganlab.runtime.worker import work
from tests.support.digit_reader import DigitReader
from tests.support.left_open import left_open
from tests.support.small import small

__all__ = ["left_open"]

PHOTO = Image.effect_noise((64, 64), 80).convert("RGB")


def trained(family: str = "dcgan", **changes: object) -> Run:
    run = Run.create(small(family, **{"steps": 3, "image_size": 16, **changes}))
    work(run)
    assert run.status().state == "finished", run.status()
    return run


@pytest.mark.parametrize("family", ["gan", "dcgan", "lsgan", "cgan", "wgan-gp"])
def test_a_run_becomes_a_pipeline_that_keeps_its_promises(family: str) -> None:
    run = trained(family)
    pipeline = Pipeline.load(run.id)
    assert not pipeline.generator.training and pipeline.step == 3
    images = pipeline.generate(pipeline.latents(5, seed=7))
    assert images.shape == (5, 1, 16, 16) and images.dtype == torch.uint8
    assert torch.equal(images, Pipeline.load(run.path).generate(pipeline.latents(5, seed=7)))
    assert torch.equal(pipeline.latents(9, seed=7)[:5], pipeline.latents(5, seed=7))  # row i depends on no n
    assert not torch.equal(pipeline.latents(5, seed=8), pipeline.latents(5, seed=7))
    assert [image.size for image in pipeline.sample(3, seed=1)] == [(16, 16)] * 3


def test_what_is_loaded_is_what_was_trained() -> None:
    config = small(steps=3, image_size=16)
    last = [event for event in __import__("ganlab").train(config) if isinstance(event, Checkpoint)][-1]
    run = Run.create(config)
    work(run)
    for name, tensor in Pipeline.load(run.id).generator.state_dict().items():
        assert torch.equal(tensor, last.model[f"G.{name}"])


def test_labels_are_asked_for_by_range_and_default_to_all_in_turn() -> None:
    pipeline = Pipeline.load(trained("cgan").id)
    z = pipeline.latents(10, seed=0)
    assert torch.equal(pipeline.generate(z), pipeline.generate(z, range(10)))
    assert torch.equal(pipeline.generate(z, 3), pipeline.generate(z, [3] * 10))
    assert pipeline.labels[0] == "circle"
    for wrong in (-1, 10):
        with pytest.raises(ValueError, match=rf"label = {wrong} is out of range: 0 to 9"):
            pipeline.generate(z, wrong)
    with pytest.raises(ValueError, match="label has 2 entries for 10 pictures"):
        pipeline.generate(z, [1, 2])


def test_mistakes_are_named() -> None:
    run = trained()
    pipeline = Pipeline.load(run.id)
    with pytest.raises(ValueError, match="is not conditional: it takes no label"):
        pipeline.sample(1, label=3)
    with pytest.raises(ValueError, match=r"z has shape \(2, 5\), but .* wants \(n, 100\)"):
        pipeline.generate(torch.zeros(2, 5))
    checkpoint = run.checkpoints()[-1] / "config.json"
    checkpoint.write_text(checkpoint.read_text().replace('"width": 8', '"width": 16'))
    with pytest.raises(ValueError, match=r"The tensors of .+ do not fit its config.json"):
        Pipeline.load(run.id)
    with pytest.raises(ValueError, match="There is no model 'nothing'"):
        find("nothing")


@pytest.mark.parametrize("family", ["gan", "dcgan", "cgan"])
def test_directions_are_unit_orthogonal_and_ordered_by_influence(family: str) -> None:
    pipeline = Pipeline.load(trained(family).id)
    directions = pipeline.directions
    torch.testing.assert_close(directions @ directions.T, torch.eye(len(directions)), atol=1e-4, rtol=0)
    first = next(layer for layer in pipeline.generator.modules() if isinstance(layer, torch.nn.Linear))
    stretch = (first.weight[:, : pipeline.z_dim] @ directions.T).norm(dim=0)
    assert (stretch.diff() <= 1e-4).all()
    assert torch.equal(directions, Pipeline.load(pipeline.name).directions)


def test_every_model_is_listed_with_a_picture() -> None:
    run = trained()
    mine = next(model for model in models.models() if model.name == run.id)
    assert mine.origin == "run" and mine.picture is not None and mine.picture.is_file()


def test_shipped_models_draw() -> None:
    for model in models.models():
        assert model.origin == "shipped"
        pipeline = Pipeline.load(model.name)
        drawn = [pipeline.translate(PHOTO, way) for way in pipeline.routes] if model.translates else pipeline.sample(2)
        assert drawn and model.picture is not None and all(picture.convert("L").getextrema()[1] > 0 for picture in drawn)


def test_real_digits_are_learned_in_100_steps(real_data: Path, foreign_weights: Path) -> None:
    # The acceptance figures (a minute of digits-quick) are benchmarks/digits.py's business; this is the smoke of that fire.
    run = Run.create(RECIPES["digits-quick-conditional"].config.replace(steps=100, fid_every=0, device="cpu"))
    work(run)
    pipeline = Pipeline.load(run.id)
    asked = torch.arange(500) % 10
    reading = DigitReader(foreign_weights).read(pipeline.generate(pipeline.latents(500, seed=3), asked), asked)
    assert reading.confidence > 0.75 and reading.accuracy > 0.5, str(reading)


def test_foreign_weights_carry_what_was_decided(left_open: Path) -> None:
    assumed = Pipeline.load(left_open)
    assert [decision.setting for decision in assumed.decisions] == ["activation", "z", "epsilon"] and len(assumed.unused) == 4
    chosen = Pipeline.load(left_open, assume={"activation": "relu"})
    z = assumed.latents(8, 0)
    assert torch.equal(z, chosen.latents(8, 0)) and not torch.equal(assumed.generate(z), chosen.generate(z))
    with pytest.raises(ValueError, match="leaves nothing open: activation cannot be assumed"):
        Pipeline.load("digits-quick", assume={"activation": "relu"})
    assert Pipeline.load("digits-quick").decisions == ()


@pytest.mark.parametrize(("value", "bounds"), UNIFORM.items())
def test_z_is_uniform_where_that_was_decided(left_open: Path, value: str, bounds: tuple[float, float]) -> None:
    pipeline, (low, high) = Pipeline.load(left_open, assume={"z": value}), bounds
    z = pipeline.latents(2000, 3)
    assert low <= z.min() < z.max() <= high and abs(z.std() - (high - low) / 12**0.5) < 0.01
    assert abs(z.mean() - (low + high) / 2) < 0.02
    assert torch.equal(z[5:6], torch.stack(list(pipeline.latents(6, 3)))[5:6])  # a seed is a promise, whatever n is


def test_a_file_of_a_checkpoint_means_the_checkpoint() -> None:
    folder = find("digits-quick")
    assert find(folder / "model.safetensors") == folder
    assert Pipeline.load(folder / "model.safetensors").title == Pipeline.load("digits-quick").title


@pytest.fixture(scope="module")
def shapes() -> Pipeline:
    return Pipeline.load("shapes-quick", device="auto")


def test_labels_have_names(shapes: Pipeline) -> None:
    z = shapes.latents(2, 0)
    for label in ("ring", ["ring", 7], "7", [7, 7]):
        assert torch.equal(shapes.generate(z, label), shapes.generate(z, 7))
    with pytest.raises(ValueError, match=r"label = 'rng' is not one of circle, .*\. Perhaps 'ring' is meant\."):
        shapes.sample(2, label="rng")


def test_each_picture_may_have_a_seed_of_its_own(shapes: Pipeline) -> None:
    both = shapes(2, [5, 9], label=0)
    assert [both[0].tobytes(), both[1].tobytes()] == [shapes.sample(1, seed, label=0)[0].tobytes() for seed in (5, 9)]
    with pytest.raises(ValueError, match="seed has 1 entries for 2 pictures"):
        shapes.sample(2, [5])


def test_a_grid_has_a_column_for_each_class(shapes: Pipeline) -> None:
    side = shapes.spec.image_size + 2
    assert shapes.grid(20).size == (10 * side + 2, 2 * side + 2) and shapes.grid(9, label="star").size == (
        3 * side + 2,
        3 * side + 2,
    )
    assert shapes._repr_png_().startswith(b"\x89PNG")  # type: ignore[union-attr]
    assert "circle" in repr(shapes) and Pipeline.load("horse2zebra-light")._repr_png_() is None


def test_what_is_saved_is_loaded_to_equal_pictures(shapes: Pipeline, tmp_path: Path, left_open: Path) -> None:
    shapes.save_pretrained(tmp_path / "saved")
    again, z = Pipeline.load(tmp_path / "saved"), shapes.latents(3, 1)
    assert torch.equal(again.generate(z, 2), shapes.generate(z, 2)) and again.labels == shapes.labels
    with pytest.raises(ValueError, match="another project's weights"):
        Pipeline.load(left_open).save_pretrained(tmp_path / "other")


def test_wrong_calls_name_the_right_ones(shapes: Pipeline) -> None:
    with pytest.raises(ValueError, match=r"Pipeline\.load\('digits-quick'\)"):
        Pipeline("digits-quick")  # type: ignore[call-arg, arg-type]
    with pytest.raises(ValueError, match=r"z has shape \(2, 3\), but shapes-quick wants"):
        shapes.generator(torch.randn(2, 3), torch.zeros(2, dtype=torch.long))
    with pytest.raises(ValueError, match=r"draws the classes that are asked for: give labels \(2,\) beside z"):
        shapes.generator(torch.randn(2, 16))
    with pytest.raises(ValueError, match="device = 'cuda:9' is not on this machine"):
        shapes.to("cuda:9")
    assert shapes.to("cpu") is shapes
    for call, words in {
        "n = 0 is out of range: at least 1": {"n": 0},
        "n = '4' is not a whole number": {"n": "4"},
        "seed = None is not a whole number": {"seed": None},
        "seed = 1.5 is not a whole number": {"seed": [1.5]},
        "label = 1.5 is not a whole number": {"label": 1.5},
        "truncation = 'x' is not a number": {"truncation": "x"},
        "labels is no argument of sample, which takes n, seed, label, truncation; perhaps label is meant": {"labels": 3},
    }.items():
        with pytest.raises(ValueError, match=call):
            shapes.sample(**words)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"z is of type int: give a tensor \(n, 16\), as latents"):
        shapes.generate(4)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="source is of type Linear"):
        Pipeline.load(torch.nn.Linear(1, 1))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="image is of type list: give one picture"):
        Pipeline.load("horse2zebra-light").translate(["a.png"])  # type: ignore[arg-type]


def test_numbers_of_numpy_and_either_precision_mean_the_same(shapes: Pipeline) -> None:
    z = shapes.latents(3, np.int64(7))  # type: ignore[arg-type]
    assert torch.equal(z, shapes.latents(3, 7))
    for given in (z.double(), z.numpy()):
        assert torch.equal(shapes.generate(given, np.array([1, 2, 3])), shapes.generate(z, [1, 2, 3]))  # type: ignore[arg-type]
    assert shapes.to(torch.device("cpu")).device == "cpu" and Pipeline.load("horse2zebra-light")(PHOTO).size == PHOTO.size


def test_pictures_are_saved_as_a_sheet(shapes: Pipeline, tmp_path: Path) -> None:
    pictures = shapes.sample(20)
    pictures.save(tmp_path / "sheet.png")
    assert Image.open(tmp_path / "sheet.png").tobytes() == pictures.sheet().tobytes()
    assert pictures.sheet(10).tobytes() == shapes.grid(20).tobytes() and pictures._repr_png_()
