"""`ganlab.evaluate` and `ganlab.fid`: one call, from a name, a run, a folder or images in memory to values."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
import torch

import ganlab
from ganlab.core.events import Loading
from ganlab.core.images import to_pil
from ganlab.metrics import measure
from ganlab.metrics.features.open import open_extractor


def test_a_model_is_measured_by_what_is_usual_for_its_data(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("GANLAB_DATA", str(tmp_path))
    monkeypatch.setattr("ganlab.data.sets.shapes.TRAIN_IMAGES", 200)
    heard: list[Loading] = []
    values = ganlab.evaluate("shapes-quick", n=64, device="cpu", report=heard.append)
    assert values and heard and all(value.n_fake == 64 for value in values)
    assert ganlab.evaluate("shapes-quick", "frechet-photos", n=64, device="cpu") == [values[0]]


@pytest.mark.parametrize(
    ("call", "words"),
    [
        ({"subject": "no-such-model"}, "There is no model 'no-such-model'"),
        ({"subject": "shapes-quick", "metrics": "fidd"}, "fidd"),
        ({"subject": "shapes-quick", "reference": "nowhere"}, "reference = 'nowhere' is neither"),
        ({"subject": "horse2zebra-light", "reference": "shapes"}, "translates images"),
        ({"subject": "shapes-quick", "split": "val"}, "split = 'val' is not one of train, test"),
    ],
)
def test_what_cannot_be_measured_is_named(call: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        ganlab.evaluate(**call)


@pytest.fixture
def pixels_for_inception(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """FID's arithmetic without its weights, which no test can fetch."""

    def instead(space: str, dataset: str, device: str) -> Generator[Loading, None, Any]:
        assert space == "inception"
        return (yield from open_extractor("photos", dataset, device))

    monkeypatch.setattr(measure, "open_extractor", instead)
    monkeypatch.setenv("GANLAB_DATA", str(tmp_path / "data"))


def test_fid_takes_folders_and_memory_alike(pixels_for_inception: None, tmp_path: Path) -> None:
    images = torch.randint(0, 256, (60, 3, 16, 16), dtype=torch.uint8)
    folder = tmp_path / "pictures"
    folder.mkdir()
    for number, image in enumerate(images):
        to_pil(image).save(folder / f"{number:02d}.png")
    near, same = ganlab.fid(folder, images), ganlab.fid(images, images)
    assert near.value == pytest.approx(same.value, abs=1e-3) and near.n_fake == near.n_real == 60
    assert ganlab.fid(images // 4, folder).value > near.value + 1
    with pytest.raises(ValueError, match="no folder or zip 'nowhere'"):
        ganlab.fid(tmp_path / "nowhere", images)
