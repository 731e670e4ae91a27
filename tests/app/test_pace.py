"""What is said of a run before it starts is exact or measured."""

from __future__ import annotations

import pytest

from ganlab.app.views.train.pace import pace, parameters
from ganlab.data import DATASETS
from ganlab.runtime.run import runs_root
from ganlab.training.families import FAMILIES
from ganlab.training.recipes import RECIPES
from tests.support.fake_runs import RATE, FakeRun


def test_parameters_are_those_of_the_networks_that_train() -> None:
    """The slides publish D's count; G's 852,609 are those of its 865,281 that are trained."""
    assert parameters(RECIPES["slides-dcgan"].config, DATASETS["mnist"]) == {"G": 852_609, "D": 212_865}


def test_settings_that_do_not_fit_together_are_one_sentence() -> None:
    with pytest.raises(ValueError, match="image_size = 27"):
        parameters(FAMILIES["dcgan"].config.replace(image_size=27), DATASETS["shapes"])


def test_pace_is_that_of_the_newest_run_like_this() -> None:
    config = FAMILIES["dcgan"].config.replace(dataset="shapes")
    assert pace(config) is None
    run = FakeRun(runs_root(), **config.to_dict()).start().train(50)
    measured = pace(config.replace(steps=99, lr=0.1, seed=5))
    assert measured is not None
    assert (measured.seconds, measured.device, measured.memory) == (1 / RATE, "cpu", 400 * 2**20)
    assert pace(config.replace(batch_size=128)) is None
    run.release()
