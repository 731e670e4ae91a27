"""How far a value is from what real images read."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ganlab.metrics.standing import Standing, standing
from ganlab.metrics.value import Value

FAKE = Value("photo-encoder distance", 6.0, 0.1, 100, 100, "shapes train", "photo-encoder 0", "bilinear 64", 0, "model")
FLOOR = replace(FAKE, value=0.5, floor=True, subject="real images")


@pytest.mark.parametrize(
    ("value", "floor", "kind", "ratio"),
    [
        ({}, {}, "times", 12.0),
        ({"value": 0.6}, {}, "level", 1.2),
        ({"value": 0.1, "error": 0.0}, {"error": 0.0}, "level", 0.2),
        ({"error": 0.03}, {"value": 0.01, "error": 0.04}, "apart", 119.8),
        ({"value": 0.3, "higher_is_better": True, "error": 0.01}, {"value": 0.6, "error": 0.01}, "share", 0.5),
        ({"value": 0.7, "higher_is_better": True}, {"value": 0.6}, "level", 7 / 6),
        ({"value": 1.0, "error": 0.0}, {"value": 0.0, "error": 0.0}, "apart", float("inf")),
    ],
)
def test_every_kind_of_standing(value: dict[str, float], floor: dict[str, float], kind: str, ratio: float) -> None:
    higher = {"higher_is_better": bool(value.get("higher_is_better"))}
    found = Standing.of(replace(FAKE, **value), replace(FLOOR, **floor, **higher))
    assert found.kind == kind and found.ratio == pytest.approx(ratio)


def test_only_a_floor_of_the_same_protocol_counts() -> None:
    others = [replace(FLOOR, n_fake=99), replace(FLOOR, reference="other"), FAKE]
    assert standing(FAKE, others) is None and standing(FLOOR, [FLOOR]) is None
    found = standing(FAKE, [*others, FLOOR, replace(FLOOR, value=0.9)])
    assert found is not None and found.floor == FLOOR
