"""The names of other projects lead to our settings."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ganlab import TrainConfig
from ganlab.core.other_names import nearest

SETTINGS = [item.name for item in TrainConfig.settings()]


@pytest.mark.parametrize(
    ("typed", "ours"),
    [
        ("--epochs", "steps"),
        ("epoch", "steps"),
        ("--learning-rate", "lr"),
        ("learning_rate", "lr"),
        ("--bs", "batch_size"),
        ("--batch_size", "batch_size"),
        ("--batchsize", "batch_size"),
        ("--nz", "z_dim"),
        ("--latent-dim", "z_dim"),
        ("--img-size", "image_size"),
        ("--size", "image_size"),
        ("--cuda", "device"),
        ("--gpu", "device"),
        ("--model", "family"),
        ("--stpes", "steps"),
        ("--manualSeed", "seed"),
        ("--whatever", ""),
    ],
)
def test_the_setting_that_is_meant_is_found(typed: str, ours: str) -> None:
    assert nearest(typed, SETTINGS) == ours


@given(st.text())
def test_any_text_leads_to_a_known_name_or_to_none(typed: str) -> None:
    assert nearest(typed, SETTINGS) in ("", *SETTINGS)
