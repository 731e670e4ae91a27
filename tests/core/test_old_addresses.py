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


PRINTED = [
    ("ganlab.ui.alone", "--allow-host"),
    ("ganlab.distillation", "ganlab distil [-h]"),
    ("ganlab.metrics.train_lenet", "ganlab train-classifier [-h]"),
]
# One process for all, since it takes seconds to import what they need; runpy is what `python -m` calls.
EVERYTHING = """
import importlib, runpy, sys
import ganlab, ganlab.models.hub

assert not {"torch", "ganlab.hub"} & set(sys.modules), "the new addresses need neither"
for name in ("ganlab.hub.nothing", "ganlab.ui.server", "ganlab.nothing"):
    try:
        importlib.import_module(name)
    except ModuleNotFoundError as error:
        assert f"No module named '{name}'" in str(error)
    else:
        raise AssertionError(f"{name} is there")
for old in sys.argv[1:]:
    sys.argv = [old, "--help"]
    try:
        runpy.run_module(old, run_name="__main__", alter_sys=True)
    except SystemExit as ended:
        assert not ended.code
from ganlab.hub.module import Generators
assert Generators is ganlab.Generators
"""


def test_printed_addresses_are_found_with_a_warning_and_others_are_as_absent_as_ever() -> None:
    ended = python("-c", EVERYTHING, *(old for old, _ in PRINTED))
    assert ended.returncode == 0, ended.stderr
    assert [shown for _, shown in PRINTED if shown not in ended.stdout] == []
    for old, new in MOVED.items():
        assert f"DeprecationWarning: {old} is {new} now" in ended.stderr


def test_new_addresses_warn_of_nothing() -> None:
    ended = python("-W", "error", "-c", "import ganlab, ganlab.models.hub")
    assert ended.returncode == 0, ended.stderr
