"""A measured value prints its protocol and refuses to be compared across protocols."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from ganlab.metrics.value import Estimate, Value

measured = Value(
    "FID", 12.345, 0.067, 10_000, 60_000, "mnist train, 28 px", "inception 6726825d", "legacy", 0, "digits-quick", 750
)


def test_it_prints_everything_that_made_it() -> None:
    assert str(measured) == (
        "FID of digits-quick at step 750: 12.345 ± 0.067 "
        "(10,000 images against 60,000 of mnist train, 28 px; inception 6726825d; resize legacy; seed 0)"
    )


@pytest.mark.parametrize(
    ("value", "error", "text"),
    [
        (0.000123, 0.00002, "0.000123 ± 0.000020"),
        (-0.5, 0.25, "-0.50 ± 0.25"),
        (540.9, 12, "541 ± 12"),
        (540.9, 0.999, "540.90 ± 1.00"),
        (3, 0, "3.000 ± 0.000"),
        (0, 0, "0.000 ± 0.000"),
        (1e-12, 1e-13, "0.000000000 ± 0.000000000"),
    ],
)
def test_digits_follow_the_error(value: float, error: float, text: str) -> None:
    assert str(Estimate(value, error)) == text


@pytest.mark.parametrize(
    "change",
    [
        {"metric": "KID"},
        {"n_fake": 5000},
        {"n_real": 10_000},
        {"reference": "mnist test, 28 px"},
        {"extractor": "inception deadbeef"},
        {"resize": "clean"},
    ],
)
def test_comparing_across_protocols_is_refused(change: dict[str, Any]) -> None:
    other = replace(measured, value=1.0, **change)
    (name,) = change
    for compare in (
        lambda: measured < other,
        lambda: measured >= other,
        lambda: measured - other,
        lambda: sorted([measured, other]),
        lambda: measured.better_than(other),
    ):
        with pytest.raises(ValueError, match=f"cannot be compared, because they differ in {name} "):
            compare()
    assert measured != other


def test_values_of_one_protocol_compare_whatever_step_seed_and_subject() -> None:
    better = replace(measured, value=10.0, error=0.05, step=1500, seed=3, subject="other")
    assert sorted([measured, better]) == [better, measured]
    assert better < measured and measured > better and better <= measured and measured >= measured
    assert max([measured, better]) is measured
    assert (measured - better).value == pytest.approx(2.345)
    assert (measured - better).error == pytest.approx((0.067**2 + 0.05**2) ** 0.5)
    assert better.better_than(measured)


def test_better_knows_the_direction() -> None:
    recall = replace(measured, metric="recall", higher_is_better=True)
    assert recall.better_than(replace(recall, value=1.0))
    assert not replace(recall, value=1.0).better_than(recall)


def test_a_bare_number_is_no_value() -> None:
    with pytest.raises(TypeError, match="only be compared with another measured value"):
        _ = measured < 3.0


def test_it_survives_json_and_refuses_what_is_not_a_value() -> None:
    values = json.loads(json.dumps(measured.to_dict()))
    assert Value.from_dict(values) == measured
    with pytest.raises(ValueError, match="has no colour"):
        Value.from_dict(values | {"colour": 1})
    with pytest.raises(ValueError, match="not a whole measured value"):
        Value.from_dict({"metric": "FID"})


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
def test_what_is_no_number_can_still_be_printed(number: float) -> None:
    assert str(number) in str(Estimate(number, 0.0)) and str(number) in str(Estimate(1.0, number))
