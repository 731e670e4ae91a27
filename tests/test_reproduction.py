"""A published table is trained, measured and laid beside ours."""

from __future__ import annotations

import time
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ganlab import reproduction
from ganlab.events import Loading
from ganlab.metrics.value import Value
from ganlab.recipes import RECIPES
from ganlab.reproduction import COLUMN, DUEL, TABLES, Reproduction, Row, reproduce, seconds
from ganlab.run import runs
from ganlab.terminal import driven


@given(st.integers(1, 10**6), st.sampled_from(["s", "m", "h"]))
def test_lengths_of_time(number: int, unit: str) -> None:
    assert seconds(f"{number}{unit}") == number * {"s": 1, "m": 60, "h": 3600}[unit]


@pytest.mark.parametrize("text", ["", "10", "m", "-3m", "0s", "1d", "ten minutes", "1m30s"])
def test_what_is_no_length_of_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no length of time: write 90s, 10m or 2h"):
        seconds(text)


def test_every_system_of_a_table_is_a_recipe_and_says_what_was_published() -> None:
    for recipe, (first, last) in COLUMN.items():
        assert f"{first:.2f} → {last:.2f}" in RECIPES[recipe].published
    for recipe, (early, late) in DUEL.items():
        assert all(f"{loss:.3f}" in RECIPES[recipe].published for loss in (*early, *late))
    assert set(TABLES["column"]) == set(COLUMN) and set(TABLES["duel"]) == set(DUEL)


def test_an_unknown_table_lists_what_there_is() -> None:
    with pytest.raises(ValueError, match="table = 'nope' is not one of column, duel"):
        next(reproduce("nope"))


def value(metric: str, number: float, subject: str) -> Value:
    return Value(metric, number, 0.12, 1000, 60_000, "mnist train, 28 px", "lenet-mnist abc", "none", 0, subject)


def test_the_table_has_a_row_for_each_system_and_for_real_images() -> None:
    first, last, floor = (value("distance", number, who) for number, who in ((40.0, "a"), (9.0, "a"), (0.5, "real images")))
    rows = (
        Row("column-gan", "run", "540.90 → 103.69", 20, 200, 600, (first,), (last,)),
        Row("column-dcgan", "run", "314.34 → 44.99", 0.25, 200, 7200, (), (value("distance", 90.0, "b"),)),
    )
    table = str(Reproduction("column", rows, (floor,))).splitlines()
    assert table[2] == "| `column-gan` | 540.90 → 103.69 | 40.00 ± 0.12 → 9.00 ± 0.12 | 20 of 200 | 10.0 min |"
    assert table[3] == "| `column-dcgan` | 314.34 → 44.99 | 90.00 ± 0.12 | 0.25 of 200 | 2.0 h |"
    assert table[4] == "| real images |  | 0.50 ± 0.12 |  |  |"
    assert len({line.count("|") for line in table[:5]}) == 1


@pytest.fixture
def only_the_quickest(monkeypatch: pytest.MonkeyPatch) -> None:
    def none(*_: Any) -> Generator[Loading, None, list[Value]]:
        yield Loading("nothing")
        return []

    monkeypatch.setattr(reproduction, "evaluate_floors", none)
    monkeypatch.setattr(reproduction, "TABLES", {"column": ("column-cgan-fid",), "duel": TABLES["duel"]})


def ran_until(work: Generator[Loading, None, Any], steps: int, count: int = 1) -> None:
    """Go on until `count` runs have made some steps, then close, as a person who presses Ctrl-C does."""
    deadline = time.monotonic() + 240
    for _ in work:
        if len(runs()) == count and all(run.status().step >= steps for run in runs()):
            break
        assert time.monotonic() < deadline, [run.status() for run in runs()]
    work.close()
    while any(run.status().active for run in runs()):
        assert time.monotonic() < deadline, [run.status() for run in runs()]
        time.sleep(0.1)


def test_closing_stops_the_training_and_the_next_call_goes_on(real_data: Path, only_the_quickest: None) -> None:
    ran_until(reproduce("column"), 20)
    first = runs()[0].status()
    assert first.state == "stopped" and runs()[0].checkpoints()
    short = driven(reproduce("column", first.seconds / 2, n=300))  # the time is up: measured at once
    (row,) = short.rows
    assert row.last[0].step == first.step and not row.first and 0 < row.epochs < row.epochs_wanted == 200
    longer = driven(reproduce("column", first.seconds + 2, n=300))
    assert len(runs()) == 1 and longer.rows[0].seconds >= first.seconds + 2
    assert longer.rows[0].last[0].step > first.step


def test_the_duel_runs_side_by_side_and_reports_its_losses(real_data: Path) -> None:
    ran_until(reproduce("duel", 600.0, dataset="mnist"), 20, count=2)
    assert {run.status().state for run in runs()} == {"stopped"}
    table = driven(reproduce("duel", 0.001, dataset="mnist"))
    assert [row.recipe for row in table.rows] == ["duel-bce", "duel-mse"] and len(runs()) == 2
    for row in table.rows:
        g, d = row.last
        assert (g.metric, d.metric) == ("loss of G", "loss of D") and g.value > 0 and d.value > 0
    with pytest.raises(ValueError, match="cannot be compared"):  # other losses, other units
        _ = table.rows[0].last[0] < table.rows[1].last[0]
