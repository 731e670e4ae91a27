"""The command line as a person types it."""

from __future__ import annotations

import errno
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from ganlab import runs
from ganlab.__main__ import main
from ganlab.app.views.status_wording import note_text
from ganlab.cli.main import VERBS
from ganlab.runtime import checkpoint
from ganlab.training import meter
from tests.support import ROOT
from tests.support.fake_runs import FakeRun
from tests.support.workers import wait_for

QUICK = ["--steps", "4", "--width", "8", "--batch-size", "8", "--samples", "4", "--image-size", "16", "--device", "cpu"]


@pytest.fixture(scope="module", autouse=True)
def few_images(little_data: None) -> None:
    """The command line is the same whatever is trained on."""


@pytest.fixture
def trained() -> str:
    assert main(["train", "shapes", "--family", "cgan", *QUICK]) == 0
    return runs()[0].id


def test_runs_are_named_and_found(fake: Callable[..., FakeRun], capsys: pytest.CaptureFixture[str]) -> None:
    run, other = fake().start().finish(), fake(lr=1e-3).start().finish()
    assert main(["runs", run.id, "--name", "First try", "--notes", "Too dark.", "--tags", "dark, lesson 3"]) == 0
    printed = capsys.readouterr().out
    assert "First try (dcgan on shapes)  #dark  #lesson 3" in printed and "Too dark." in printed
    assert main(["runs", run.id, "--tags", "light"]) == 0 and run.run.labels.name == "First try"
    capsys.readouterr()
    for words, found in (("first LIGHT", run), ("lr=0.001", other)):
        assert main(["runs", "--search", words, "--json"]) == 0
        (line,) = capsys.readouterr().out.splitlines()
        assert json.loads(line)["id"] == found.id
    assert main(["runs", "--name", "Lost"]) == 2 and "those of one run" in capsys.readouterr().err
    assert main(["runs", "20200101-gone", "--name", "Lost"]) == 2


def test_train_runs_sample(trained: str, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    capsys.readouterr()
    assert main(["runs"]) == 0
    assert "finished" in (table := capsys.readouterr().out) and trained in table
    assert main(["runs", "--json"]) == 0
    row = json.loads(capsys.readouterr().out)
    assert row["state"] == "finished" and row["config"]["width"] == 8 and "loss/G/adversarial" in row["metrics"]

    sheet = tmp_path / "sheet.png"
    assert main(["sample", trained, "-n", "6", "--seed", "7", "--label", "3", "-o", str(sheet)]) == 0
    first = sheet.read_bytes()
    assert main(["sample", trained, "-n", "6", "--seed", "7", "--label", "3", "-o", str(sheet)]) == 0
    assert sheet.read_bytes() == first  # a seed is a promise
    assert main(["sample", trained, "-n", "3", "-o", str(tmp_path / "folder")]) == 0
    pictures = sorted((tmp_path / "folder").iterdir())
    assert [path.name for path in pictures] == ["00000.png", "00001.png", "00002.png"]
    assert Image.open(pictures[0]).size == (16, 16)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["train", "shapes", "--lr", "3"], "lr = 3.0 is out of range: 1e-07 to 1."),
        (["train", "nowhere"], "dataset = 'nowhere' is neither one of mnist"),
        (["train", "--family", "nope"], "family = 'nope' is not one of gan, cgan, dcgan, lsgan"),
        (["train", "--recipe", "nope"], "recipe = 'nope' is not one of"),
        (["train", "--recipe", "column-gan", "--family", "gan"], "exclude each other"),
        (["train", "--resume", "../../etc"], "There is no run named '../../etc'"),
        (["train", "shapes", "--architecture", "nope", *QUICK], "architecture = 'nope' is not one of mlp"),
        (["train", "shapes", "--family", "dcgan", "--image-size", "30"], "image_size = 30 does not fit a DCGAN"),
        (["sample", "nothing"], "There is no model 'nothing'"),
    ],
)
def test_mistakes_are_one_sentence_and_exit_2(arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    error = capsys.readouterr().err.strip()
    assert words in error and "\n" not in error


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--resume", "RUN"], "has done all its 4 steps."),
        (["--resume", "RUN", "--steps", "50", "--lr", "1e-3"], "--resume keeps the run's settings: leave out --steps, --lr, or"),
        (
            ["--repeat", "RUN", "--z-dim", "5"],
            "--repeat keeps the run's settings: leave out --z-dim, or begin",
        ),
        (["shapes", "--repeat", "RUN"], "--repeat takes everything from the run that it names: leave out a data set."),
        (["--resume", "RUN", "--fork", "RUN"], "--resume takes everything from the run that it names: leave out --fork."),
        (["--fork", "RUN", "--family", "cgan"], "--fork takes everything from the run that it names: leave out --family."),
    ],
)
def test_a_run_that_is_gone_on_with_or_repeated_keeps_what_it_is(
    trained: str, arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["train", *(trained if word == "RUN" else word for word in arguments)]) == 2
    error = capsys.readouterr().err.strip()
    assert words in error and "\n" not in error and [run.id for run in runs()] == [trained]


