"""Flags that several verbs share: settings in files, yes and no, JSON, completion."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from ganlab import runs
from ganlab.cli import train
from ganlab.cli.arguments import Parser, read
from ganlab.cli.main import VERBS, fill, main
from ganlab.core.config import TrainConfig
from ganlab.core.flags import as_flag
from ganlab.data import DATASETS
from ganlab.training.families import FAMILIES
from ganlab.training.recipes import RECIPES, TOGETHER
from tests.support.fake_runs import FakeRun


def parser_of(verb: str, words: list[str] | None = None) -> Parser:
    parser = Parser(prog=f"ganlab {verb}")
    fill(parser, verb, words or [verb])
    return parser


def test_settings_are_saved_and_trained_from(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "new" / "settings.toml"
    assert main(["train", "--recipe", "shapes-quick", "--lr", "1e-3", "--flip", "--save-config", str(path)]) == 0
    assert f"ganlab train --config {path}" in capsys.readouterr().out and not runs()
    assert TrainConfig.from_toml(path) == RECIPES["shapes-quick"].config.replace(lr=1e-3, flip=True)
    words = ["train", "--config", str(path), "--no-flip"]
    options, mistakes = read(parser_of("train", words), words[1:])
    assert options and not mistakes
    assert train._configs(options) == {"": RECIPES["shapes-quick"].config.replace(lr=1e-3)}


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--config", "SETTINGS", "--recipe", "duel"], "--config has a family and settings of its own: leave out --recipe"),
        (["--config", "nowhere.toml"], "nowhere.toml cannot be read: No such file or directory."),
        (
            ["--recipe", "duel", "--save-config", "x.toml"],
            "--save-config writes the settings of one run, and duel starts several",
        ),
        (["shapes", "--save-config", "x.json"], "x.json cannot be written: end it in .toml."),
    ],
)
def test_files_of_settings_that_do_not_fit(
    words: list[str], sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("settings.toml").write_text('dataset = "shapes"\n')
    assert main(["train", *("settings.toml" if word == "SETTINGS" else word for word in words)]) == 2
    assert sentence in capsys.readouterr().err and not runs()


def test_yes_and_no_are_flags_everywhere() -> None:
    tried: set[str] = set()
    for family in FAMILIES.values():
        own = [item for item in family.settings() if item.type is bool and item.name not in tried]
        if own:
            tried |= {item.name for item in own}
            parser = parser_of("train", ["train", "--family", family.name])
            for item in own:
                for value in (True, False):
                    flag = as_flag(item.name, value)
                    assert getattr(read(parser, ["shapes", flag])[0], item.name) is value
                    old = [f"--{item.name.replace('_', '-')}", str(value).lower()]  # as commands of older versions write it
                    for words in (["shapes", *old], ["shapes", "=".join(old)], [*old, "shapes"]):
                        options, mistakes = read(parser, words)
                        assert not mistakes and getattr(options, item.name) is value and options.dataset == "shapes"


def test_a_flag_is_a_setting() -> None:
    assert [as_flag("lr", 0.5), as_flag("betas", (0.5, 0.9)), as_flag("fresh_fakes", False)] == [
        "--lr 0.5",
        "--betas 0.5 0.9",
        "--no-fresh-fakes",
    ]


LISTING = ("runs", "zoo", "recipes", "datasets", "queue", "compare", "doctor", "inspect", "clean", "bench", "reproduce")


@pytest.mark.parametrize("verb", LISTING)
def test_every_listing_verb_has_json(verb: str) -> None:
    assert verb in VERBS
    options, _ = read(parser_of(verb), ["--json"])
    assert options is not None and options.json is True


def test_json_is_one_object_per_line(fake: Callable[..., FakeRun], capsys: pytest.CaptureFixture[str]) -> None:
    fake().start().finish()
    counts = {"recipes": len(RECIPES) + len(TOGETHER), "datasets": len(DATASETS), "runs": 1, "clean": 1, "queue": 0}
    for verb, count in counts.items():
        assert main([verb, "--json"]) == 0
        rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        assert len(rows) == count and all(isinstance(row, dict) for row in rows)


def test_data_sets_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["datasets"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == list(DATASETS) and any("shapes" in line and "here" in line for line in lines)


def test_the_app_is_served_where_it_is_asked_to_be(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    became: list[list[str]] = []
    monkeypatch.setattr("os.execv", lambda file, command: became.append(command) or 0)
    monkeypatch.setattr("subprocess.call", lambda command: became.append(command) or 0)
    monkeypatch.setattr("ganlab.app.start.listen", lambda host, port: socket.socket())
    names = ["--allow-host", "a.example.org", "--allow-host", "b.example.org"]
    assert main(["app", "--host", "0.0.0.0", "--port", "80", *names]) == 0
    assert "can start and delete runs" in capsys.readouterr().out
    assert main(["app", "--only", "playground", "--host", "127.0.0.2", *names]) == 0
    whole, alone = (" ".join(command) for command in became)
    assert "--server.port=80 --server.address=0.0.0.0" in whole and "--server.allowedHosts=b.example.org" in whole
    assert "--host=127.0.0.2" in alone and "--allow-host=a.example.org --allow-host=b.example.org" in alone


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_knows_verbs_and_flags(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("shtab")
    assert main(["completion", shell]) == 0
    script = capsys.readouterr().out
    for word in ("datasets", "save-config", "no-flip", "playground"):
        assert word in script
    if shell == "bash" and (bash := shutil.which("bash")):
        assert subprocess.run([bash, "-n"], input=script, text=True, timeout=60).returncode == 0
