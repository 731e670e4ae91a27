"""Whether a config can train is known before a run is made, and how large its networks are."""

from __future__ import annotations

import pytest

from ganlab.core.errors import Mistakes
from ganlab.training.families import FAMILIES
from ganlab.training.networks.layers import count_parameters
from ganlab.training.preflight import check, networks_on_meta
from ganlab.training.recipes import RECIPES
from tests.support.small import small


def test_parameters_are_those_of_the_networks_that_train() -> None:
    """The slides publish D's count; G's 852,609 are those of its 865,281 that are trained."""
    networks = networks_on_meta(RECIPES["slides-dcgan"].config)
    assert {name: count_parameters(network) for name, network in networks.items()} == {"G": 852_609, "D": 212_865}


def test_settings_that_do_not_fit_together_are_one_sentence() -> None:
    with pytest.raises(ValueError, match="image_size = 27"):
        networks_on_meta(FAMILIES["dcgan"].config.replace(dataset="shapes", image_size=27))


def test_all_that_does_not_fit_is_named_at_once() -> None:
    with pytest.raises(Mistakes) as error:
        check(small("cgan", dataset="celeba", device="cuda:9", fid_every=5, architecture="nope"))
    assert [sentence.split()[0] for sentence in error.value.sentences] == ["dataset", "device", "architecture"]
