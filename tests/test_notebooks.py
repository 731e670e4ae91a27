"""The notebooks of examples/ run, on tiny settings and in one kernel; they are kept without outputs."""

from __future__ import annotations

import base64
import io
import json
import os
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient
from PIL import Image

from tests.support import ROOT

NOTEBOOKS = ("train_and_watch", "own_photos", "measure_and_compare")
TINY = {
    "train_and_watch": "from ganlab.data.sets import shapes\nshapes.how_many, steps = lambda image_size: 500, 20",
    "own_photos": "from ganlab.training import proposal\n"
    "proposal._seconds_a_step = lambda *_: 0.25\nphotos, count, steps = 'skies', 20, 4",
    "measure_and_compare": "n = 30",
}
FOLDER = ROOT / "examples"


def cells(name: str) -> list[Any]:
    return list(nbformat.read(FOLDER / f"{name}.ipynb", as_version=4).cells)


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_notebook_is_kept_without_outputs_and_installs_only_where_it_must(name: str) -> None:
    code = [cell for cell in cells(name) if cell.cell_type == "code"]
    assert not any(cell.outputs or cell.execution_count for cell in code)
    assert 'if "google.colab" in sys.modules:' in code[0].source and "%pip install -q ganlab-studio" in code[0].source
    assert [cell.metadata.get("tags") for cell in code].count(["parameters"]) == 1
    assert all(len(cell.source.splitlines()) <= 25 for cell in code)
    assert nbformat.validate(nbformat.read(FOLDER / f"{name}.ipynb", as_version=4)) is None


@pytest.fixture(scope="module")
def executed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Any]]:
    """The code cells of every notebook after all were executed one after another: one kernel imports PyTorch once."""
    folder = tmp_path_factory.mktemp("notebooks")
    joined, owners = nbformat.v4.new_notebook(), []
    for name in NOTEBOOKS:
        for cell in cells(name):
            if cell.cell_type == "code":
                tiny = [TINY[name]] if cell.metadata.get("tags") == ["parameters"] else []
                joined.cells += [cell, *(nbformat.v4.new_code_cell(line) for line in tiny)]
                owners += [name] * (1 + len(tiny))
    environment = {
        "GANLAB_RUNS": str(folder / "runs"),
        "PYTHONPATH": str(ROOT),
        "IPYTHONDIR": str(folder),
        "OMP_NUM_THREADS": "1",
    }
    environment |= {"JUPYTER_RUNTIME_DIR": str(folder), "PYDEVD_DISABLE_FILE_VALIDATION": "1"}
    client = NotebookClient(joined, timeout=200, kernel_name="python3", resources={"metadata": {"path": str(folder)}})
    client.execute(env=os.environ | environment)
    return {name: [cell for cell, owner in zip(joined.cells, owners, strict=True) if owner == name] for name in NOTEBOOKS}


def shown(executed: dict[str, list[Any]], name: str, code: str, kind: str) -> str:
    """What the cell that begins with `code` shows of this kind."""
    (cell,) = (cell for cell in executed[name] if code in cell.source)
    found = [output.data[kind] for output in cell.outputs if kind in output.get("data", {})]
    assert found, json.dumps(cell.outputs)[:2_000]
    return str(found[-1])


def picture(data: str) -> Image.Image:
    return Image.open(io.BytesIO(base64.b64decode(data)))


def test_a_run_shows_itself_until_its_end(executed: dict[str, list[Any]]) -> None:
    shows = shown(executed, "train_and_watch", "ganlab.launch(", "text/html")
    assert "shapes-quick" in shows and "finished" in shows and "step 20 of 20" in shows
    assert "<svg" in shows and "data:image/png;base64," in shows
    assert "Losses" in shown(executed, "train_and_watch", "run.plot()", "text/html")


def test_a_pipeline_and_its_pictures_show_themselves(executed: dict[str, list[Any]]) -> None:
    assert picture(shown(executed, "train_and_watch", "ganlab.Pipeline.load(run)", "image/png")).width > 100
    assert picture(shown(executed, "train_and_watch", 'label="star"', "image/png")).size[0] > 28
    assert picture(shown(executed, "train_and_watch", "run.sheet(0)", "image/png")).width > 100


def test_a_training_here_shows_itself_while_its_events_are_asked_for(executed: dict[str, list[Any]]) -> None:
    for name in ("train_and_watch", "own_photos"):
        assert "finished" in shown(executed, name, "training = ganlab.train(", "text/html")
    assert picture(shown(executed, "own_photos", "pipeline.grid(16", "image/png")).size == (138, 138)
    assert picture(shown(executed, "own_photos", "np.hstack(images", "image/png")).size == (256, 32)


def test_photos_are_looked_at_and_values_have_a_protocol(executed: dict[str, list[Any]]) -> None:
    (look,) = (cell for cell in executed["own_photos"] if "inspect" in cell.source)
    assert "20 pictures" in "".join(output.get("text", "") for output in look.outputs)
    texts = ["".join(output.get("text", "") for output in cell.outputs) for cell in executed["measure_and_compare"]]
    assert sum(text.count("±") for text in texts) >= 7
