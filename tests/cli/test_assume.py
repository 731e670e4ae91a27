"""What a file of weights leaves open, in every verb that reads one: printed, settled by `--assume`, kept with results."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnx
import pytest
from PIL import Image

from ganlab.__main__ import main
from ganlab.metrics.value import Value
from ganlab.models.export_onnx import DECISIONS
from tests.metrics.test_image_folder import fill
from tests.support.left_open import left_open

__all__ = ["left_open"]

ASSUMED = "assumed: activation LeakyReLU 0.2, distribution of z standard normal; not in the file"


def drawn(file: Path, folder: Path, *assume: str) -> np.ndarray:
    flags = [word for text in assume for word in ("--assume", text)]
    assert main(["sample", str(file), "-n", "4", "-o", str(folder / "sheet.png"), *flags]) == 0
    return np.asarray(Image.open(folder / "sheet.png")).astype(int)


def test_sample_prints_what_it_assumes_and_what_is_unused(
    left_open: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plain = drawn(left_open, tmp_path)
    said = capsys.readouterr().err.splitlines()
    assert said[0] == ASSUMED and said[1] == "found in the file's numbers: epsilon of the norms 1e-05"
    assert said[2] == "unused: 4 tensors (aux.weight, aux.bias, \\x1b[31mred.weight, …)"
    changed = drawn(left_open, tmp_path, "activation=relu", "z=uniform(-1,1)")
    assert "chosen: activation ReLU, distribution of z uniform from -1 to 1\n" in capsys.readouterr().err
    assert np.abs(plain - changed).max() > 5


@pytest.mark.parametrize(
    ("model", "flags", "words"),
    [
        ("file", ["activation"], "--assume 'activation' is not SETTING=VALUE"),
        ("file", ["=relu"], "is not SETTING=VALUE"),
        ("file", ["activation=relu", "activation=tanh"], "names two values for activation: relu and tanh."),
        ("file", ["activation=cubic"], "generator.pth cannot have activation = cubic."),
        ("digits-quick", ["activation=relu"], "digits-quick is a checkpoint of GANLab, which leaves nothing open"),
    ],
)
def test_what_cannot_be_assumed_is_refused(
    left_open: Path, tmp_path: Path, model: str, flags: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    flags = [word for text in flags for word in ("--assume", text)]
    source = str(left_open) if model == "file" else model
    assert main(["sample", source, "-n", "2", "-o", str(tmp_path / "sheet.png"), *flags]) == 2
    assert words in capsys.readouterr().err


def test_evaluate_keeps_the_assumptions_with_every_value(
    left_open: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = fill(tmp_path / "pictures", [(28, 28)] * 30)
    metrics = "frechet-lenet-mnist,kid-lenet-mnist"
    asked = ["--reference", str(folder), "-n", "60", "--metrics", metrics, "--no-floors"]
    files = ["--json", str(tmp_path / "values.json"), "--csv", str(tmp_path / "values.csv"), "--latex", str(tmp_path / "t.tex")]
    assert main(["evaluate", str(left_open), *asked, *files, "--assume", "z=uniform(-1,1)"]) == 0
    said = capsys.readouterr()
    left = "assumed activation=leaky_relu(0.2); chosen z=uniform(-1,1); unused tensors 4"
    lines = said.out.splitlines()
    assert len(lines) == 2 and all(line.endswith(f"; {left})") and "at step" not in line for line in lines)
    assert "generator.pth: assumed: activation LeakyReLU 0.2; not in the file" in said.err
    stored = json.loads((tmp_path / "values.json").read_text())
    values = [Value.from_dict(fields) for fields in stored]
    assert stored[0]["unused"] == 4 and stored[0]["decisions"][0] == ["activation", "leaky_relu(0.2)", "assumed"]
    assert values[0].left_open == left and Value.from_dict(values[0].to_dict()) == values[0]
    assert left in (tmp_path / "values.csv").read_text() and "chosen z=uniform(-1,1)" in (tmp_path / "t.tex").read_text()


def test_an_export_states_what_was_decided(left_open: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "generator.onnx"
    assert main(["export", "--onnx", str(left_open), "-o", str(target), "--assume", "activation=tanh"]) == 0
    kept = {prop.key: prop.value for prop in onnx.load(target).metadata_props}
    assert json.loads(kept[DECISIONS])[0] == {
        "setting": "activation",
        "value": "tanh",
        "options": ["relu", "leaky_relu(0.2)", "tanh"],
        "basis": "chosen",
    }
    assert kept["ganlab.unused_tensors"] == "4"
    assert main(["sample", str(target), "-n", "2", "-o", str(tmp_path / "sheet.png")]) in (0, 2)
