"""What newcomers type wrong, through every verb: one sentence each, no traceback, and nothing is left behind."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest
from PIL import Image

from ganlab import runs
from ganlab.cli.main import VERBS, main

LINES = {
    "doctor nope": "There is no run named 'nope'.",
    "compare nope other": "There is no run named 'nope'.",
    "queue --cancel nope": "There is no run named 'nope'.",
    "clean --every 0": "--every 0 is out of range: 1 to 10,000.",
    "sample digits": "Perhaps digits-",
    "sample pictures": "There is no model 'pictures': this folder is neither a run nor a checkpoint (config.json and",
    "sample ünïcode": "There is no model 'ünïcode'",
    "sample ''": "There is no model ''",
    "sample /": "this folder is neither a run nor a checkpoint",
    "sample text.txt": "text.txt is not a file of PyTorch weights",
    "sample empty.pth": "empty.pth is empty.",
    "sample bad.pth": "bad.pth is damaged or incomplete",
    "sample photo.png": "photo.png is not a file of PyTorch weights",
    "sample digits-gan -n 0": "-n 0 is out of range: 1 to 100,000.",
    "sample digits-gan -n -3": "-n -3 is out of range: 1 to 100,000.",
    "sample digits-gan -n 99999999999": "-n 99999999999 is out of range: 1 to 100,000.",
    "sample digits-gan --seed -1": "--seed -1 is out of range: 0 to 2,147,483,647.",
    "sample digits-gan --seed 99999999999999999999999": "is out of range: 0 to 2,147,483,647.",
    "sample digits-gan --label 3 -n 2": "digits-gan is not conditional",
    "sample digits-cgan --label 77 -n 2": "label = 77 is out of range: 0 to 9",
    "sample horse2zebra-light -n 2": "translates images: it draws none from z",
    "inspect nope": "data_path = 'nope' does not exist",
    "inspect empty": "holds no images",
    "inspect text.txt": "is neither a folder nor a zip",
    "inspect pictures --device cuda:9": "device = 'cuda:9' is not on this machine",
    "translate nope.jpg --model horse2zebra-light": "There is no image 'nope.jpg'",
    "translate '' --model horse2zebra-light": "There is no image ''",
    "translate empty --model horse2zebra-light": "There is no image 'empty'",
    "translate photo.png --model digits-gan": "draws pictures from z: it translates none",
    "translate photo.png --model horse2zebra-light --size 3": "--size 3 is out of range: 32 to 1,024.",
    "translate photo.png --model horse2zebra-light --size big": "--size 'big' is not a whole number.",
    "translate photo.png --model horse2zebra-light --direction CtoD": "--direction 'CtoD' is not one of AtoB, BtoA.",
    "evaluate nope": "There is no model 'nope'",
    "evaluate pictures": "name what to compare it with as its reference",
    "evaluate pictures --reference nope": "reference = 'nope' is neither one of",
    "evaluate pictures --reference empty": "holds no images",
    "evaluate empty --reference pictures": "holds no images",
    "evaluate pictures --reference text.txt": "is neither a folder nor a zip",
    "evaluate pictures --reference pictures --metrics fidd": "metric = 'fidd' is not one of",
    "evaluate pictures --reference pictures --metrics accuracy-photos": "metric = 'accuracy-photos' is not one of",
    "evaluate pictures --reference pictures --metrics frechet-lenet": "There is no classifier lenet-pictures",
    "evaluate pictures --reference pictures --device cuda:9": "device = 'cuda:9' is not on this machine",
    "evaluate pictures --reference pictures --seed 99999999999999999999": "is out of range: 0 to 2,147,483,647.",
    "evaluate digits-gan -n 2": "-n 2 is out of range: 3 to 1,000,000.",
    "evaluate digits-gan --reference celeba": "celeba is not on this machine",
    "evaluate horse2zebra-light": "horse2zebra is not on this machine",
    "reproduce nope": "table = 'nope' is not one of column, duel.",
    "reproduce column --budget soon": "budget = 'soon' is no length of time",
    "reproduce column -n 0": "0 is out of range: 20 to 1,000,000.",
    "zoo train nope": "Not a shipped model: nope.",
    "zoo list foo": "leave out foo",
    "pull nope": "'nope' is no address on the Hub",
    "pull ../../etc": "'../../etc' is no address on the Hub",
    "pull digits-gan": "digits-gan is already on this machine",
    "push nope org/name": "There is no model 'nope'",
    "push digits-gan nonsense": "'nonsense' is no address on the Hub",
    "push digits-gan org/name --values text.txt": "text.txt was not written by `ganlab evaluate --json`",
    "push digits-gan org/name --values nope.json": "nope.json cannot be read: No such file or directory.",
    "space pictures": "pictures exists already",
    "space new --models nope": "There is no model 'nope' here",
    "export nope --onnx": "There is no model 'nope'",
    "export digits-gan": "Write --onnx for a generator as a file",
    "export digits-gan --onnx --direction AtoB": "only models that translate photos have a direction",
    "export nope --to tensorboard": "There is no run named 'nope'",
    "export nope --to trackio -o x": "trackio keeps its runs in a folder of its own",
    "export nope --timelapse": "There is no run named 'nope'",
    "export nope --timelapse -o film.avi": "film.avi cannot be written: end it in",
    "export nope --timelapse --fps 0": "--fps 0 is out of range: 1 to 60.",
    "completion csh": "shell 'csh' is not one of bash, zsh, fish.",
    "bench --family nope": "family = 'nope' is not one of",
    "bench --seconds -1": "--seconds -1 is out of range: 0.1 to 3,600.",
    "bench --seconds nan": "--seconds nan is out of range: 0.1 to 3,600.",
    "bench --family gan --dataset folder": "data_path is empty",
    "distil nope horse2zebra-light -o made": "There is no model 'nope'",
    "distil horse2zebra-light nope -o made": "recipe = 'nope' is not one of",
    "distil horse2zebra-light horse2zebra-light -o made --steps 0": "--steps 0 is out of range",
    "train-classifier nope": "dataset = 'nope' is not one of",
    "train-classifier shapes --epochs 0": "--epochs 0 is out of range: 1 to 1,000.",
    "train --repeat nope": "There is no run named 'nope'.",
    "train --resume ''": "--resume names nothing",
    "train --fork nope@abc": "write RUN or RUN@STEP",
    "train --fork @": "There is no run named ''.",
    "train ~no-such-user/x": "dataset = '~no-such-user/x' is neither one of",
    "worker nope": "nope is no run directory",
    "worker text.txt": "text.txt is no run directory",
    "job empty": "empty is no folder of a job",
    "app --new-code": "--new-code belongs to --classroom",
    "app --port eight": "--port 'eight' is not a whole number.",
}


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder as newcomers have one."""
    place = tmp_path / "here"
    for name in ("pictures", "empty"):
        (place / name).mkdir(parents=True)
    for index in range(4):
        Image.new("RGB", (20, 20), (60 * index, 0, 0)).save(place / "pictures" / f"{index}.png")
    Image.new("RGB", (64, 64)).save(place / "photo.png")
    (place / "text.txt").write_text("hello")
    (place / "empty.pth").touch()
    (place / "bad.pth").write_bytes(b"PK\x03\x04 nonsense")
    monkeypatch.chdir(place)
    return place


@pytest.mark.parametrize("line", LINES)
def test_a_mistake_is_one_sentence_that_names_its_cause(line: str, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = sorted(here.rglob("*"))
    assert main(shlex.split(line)) == 2
    out, error = capsys.readouterr()
    assert not out and LINES[line] in error and error.startswith("ganlab: ")
    assert error.count("\n") == 1 and error.rstrip()[-1] in ".)"
    assert not any(word in error for word in ("Unexpected", "Traceback", "Errno", "Overflow"))
    assert sorted(here.rglob("*")) == before and runs() == []


def test_every_verb_that_takes_input_is_tried() -> None:
    assert VERBS.keys() - {line.split()[0] for line in LINES} == {"runs", "recipes", "datasets"}


@pytest.mark.parametrize("error", [MemoryError(), RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory")])
def test_too_little_memory_is_a_sentence(
    error: Exception, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse() -> None:
        raise error

    monkeypatch.setattr("ganlab.cli.runs.all_runs", refuse)
    assert main(["runs"]) == 2
    assert capsys.readouterr().err.startswith("ganlab: Out of memory: ")
