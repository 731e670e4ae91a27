from __future__ import annotations

import copy
import json
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ganlab.core.config import Setting, TrainConfig
from ganlab.core.errors import Mistakes
from ganlab.training.families import FAMILIES, load_config


@pytest.mark.parametrize("name", FAMILIES)
def test_a_config_survives_json(name: str) -> None:
    config = FAMILIES[name].config
    assert load_config(json.loads(json.dumps(config.to_dict()))) == config


@pytest.mark.parametrize("name", FAMILIES)
def test_every_setting_accepts_its_default_and_explains_itself(name: str) -> None:
    for item in FAMILIES[name].settings():
        item.check(item.default)
        assert item.help and item.range


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("lr", 3.0, ["lr", "3.0", "1e-07 to 1"]),
        ("steps", 0, ["steps", "0", "1 to 10,000,000"]),
        ("steps", 2.5, ["steps", "2.5", "whole number"]),
        ("betas", (0.5, 1.0), ["betas", "1.0", "0.99999"]),
        ("betas", (0.5,), ["betas", "(0.5,)"]),
        ("channels", 2, ["channels", "2", "0, 1, 3"]),
        ("lr", float("nan"), ["lr", "nan", "range"]),
        ("batch_size", "many", ["batch_size", "'many'", "whole number"]),
        ("flip", "perhaps", ["flip", "'perhaps'", "true or false"]),
    ],
)
def test_a_wrong_value_names_field_value_and_range(field: str, value: object, words: list[str]) -> None:
    with pytest.raises(ValueError) as error:
        TrainConfig().replace(**{field: value})
    for word in words:
        assert word in str(error.value)


def test_an_unknown_setting_names_what_there_is() -> None:
    with pytest.raises(ValueError, match="gp_weight is not a setting of dcgan; it has: family, dataset"):
        FAMILIES["dcgan"].config.replace(gp_weight=1)


@given(
    st.sampled_from(list(TrainConfig.settings())),
    st.one_of(st.none(), st.text(), st.floats(), st.integers(), st.lists(st.floats())),
)
def test_any_junk_is_either_taken_or_refused_in_one_sentence(item: Setting, junk: object) -> None:
    try:
        config = TrainConfig().replace(**{item.name: junk})
    except ValueError as error:
        assert item.name in str(error) and "\n" not in str(error).replace(repr(junk), "")
    else:
        item.check(getattr(config, item.name))


@given(st.floats(1e-7, 1.0), st.integers(1, 10_000_000), st.booleans())
def test_strings_from_a_form_mean_the_same_as_values(lr: float, steps: int, flip: bool) -> None:
    typed = TrainConfig().replace(lr=repr(lr), steps=str(steps), flip=str(flip), betas="0.5, 0.9")
    assert typed == TrainConfig().replace(lr=lr, steps=steps, flip=flip, betas=(0.5, 0.9))


def test_all_that_is_wrong_is_named_at_once() -> None:
    wrong = {"steps": -4, "lr": "much", "epochs": 5, "betas": "0.5", "seed": 1}
    for make in (TrainConfig().replace, TrainConfig):
        with pytest.raises(Mistakes) as error:
            make(**wrong)
        assert [sentence.split()[0] for sentence in error.value.sentences] == ["steps", "lr", "epochs", "betas"]
        assert "epochs is not a setting of dcgan (perhaps steps is meant); it has: family" in str(error.value)


def test_values_are_held_as_the_types_of_their_settings() -> None:
    config = TrainConfig(steps="5", betas=[0.5, 0.9], flip="yes")  # type: ignore[arg-type]
    assert (config.steps, config.betas, config.flip) == (5, (0.5, 0.9), True)
    assert pickle.loads(pickle.dumps(config)) == config == copy.deepcopy(config)


@pytest.mark.parametrize("family", FAMILIES)
def test_no_config_of_a_family_has_the_defaults_of_another(family: str) -> None:
    own = FAMILIES[family].config
    made = TrainConfig.of(family, steps=3)
    assert made == own.replace(steps=3) and type(made) is type(own)
    for make in (lambda: TrainConfig(family=family), lambda: FAMILIES["gan"].config.replace(family=family)):
        try:
            assert make() == own
        except ValueError as error:
            assert f"TrainConfig.of({family!r}" in str(error)


def test_a_family_that_does_not_exist_is_named_with_those_that_do() -> None:
    with pytest.raises(ValueError, match=r"family = 'wgan' is not one of .*wgan-gp"):
        TrainConfig.of("wgan")
