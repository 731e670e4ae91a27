"""`ganlab evaluate`: models, foreign weights and folders against data sets and folders; what cannot be measured says so."""

from __future__ import annotations

import json
from collections.abc import Generator
from pathlib import Path

import pytest
import torch

from ganlab.__main__ import main
from ganlab.analysis.jobs.kinds import Measured, Working
from ganlab.core.errors import DataError
from ganlab.core.events import Loading
from ganlab.data import Dataset
from ganlab.metrics.value import Value
from ganlab.models.evaluate import Asked, evaluate_floors
from tests.metrics.test_image_folder import fill
from tests.support.loading import drain

VALUE = Value("lenet-mnist distance", 2.0, 0.5, 20, 100, "mnist test, 28 px", "lenet-mnist 0", "bilinear 28", 0, "a")


def test_a_model_is_held_against_the_data_it_learned(real_data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "values.json"
    asked = ["-n", "300", "--split", "test", "--metrics", "frechet-lenet,accuracy-lenet", "--json", str(file)]
    assert main(["evaluate", "digits-quick-conditional", "--no-floors", *asked]) == 0
    printed = capsys.readouterr().out
    assert "lenet-mnist distance of digits-quick-conditional at step 750" in printed
    assert "300 images against 10,000 of mnist test, 28 px" in printed
    distance, accuracy = map(Value.from_dict, json.loads(file.read_text()))
    assert accuracy.value > 0.9 and accuracy.higher_is_better and 0 < distance.value < 40


def test_folders_are_held_against_each_other(real_data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for seed in ("1", "2"):
        assert main(["sample", "digits-quick", "-n", "40", "--seed", seed, "-o", str(tmp_path / seed)]) == 0
    capsys.readouterr()
    arguments = ["--reference", str(tmp_path / "2"), "--metrics", "frechet-lenet-mnist"]
    assert main(["evaluate", str(tmp_path / "1"), *arguments]) == 0
    value, floor = capsys.readouterr().out.splitlines()
    assert "40 images against 40 of 2 " in value and "real images (2, first half)" in floor


def test_a_home_folder_needs_no_shell(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fill(tmp_path / "pictures", [(28, 28)] * 6)
    monkeypatch.setenv("HOME", str(tmp_path))
    asked = ["--reference", "~/pictures", "--metrics", "frechet-lenet-mnist", "--no-floors"]
    assert main(["evaluate", "~/pictures", *asked, "--n", "4"]) == 0
    assert "distance of pictures: " in capsys.readouterr().out


def test_what_was_measured_is_printed_and_written_whatever_comes_after(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One bad subject of two, then floors that cannot be had: the number of the first is neither lost nor delayed."""
    file, folder = tmp_path / "values.json", fill(tmp_path / "pictures", [(28, 28)] * 30)
    asked = ["--reference", str(folder), "--metrics", "kid-lenet-mnist", "--json", str(file)]
    (folder / "photo.heic").write_bytes(b"x")
    assert main(["evaluate", str(folder), "nowhere", *asked]) == 2
    printed = capsys.readouterr()
    assert "pictures: Skipped 1 of 31 files: 1 HEIC file (photo.heic)." in printed.err
    assert "kernel distance of pictures: " in printed.out and "There is no model 'nowhere'" in printed.err
    assert [value["subject"] for value in json.loads(file.read_text())] == ["pictures"]
    assert main(["evaluate", str(folder), *asked]) == 0  # fifteen of each half are too few for a floor, which nobody asked for
    assert "No floors: " in capsys.readouterr().err


def test_a_measurement_cut_short_writes_what_it_has(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def cut_short(*_: object) -> Working:
        yield Measured((VALUE,))
        raise KeyboardInterrupt

    monkeypatch.setattr("ganlab.cli.evaluate.measure_all", cut_short)
    assert main(["evaluate", "a", "--csv", str(tmp_path / "values.csv")]) == 130  # as a shell reports Ctrl-C
    assert "lenet-mnist distance" in (tmp_path / "values.csv").read_text()


def test_a_whole_folder_is_measured_by_default_and_a_model_by_ten_thousand() -> None:
    assert Asked().count == 10_000 and Asked().n is None and Asked(n=7).count == 7


def test_a_data_set_without_the_other_part_still_has_its_halves(monkeypatch: pytest.MonkeyPatch) -> None:
    images = torch.randint(0, 256, (60, 1, 28, 28), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))

    def only_train(name: str, split: str, image_size: int, channels: int) -> Generator[Loading, None, Dataset]:
        yield Loading("loading_model")
        if split == "test":
            raise DataError("There is no test part.")
        return Dataset(name, images, None, ())

    monkeypatch.setattr("ganlab.models.learned.of_data_set", only_train)
    (value,), _ = drain(evaluate_floors("digits-quick", Asked(["frechet-lenet"])))
    assert value.subject == "real images (mnist train, first half)"


def test_what_cannot_be_measured_is_said_in_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "pictures").mkdir()
    for arguments, sentence in (
        ([str(tmp_path / "pictures")], "name what to compare it with"),
        (["digits-quick", "--metrics", "nonsense"], "metric = 'nonsense' is not one of frechet-lenet"),
        (["digits-quick", "--reference", "nowhere"], "reference = 'nowhere' is neither one of"),
        (["digits-quick", "-n", "1"], "-n 1 is out of range"),
        (["digits-quick", "--metrics", ""], "at least one metric"),
        (["shapes-quick", "--metrics", "accuracy-lenet-mnist", "-n", "20"], "needs the same classes on both sides"),
    ):
        assert main(["evaluate", *arguments]) == 2
        printed = capsys.readouterr().err
        assert sentence in printed and printed.count("\n") == 1


def test_two_folders_need_no_more_words(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    a, b = (str(fill(tmp_path / name, [(20, 24)] * 30)) for name in "AB")
    assert main(["evaluate", a, "--reference", b, "--no-floors"]) == 0
    said = capsys.readouterr()
    distance, kernel = said.out.splitlines()
    assert distance.startswith("photo-encoder distance of A: ") and kernel.startswith("photo-encoder kernel distance of A: ")
    assert "30 images against 30 of B " in distance and "These distances are no FID" in said.err and said.err.count("\n") == 1


@pytest.mark.parametrize(("count", "printed"), [(0, 0), (1, 0), (2, 0), (3, 1), (10, 1), (20, 2)])
def test_a_metric_that_lacks_images_hides_no_other(
    count: int, printed: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "A").mkdir()
    fill(tmp_path / "A", [(20, 24)] * count)
    b = fill(tmp_path / "B", [(20, 24)] * 25)
    assert main(["evaluate", str(tmp_path / "A"), "--reference", str(b), "--no-floors"]) == (0 if printed else 2)
    said = capsys.readouterr()
    assert len(said.out.splitlines()) == printed
    if 0 < count < 20:
        assert f"kid-photos needs at least 20 images on each side; there are {count} to measure and 25 real ones." in said.err
    if count in (1, 2):
        assert said.err.count("\n") == 1 and "frechet-photos needs at least 3 images" in said.err


def test_a_metric_without_features_hides_no_other(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    a = str(fill(tmp_path / "A", [(20, 24)] * 30))
    asked = ["--metrics", "frechet-lenet-nope,kid-photos,infinity-photos", "--reference", a]
    assert main(["evaluate", a, *asked, "--no-floors"]) == 2
    said = capsys.readouterr()
    assert said.out.startswith("photo-encoder kernel distance of A: ") and said.out.count("\n") == 1
    assert "There is no classifier lenet-nope" in said.err and "infinity-photos needs at least 168 images" in said.err


def test_the_bound_of_n_is_that_of_the_metrics(capsys: pytest.CaptureFixture[str]) -> None:
    for metrics, fewest in ((["--metrics", "kid-lenet,coverage-lenet"], 6), ([], 3)):
        assert main(["evaluate", "digits-gan", "-n", str(fewest - 1), *metrics]) == 2
        assert f"-n {fewest - 1} is out of range: {fewest} to 1,000,000." in capsys.readouterr().err
