"""Guessed names and arguments are answered with the right call, and no name that exists is hidden."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from ganlab import DATASETS, Dataset, Pipeline, Run, TrainConfig
from ganlab.core import config
from ganlab.core.errors import DataError
from ganlab.core.guesses import explained, guesses, whole
from ganlab.data import dataset
from ganlab.models import pipeline, training_here
from ganlab.runtime import run

ANSWERING = (
    (Pipeline, pipeline._MEANT),
    (Run, run._MEANT),
    (TrainConfig, config._MEANT),
    (Dataset, dataset._MEANT),
    (training_here.TrainingHere, training_here._MEANT),
)
GUESSED = [(kind, name, call) for kind, calls in ANSWERING for names, call in calls.items() for name in names.split()]


@pytest.mark.parametrize(("kind", "name", "call"), GUESSED, ids=[f"{kind.__name__}.{name}" for kind, name, _ in GUESSED])
def test_a_guessed_name_says_the_right_call(kind: type, name: str, call: str) -> None:
    """Of a name that is there by now, the guess is to be deleted."""
    with pytest.raises(AttributeError) as error:
        getattr(kind, name)
    assert call in str(error.value) and not hasattr(kind, name)


def test_a_name_that_is_there_is_never_hidden_and_guesses_are_not_listed() -> None:
    @guesses({"real made": "real is there"})
    class Some:
        real = 3

    assert Some().real == 3 and "real" in dir(Some()) and "made" not in dir(Some())
    with pytest.raises(AttributeError, match=r"Some has no made: real is there\."):
        _ = Some().made  # type: ignore[attr-defined]


def test_other_arguments_are_answered_with_those_there_are() -> None:
    @explained
    def draw(n: int, *, label: int = 0) -> int:
        return n + label

    assert draw(1, label=2) == 3
    with pytest.raises(ValueError, match=r"num_images is no argument of draw, which takes n, label; perhaps n is meant\."):
        draw(num_images=3)  # type: ignore[call-arg]
    with pytest.raises(ValueError, match="draw takes n, label: missing a required argument"):
        draw()  # type: ignore[call-arg]
    with pytest.raises(ValueError, match="too many positional arguments"):
        draw(1, 2)  # type: ignore[misc]


def test_values_that_are_found_in_brackets_and_images_that_are_not() -> None:
    with pytest.raises(AttributeError, match=r"a data set is found in brackets, as \['fashion-mnist'\]"):
        _ = DATASETS.fashion_mnist
    assert not hasattr(DATASETS, "_repr_html_")
    with pytest.raises(DataError, match=r"images\[0\] has pixels"):
        Dataset.from_tensors(torch.rand(2, 1, 8, 8))[0]


@pytest.mark.parametrize("value", [3, np.int64(3), np.uint8(3), torch.tensor(3)])
def test_whole_numbers_of_any_kind(value: object) -> None:
    assert whole("n", value) == 3


@pytest.mark.parametrize(("value", "words"), [(2.5, "n = 2.5 is not a whole"), ("4", "'4' is not"), (0, "n = 0 is out of")])
def test_others_are_named(value: object, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        whole("n", value, 1)
