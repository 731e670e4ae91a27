"""`ganlab inspect` and `ganlab train FOLDER`: pictures of odd sizes, without a flag."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image

import ganlab
from ganlab.__main__ import main
from ganlab.core.events import Progress
from ganlab.runtime.run import runs
from tests.support.folders import picture
from tests.support.hub_server import serving, use
from tests.support.hub_tables import hub


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "pictures"
    made.mkdir()
    for number in range(20):
        Image.new("RGB", (50 + number, 70), (number * 12, 90, 200)).save(made / f"{number}.jpg")
    (made / "broken.jpg").write_bytes((made / "0.jpg").read_bytes()[:250])
    return made


def test_a_folder_is_described_with_what_is_proposed_for_it(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["inspect", str(folder), "--device", "cpu"]) == 0
    shown = capsys.readouterr().out
    assert "20 pictures to train on; colour; the shorter side has 50 to 69 pixels" in shown
    assert "1 file cannot be used: broken.jpg: The image is damaged" in shown
    assert "Proposed: DCGAN, flip true, image_size 64, batch_size 8, width 32, steps" in shown
    assert main(["inspect", str(folder), "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["count"] == 20 and facts["proposal"]["image_size"] == 64 and facts["seconds_a_step"] > 0
    assert main(["inspect", str(folder / "no")]) == 2 and "does not exist" in capsys.readouterr().err


def test_training_on_it_takes_what_is_proposed(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", str(folder), "--steps", "2", "--width", "4", "--device", "cpu"]) == 0
    assert "Proposed: DCGAN, flip true, image_size 64, batch_size 8" in capsys.readouterr().out
    (run,) = runs()
    assert (run.config.image_size, run.config.flip, run.config.steps, run.config.width) == (64, True, 2, 4)
    assert run.sheet().getbands() == ("R", "G", "B")
    assert main(["evaluate", run.id, "-n", "32"]) == 0


def test_a_data_set_of_the_hub_is_named_by_its_id(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    cells = [picture((n, 9, 200), (70, 60)) for n in range(8)]
    table = hub(tmp_path / "t.parquet", classes={"label": ("cat", "dog")}, image=cells, label=[n % 2 for n in range(8)])
    with serving() as server:
        use(server, tmp_path / "home", monkeypatch)
        server.add("datasets/org/pets", {"data/train-0.parquet": table.read_bytes()})
        assert main(["inspect", "org/pets", "--device", "cpu"]) == 0
        shown = capsys.readouterr().out
        assert "8 pictures to train on; colour" in shown and "2 classes by column: cat 4, dog 4." in shown
        assert "Start it with: ganlab train org/pets" in shown
        assert main(["train", "org/none"]) == 2 and "There is no dataset org/none on the Hub" in capsys.readouterr().err
    assert main(["train", "org/pets", "--steps", "1", "--width", "4", "--device", "cpu"]) == 0  # the Hub is gone
    (run,) = runs()
    assert run.config.data_path == "hf://datasets/org/pets" and run.sheet().getbands() == ("R", "G", "B")
    settings = {"steps": 1, "width": 4, "image_size": 16, "batch_size": 2, "device": "cpu"}
    assert any(isinstance(event, Progress) for event in ganlab.train("org/pets", **settings))
