"""Addresses that older cards, Spaces and messages print: they work, and name the new one."""

from __future__ import annotations

import importlib.util
import subprocess
import sys

import pytest

from ganlab.core.old_addresses import MOVED


def python(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *arguments], capture_output=True, text=True, timeout=120, check=False)


@pytest.mark.parametrize("new", MOVED.values())
def test_every_new_address_exists(new: str) -> None:
    assert importlib.util.find_spec(new)


def test_a_card_of_an_older_version_still_loads_its_class() -> None:
    ended = python("-c", "from ganlab.hub.module import Generators\nimport ganlab\nassert Generators is ganlab.Generators")
    assert ended.returncode == 0, ended.stderr
    assert "DeprecationWarning: ganlab.hub.module is ganlab.models.hub.mixin now" in ended.stderr


@pytest.mark.parametrize(
    ("old", "shown"),
    [
        ("ganlab.ui.alone", "--allow-host"),
        ("ganlab.distillation", "ganlab distil [-h]"),
        ("ganlab.metrics.train_lenet", "ganlab train-classifier [-h]"),
    ],
)
def test_a_printed_command_still_runs(old: str, shown: str) -> None:
    ended = python("-m", old, "--help")
    assert ended.returncode == 0 and shown in ended.stdout, ended.stderr
    assert f"DeprecationWarning: {old} is {MOVED[old]} now" in ended.stderr


@pytest.mark.parametrize("name", ["ganlab.hub.nothing", "ganlab.ui.server", "ganlab.nothing"])
def test_other_names_are_as_absent_as_ever(name: str) -> None:
    ended = python("-c", f"import {name}")
    assert ended.returncode == 1 and f"No module named '{name}'" in ended.stderr


def test_new_addresses_warn_of_nothing() -> None:
    ended = python(
        "-W", "error", "-c", "import ganlab, ganlab.models.hub, sys\nassert not {'torch', 'ganlab.hub'} & set(sys.modules)"
    )
    assert ended.returncode == 0, ended.stderr
