"""Settings in a file: what is written is read again, and all that is wrong with a file is one answer."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ganlab.core import config_file
from ganlab.core.config import TrainConfig
from ganlab.training.families import FAMILIES
from ganlab.training.recipes import RECIPES

CONFIGS = {name: family.config for name, family in FAMILIES.items()} | {name: one.config for name, one in RECIPES.items()}


def file(tmp_path: Path, text: str, name: str = "mine.toml") -> Path:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("name", CONFIGS)
def test_every_family_and_recipe_comes_back(name: str, tmp_path: Path) -> None:
    assert TrainConfig.from_toml(file(tmp_path, CONFIGS[name].to_toml())) == CONFIGS[name]


@given(st.text(st.characters(exclude_categories=["Cs"])), st.floats(1e-7, 1), st.tuples(st.floats(0, 0.9), st.floats(0, 0.9)))
def test_any_value_comes_back(text: str, number: float, pair: tuple[float, float]) -> None:
    values = {"a": text, "b": number, "c": pair, "d": True, "e": 2**40}
    again = tomllib.loads(config_file.to_toml(values, dict.fromkeys(values, "50 % of it")))
    assert again == values | {"c": list(pair)}


def test_a_file_needs_no_more_than_what_differs(tmp_path: Path) -> None:
    config = TrainConfig.from_toml(file(tmp_path, 'family = "wgan-gp"\nlr = 1e-3\nflip = true\nbetas = [0, 0.9]\n'))
    assert config == TrainConfig.of("wgan-gp", lr=1e-3, flip=True, betas=(0, 0.9))
    assert TrainConfig.from_toml(file(tmp_path, "")) == TrainConfig.of("dcgan")


def test_yaml_is_read_too(tmp_path: Path) -> None:
    pytest.importorskip("yaml")
    path = file(tmp_path, "family: cgan\nlr: 1e-3\nflip: true\nbetas: [0.5, 0.9]\n", "mine.yaml")
    assert TrainConfig.from_yaml(path) == TrainConfig.of("cgan", lr=1e-3, flip=True, betas=(0.5, 0.9))
    with pytest.raises(ValueError, match="The settings are no YAML"):
        TrainConfig.from_yaml(file(tmp_path, "a: [", "other.yml"))


def test_wrong_keys_are_one_sentence_beside_wrong_values(tmp_path: Path) -> None:
    with pytest.raises(ValueError) as caught:
        TrainConfig.from_toml(file(tmp_path, "learning_rate = 1\nsteps = -4\ntypo = 2\n[train]\nx = 1\n"))
    unknown, value = caught.value.sentences
    assert unknown.startswith("mine.toml has what is no setting of dcgan: learning_rate (perhaps lr is meant), typo, train")
    assert value == "steps = -4 is out of range: 1 to 10,000,000."


@pytest.mark.parametrize(
    ("text", "name", "words"),
    [
        ("steps: 3", "mine.toml", "mine.toml is no TOML: "),
        ("steps = 3", "mine.ini", "its name must end in .toml or .yaml"),
        ('family = "nope"', "mine.toml", "family = 'nope' is not one of"),
        ("x = " + "[" * 20_000, "mine.toml", "mine.toml is nested too deeply"),
        ("lr: 2020-13-45", "mine.yaml", "The settings are no YAML: month must be in 1..12"),
        ("- 1", "mine.yaml", "mine.yaml has no settings: write lines such as `steps: 1000`"),
    ],
)
def test_what_cannot_be_read_is_one_sentence(text: str, name: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError) as caught:
        TrainConfig.from_toml(file(tmp_path, text, name))
    assert words in str(caught.value) and "\n" not in str(caught.value)
    with pytest.raises(ValueError, match="cannot be read"):
        TrainConfig.from_toml(tmp_path / "none.toml")
