"""The settings of a run: any JSON is either settings with attributes of their types, or damage with a reason."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ganlab.app.views.status_wording import damage_text
from ganlab.core.config import TrainConfig
from ganlab.core.names import shown
from ganlab.runtime.run_settings import MOST_BYTES, Damage, Parent, RunSettings, read_settings, settings_of

WHOLE = {"config": TrainConfig().to_dict(), "recipe": "", "created": 1.0, "group": "", "group_size": 1}
FORK = {"run": "a", "step": 5, "images": [[0, 0], [5, 320]], "changes": {"lr": [0.1, 0.2]}}
ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)


@given(ANY)
def test_any_values_are_settings_or_damage(values: Any) -> None:
    assert isinstance(settings_of(values), Damage)


@given(st.sampled_from([*WHOLE, *(f"config.{name}" for name in TrainConfig().to_dict()), "parent", "config.new"]), ANY)
def test_any_value_in_any_place_is_settings_or_damage(name: str, value: Any) -> None:
    values = json.loads(json.dumps(WHOLE))
    inside = values["config"] if name.startswith("config.") else values
    inside[name.removeprefix("config.")] = value
    found = settings_of(values)
    if isinstance(found, Damage):
        sentence = damage_text("a", found)
        assert name in sentence and shown(sentence) == sentence and len(sentence) < 300
        return
    assert json.loads(json.dumps(found.to_dict(), allow_nan=False)) == {
        key: one for key, one in values.items() if one or key != "parent"
    }
    assert isinstance(found.steps, int) and isinstance(found.family, str) and 0 <= found.created < 2**35


@given(st.sampled_from(list(FORK)), ANY)
def test_any_parent_is_one_or_damage(name: str, value: Any) -> None:
    found = settings_of({**WHOLE, "parent": FORK | {name: value}})
    assert isinstance(found, Damage) or (found.parent is not None and isinstance(found.parent.step, int))


def test_a_fork_of_an_older_version_and_settings_that_it_did_not_have() -> None:
    config = {"family": "dcgan", "dataset": "mnist", "steps": 7, "gone": "x"}
    found = settings_of({**WHOLE, "config": config, "parent": {"run": "a", "step": 5}})
    assert isinstance(found, RunSettings) and found.parent == Parent("a", 5)
    assert (found.steps, found.batch_size, found.device) == (7, TrainConfig.batch_size, "auto")
    assert found.to_dict()["config"] == config


@pytest.mark.parametrize("kind", ["pipe", "folder", "device", "large", "bytes", "deep"])
def test_what_is_no_settings_file_is_never_waited_for(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    match kind:
        case "pipe":
            os.mkfifo(path)
        case "folder":
            path.mkdir()
        case "device":
            path.symlink_to("/dev/zero")
        case "large":
            path.touch()
            os.truncate(path, MOST_BYTES + 1)
        case "bytes":
            path.write_bytes(b"\xff\x00")
        case "deep":
            path.write_text("[" * 100_000)
    found = read_settings(path)
    assert isinstance(found, Damage) and found.kind == ("no_json" if kind in ("bytes", "deep") else "unreadable")
