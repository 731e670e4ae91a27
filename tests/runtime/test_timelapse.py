"""A run's sheets as a film."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from ganlab.cli.main import main
from ganlab.core import film
from ganlab.runtime.timelapse import timelapse
from tests.support.fake_runs import FakeRun


@pytest.mark.parametrize("ending", [f".{name.lower()}" for name in film.formats()])
def test_every_sheet_is_a_frame(
    ending: str, fake: Callable[..., FakeRun], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = fake().start().train(500).finish().run
    path = tmp_path / "new" / f"film{ending}"
    assert main(["export", run.id, "--timelapse", "-o", str(path)]) == 0
    assert f"Wrote {len(run.samples())} sheets to {path}." in capsys.readouterr().out
    assert list(path.parent.iterdir()) == [path]
    if ending != ".mp4":
        with Image.open(path) as made:
            assert 2 <= made.n_frames <= len(run.samples()) and made.size == run.sheet().size


def test_a_gif_has_as_many_as_fit(fake: Callable[..., FakeRun], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = fake().start().train(900).finish().run
    width, height = run.sheet().size
    monkeypatch.setattr(film, "MAX_PIXELS", 4 * width * height)
    assert len(run.samples()) > 4 and timelapse(run, tmp_path / "film.gif") == 4


def test_what_has_no_film(fake: Callable[..., FakeRun], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = fake().start().finish().run
    for words, sentence in (
        (["--timelapse", "-o", str(tmp_path / "film.gif")], "has fewer than two sheets"),
        (["--timelapse", "-o", str(tmp_path / "film.avi")], "film.avi cannot be written: end it in .mp4, .webp, .gif."),
        (["--timelapse", "--onnx"], "Write --onnx for a generator as a file"),
    ):
        assert main(["export", run.id, *words]) == 2
        assert sentence in capsys.readouterr().err
    assert not list(tmp_path.glob("*film*"))
