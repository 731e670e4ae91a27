"""A config.json from a stranger: it describes networks that fit its weights, or it is refused in one sentence."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ganlab import Pipeline
from ganlab.models.catalogue import SHIPPED
from ganlab.runtime import checkpoint

NAMES = ("shapes-quick", "digits-quick", "horse2zebra-light")
ODD: list[Any] = [
    None,
    -1,
    0,
    7,
    3.5,
    10**9,
    10**30,
    1e308,
    float("nan"),
    "",
    "x",
    "label",
    "unpaired",
    "mlp",
    "unet",
    [],
    {},
    [1],
]


def place(folder: Path, name: str, values: Any) -> Path:
    """A checkpoint with the weights of a shipped model and a config of its own."""
    folder.mkdir(exist_ok=True)
    (folder / checkpoint.MODEL).unlink(missing_ok=True)
    (folder / checkpoint.MODEL).symlink_to(SHIPPED / name / checkpoint.MODEL)
    (folder / checkpoint.INFO).write_text(json.dumps(values))
    return folder


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(NAMES), st.data())
def test_a_config_with_odd_values_loads_or_is_refused(tmp_path: Path, name: str, data: st.DataObject) -> None:
    values = json.loads((SHIPPED / name / checkpoint.INFO).read_text())
    for _ in range(data.draw(st.integers(1, 3))):
        part = data.draw(st.sampled_from([values, values.get("config"), values.get("spec")]))
        if isinstance(part, dict) and part:
            part[data.draw(st.sampled_from(sorted(part)))] = data.draw(st.sampled_from(ODD))
    try:
        pipeline = Pipeline.load(place(tmp_path / "model", name, values))
        assert pipeline.translates or pipeline.sample(1)
    except ValueError as error:
        assert "\n" not in str(error) and str(error).endswith((".", ")")), error


@pytest.mark.parametrize(
    ("name", "part", "key", "value", "words"),
    [
        ("shapes-quick", "config", "width", 1024, "do not fit its config.json"),
        ("shapes-quick", "config", "image_size", 10**9, "image_size = 1000000000 is out of range"),
        ("shapes-quick", "spec", "image_size", 10**9, "image_size = 1000000000 is not that of images"),
        ("shapes-quick", "spec", "channels", 3, "do not fit its config.json"),
        ("shapes-quick", "spec", "conditioning", "none", "is not that of cgan"),
        ("horse2zebra-light", "spec", "conditioning", "none", "is not that of cyclegan"),
        ("shapes-quick", "config", "nonsense", 1, "nonsense is not a setting of cgan"),
        ("shapes-quick", "config", "family", "nope", "family = 'nope' is not one of"),
    ],
)
def test_what_does_not_fit_is_named(tmp_path: Path, name: str, part: str, key: str, value: Any, words: str) -> None:
    values = json.loads((SHIPPED / name / checkpoint.INFO).read_text())
    values[part][key] = value
    with pytest.raises(ValueError, match=words):
        Pipeline.load(place(tmp_path / "model", name, values))


@pytest.mark.parametrize("key", ["config", "spec", "labels", "step"])
def test_a_part_that_lacks_or_is_of_another_kind_is_named(tmp_path: Path, key: str) -> None:
    values = json.loads((SHIPPED / "shapes-quick" / checkpoint.INFO).read_text())
    with pytest.raises(ValueError, match=f"'{key}' is not what it should be"):
        Pipeline.load(place(tmp_path / "model", "shapes-quick", values | {key: None}))
    del values[key]
    with pytest.raises(ValueError, match=f"lacks '{key}'"):
        Pipeline.load(place(tmp_path / "model", "shapes-quick", values))