def test_the_foreground_keeps_to_the_limits_too(
    fake: Callable[..., FakeRun], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GANLAB_MAX_WAITING", "0")
    stopped, busy = fake(device="cpu").start().finish("stopped"), fake(device="cpu").start()
    for arguments in (["shapes", *QUICK], ["--resume", stopped.id], ["--repeat", stopped.id]):
        assert main(["train", *arguments]) == 2
        assert "this server lets" in capsys.readouterr().err
    assert {run.id for run in runs()} == {stopped.id, busy.id} and stopped.run.status().state == "stopped"


def test_what_a_run_in_the_foreground_waits_for_is_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    real, troubles = checkpoint.save, [OSError(errno.ENOSPC, "No space left on device")]

    def save(*arguments: Any) -> Path:
        if troubles:
            raise troubles.pop()
        return real(*arguments)

    monkeypatch.setattr(checkpoint, "save", save)
    assert main(["train", "shapes", *QUICK]) == 0
    assert "The disk is full: training waits until there is room.\n" in capsys.readouterr().out


def test_ctrl_c_while_there_is_no_room_is_a_sentence(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def save(*_: Any) -> Path:
        runs()[0].request_stop()
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(checkpoint, "save", save)
    assert main(["train", "shapes", *QUICK]) == 2
    printed = capsys.readouterr().err
    assert printed.endswith("failed: The disk is full: make room, then resume; the last checkpoint is kept.\n")
    assert printed.count("\n") == 1


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (
            sqlite3.OperationalError("database or disk is full"),
            "ganlab: The disk is full: make room (ganlab clean) and try",
        ),
        (OSError(errno.EROFS, "Read-only", "/runs/x/lock"), "ganlab: lock cannot be written: make it writable again, then try"),
        (KeyboardInterrupt(), ""),
    ],
)
def test_what_the_machine_refuses_is_a_sentence_and_ctrl_c_is_quiet(
    error: BaseException, words: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse() -> None:
        raise error

    monkeypatch.setattr("ganlab.cli.runs.all_runs", refuse)
    assert main(["runs"]) == (2 if words else 130)
    printed = capsys.readouterr().err
    assert printed.startswith(words) and printed.count("\n") == bool(words)


def test_a_wrong_label_names_the_range(trained: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sample", trained, "--label", "10"]) == 2
    assert "label = 10 is out of range: 0 to 9 (" in capsys.readouterr().err


def test_flags_carry_help_bounds_and_the_recipes_defaults(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["train", "--recipe", "slides-dcgan", "--help"])
    text = " ".join(capsys.readouterr().out.split())
    assert "--lr LR learning rate of both Adam optimizers (1e-07 to 1; default: 0.001)" in text
    with pytest.raises(SystemExit):
        main(["train", "--family", "wgan-gp", "--help"])
    assert "--gp-weight" in capsys.readouterr().out


def test_a_path_is_a_data_set(tmp_path: Path) -> None:
    for index in range(4):
        Image.new("L", (20, 20), 60 * index).save(tmp_path / f"{index}.png")
    assert main(["train", str(tmp_path), *QUICK]) == 0
    assert runs()[0].config.dataset == "folder" and runs()[0].status().num_images == 4


def test_ctrl_c_checkpoints_then_stops_and_resume_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    command = [sys.executable, "-m", "ganlab", "train", "shapes", "--family", "gan", "--steps", "100000", *QUICK[2:]]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 60
    while not (found := runs()) or found[0].status().step == 0:
        assert time.monotonic() < deadline and process.poll() is None
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=60)
    run = found[0]
    assert process.returncode == 0 and run.status().state == "stopped" and run.checkpoints()
    assert f"ganlab train --resume {run.id}" in output

    stopped_at = run.status().step
    monkeypatch.setattr(meter, "FLUSH_SECONDS", 0.0)

    def press_ctrl_c() -> None:
        wait_for(lambda: run.status().step > stopped_at)
        os.kill(os.getpid(), signal.SIGINT)

    with ThreadPoolExecutor(1) as person:  # a resume in this process, whose own signal handler hears it
        pressed = person.submit(press_ctrl_c)
        assert main(["train", "--resume", run.id]) == 0
        pressed.result()
    assert run.status().state == "stopped"
    assert [note.kind for note in run.annotations()] == ["queued", "started", "stopped"] * 2
    assert note_text(run.annotations()[-2]) == f"Resumed after step {stopped_at}."


def test_the_console_and_the_module_are_the_same_program() -> None:
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-m", "ganlab", "--version"], capture_output=True, text=True, env=environment)
    assert done.stdout.startswith("ganlab 0.")


def test_recipes_lists_the_published_results(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["recipes"]) == 0
    text = capsys.readouterr().out
    assert "540.90 → 103.69" in text and "duel-bce and duel-mse side by side" in text


def test_bench_measures(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "--family", "gan", "--seconds", "0.2", "--device", "cpu"]) == 0
    assert "images/s" in capsys.readouterr().out


def test_a_run_is_repeated_in_the_foreground(trained: str) -> None:
    assert main(["train", "--repeat", trained]) == 0
    again, first = runs()[:2]
    assert first.id == trained and again.config == first.config and again.status().state == "finished"


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_a_module_with_its_help(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([verb, "--help"])
    assert ended.value.code == 0 and capsys.readouterr().out.startswith(f"usage: ganlab {verb} ")


@pytest.mark.parametrize(("arguments", "words"), [([], "COMMAND"), (["nope"], "invalid choice: 'nope' (choose from")])
def test_without_a_verb_or_with_an_unknown_one_the_usage_is_shown(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    error = capsys.readouterr().err
    assert ended.value.code == 2 and error.startswith("usage: ganlab ") and words in error


def test_help_lists_the_verbs_without_importing_any() -> None:
    code = (
        "import sys\nfrom ganlab.cli.main import VERBS, main\ntry: main(['--help'])\nexcept SystemExit: pass\n"
        "loaded = {name.partition('.')[0] for name in sys.modules}\n"
        "assert not loaded & {'torch', 'numpy', 'PIL', 'tqdm'}, loaded\n"
        "assert not {f'ganlab.cli.{verb}' for verb in VERBS} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stderr
    assert all(f"\n    {verb}" in done.stdout and summary.split()[0] in done.stdout for verb, summary in VERBS.items())
