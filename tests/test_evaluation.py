"""`ganlab evaluate`: models, foreign weights and folders against data sets and folders; what cannot be measured says so."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from small import small

from ganlab import Run
from ganlab.__main__ import main
from ganlab.metrics.value import Value
from ganlab.process import work


def test_a_model_is_held_against_the_data_it_learned(real_data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "values.json"
    asked = ["-n", "300", "--split", "test", "--metrics", "frechet-lenet,accuracy-lenet", "--json", str(file)]
    assert main(["evaluate", "digits-quick-conditional", *asked]) == 0
    said = capsys.readouterr().out
    assert "lenet-mnist distance of digits-quick-conditional at step 750" in said
    assert "300 images against 10,000 of mnist test, 28 px" in said
    distance, accuracy = map(Value.from_dict, json.loads(file.read_text()))
    assert accuracy.value > 0.9 and accuracy.higher_is_better and 0 < distance.value < 40


def test_folders_are_held_against_each_other(real_data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for seed in ("1", "2"):
        assert main(["sample", "digits-quick", "-n", "40", "--seed", seed, "-o", str(tmp_path / seed)]) == 0
    arguments = ["--reference", str(tmp_path / "2"), "--metrics", "frechet-lenet-mnist"]
    assert main(["evaluate", str(tmp_path / "1"), *arguments]) == 0
    assert "40 images against 40 of 2" in capsys.readouterr().out


def test_what_cannot_be_measured_is_said_in_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "pictures").mkdir()
    run = Run.create(small("cyclegan", architecture="light", steps=1))
    work(run)
    for arguments, sentence in (
        ([str(tmp_path / "pictures")], "name what to hold it against"),
        ([run.id], "translate a folder with it first"),
        (["digits-quick", "--metrics", "nonsense"], "metric = 'nonsense' is not one of frechet-lenet"),
        (["digits-quick", "--reference", "nowhere"], "reference = 'nowhere' is neither one of"),
        (["digits-quick", "-n", "1"], "-n 1 is out of range"),
    ):
        assert main(["evaluate", *arguments]) == 2
        said = capsys.readouterr().err
        assert sentence in said and said.count("\n") == 1
