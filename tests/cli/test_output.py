"""Where a verb writes is known before anything is drawn, and a file has the format of its ending."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from ganlab.cli.main import main
from ganlab.cli.output import ImageOutput, file_output, folder_output, save
from ganlab.core.images import WRITTEN, decode, encoded

PICTURE = Image.new("RGB", (40, 30), (200, 30, 60))


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a file and a folder whose name looks like an image."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "text.txt").write_text("kept")
    (tmp_path / "a.png").mkdir()
    return tmp_path


@pytest.mark.parametrize("ending", WRITTEN)
def test_a_file_has_the_format_of_its_ending(ending: str, here: Path) -> None:
    ImageOutput.of(f"new/deep/made{ending.upper()}").save(PICTURE, "unused")
    (file,) = (here / "new" / "deep").iterdir()
    assert Image.open(file).format == WRITTEN[ending][0] and decode(file.read_bytes()).size == PICTURE.size


@pytest.mark.parametrize("text", ["made", "made.png/", "deep/er", "run-0.5", "a.png/"])
def test_without_an_ending_or_with_a_slash_it_is_a_folder(text: str, here: Path) -> None:
    ImageOutput.of(text).save(PICTURE, "00000")
    assert Image.open(here / text / "00000.png").format == "PNG"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "made.xyz",
            "made.xyz cannot be written: end it in .png, .jpg, .jpeg, .webp, .gif, .bmp, .tif, .tiff, or a folder (made",
        ),
        ("text.txt", "text.txt cannot be written: end it in .png"),
        ("a.png", "a.png is a folder: name a file, such as a.png/made.png."),
        ("text.txt/b.png", "text.txt/b.png cannot be written: text.txt is a file, not a folder."),
        ("text.txt/deep/er", "cannot be written: text.txt is a file, not a folder."),
        ("text.txt/", "text.txt is a file, not a folder: choose another name."),
        ("", "-o names no file and no folder"),
        (f"{'x' * 300}.png", "cannot be written: File name too long."),
    ],
)
def test_what_cannot_be_written_is_refused_before_anything_is_drawn(
    text: str, words: str, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Image.new("RGB", (32, 32)).save(here / "photo.png")
    before = sorted(here.rglob("*"))
    for verb in ("sample no-such-model", "translate photo.png --model no-such-model"):
        assert main([*verb.split(), "-o", text]) == 2
        said = capsys.readouterr().err
        assert words in said and said.count("\n") == 1
    assert sorted(here.rglob("*")) == before and (here / "text.txt").read_text() == "kept"


def test_other_verbs_look_first_too(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for line, words in (
        ("export no-such-model --onnx -o made.pt", "made.pt cannot be written: end it in .onnx."),
        ("evaluate no-such-model --json a.png --csv text.txt/x.csv", "text.txt/x.csv cannot be written"),
        ("distil no-such-model horse2zebra-light -o text.txt", "text.txt is a file, not a folder"),
        ("train-classifier shapes --out text.txt", "text.txt is a file, not a folder"),
        ("translate text.txt text.txt --model no-such-model -o made.jpg", "made.jpg is one file, but there are 2 photos"),
        ("sample digits-gan -n 100000000 -o made.png", "-n 100000000 is out of range: 1 to 100,000."),
    ):
        assert main(line.split()) == 2
        assert words in capsys.readouterr().err


def test_a_format_too_small_for_a_picture_is_named() -> None:
    with pytest.raises(ValueError, match=r"A \.webp file has at most 16,383 pixels on a side, not 20,000"):
        encoded(Image.new("L", (20_000, 1)), ".webp")


def test_what_the_system_refuses_names_the_whole_path(here: Path) -> None:
    for path in (file_output("new/values.json", ()), folder_output("new") / "x"):
        save(path, b"made")
        assert path.read_bytes() == b"made"
    with pytest.raises(ValueError, match=r"/proc/none/made cannot be written: No such file or directory\."):
        save(Path("/proc/none/made"), b"")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",))))
def test_any_text_is_a_file_or_a_folder_or_one_sentence(text: str) -> None:
    try:
        output = ImageOutput.of(text)
    except ValueError as error:
        assert str(error).endswith(".")
    else:
        assert output.single == (output.path.suffix.lower() in WRITTEN and not text.endswith("/"))
