"""Several photos through one or two models: the table, the files, what is left out and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr
import pytest
from PIL import Image

from ganlab.app.playground.translate_many import run_many
from ganlab.app.playground.translated import picture_file, time_in_words
from ganlab.app.security import quotas
from ganlab.runtime.run import Run
from ganlab.runtime.worker import work
from tests.support.small import small


@pytest.fixture
def models() -> list[str]:
    """A model for both directions, and one that leads the other way alone."""
    runs = [Run.create(small("cyclegan", architecture="light", steps=1)), Run.create(small("pix2pix", steps=1, direction="BtoA"))]
    for run in runs:
        work(run)
    return [run.id for run in runs]


def silent(*_: Any, **__: Any) -> None:
    """Progress that is not shown."""


def test_two_models_stand_side_by_side_and_a_bad_file_is_left_out(models: list[str], tmp_path: Path) -> None:
    files = [tmp_path / "one.png", tmp_path / "two.jpg", tmp_path / "three.png"]
    for file, size in zip(files[:2], ((90, 60), (41, 77)), strict=True):
        Image.effect_noise(size, 80).convert("RGB").save(file)
    files[2].write_bytes(b"\x89PNG\r\n\x1a\n nothing")
    table, made, words = run_many([str(file) for file in files], *models, "AtoB", 0, silent)
    assert table["columns"] == 3 and len(table["value"]) == 2 * 3 and len(made["value"]) == 4
    assert [caption for _, caption in table["value"][:3]] == [
        "one",
        f"{models[0]}: plain to striped",
        f"{models[1]}: filled to outline",
    ]
    assert [Image.open(path).size for path in made["value"]] == [(90, 60), (90, 60), (41, 77), (41, 77)]
    assert words.startswith("2 photos in ") and "three is left out: " in words


def test_one_model_and_no_photo_and_too_many(models: list[str], tmp_path: Path) -> None:
    Image.new("RGB", (40, 40), "brown").save(tmp_path / "one.png")
    photo, most = str(tmp_path / "one.png"), quotas.most("photos", "seat")
    table, made, words = run_many([photo], models[0], "", "BtoA", 64, silent)
    assert table["columns"] == 2 and len(made["value"]) == 1 and words.startswith("1 photo in ")
    assert "first" in run_many(None, models[0], "")[2]
    with pytest.raises(gr.Error, match=f"choose up to {most} at a time"):
        run_many([photo] * (most + 1), models[0], "", "AtoB", 0, silent)
    with pytest.raises(gr.Error, match="nobody"):
        run_many([photo], "nobody", "", "AtoB", 0, silent)


def test_large_pictures_are_written_as_jpeg() -> None:
    assert Path(picture_file(Image.new("RGB", (100, 100)))).suffix == ".png"
    assert Path(picture_file(Image.new("RGB", (2000, 1500)))).suffix == ".jpg"


def test_times_in_words() -> None:
    assert [time_in_words(seconds) for seconds in (0.2, 0.95, 12.4, 150)] == [
        "less than 1 s",
        "about 1 s",
        "about 12 s",
        "about 2.5 min",
    ]
