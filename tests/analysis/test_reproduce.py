"""A published table is trained, measured and laid beside ours."""

from __future__ import annotations

import time
from collections.abc import Generator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ganlab.analysis.jobs.kinds import KINDS
from ganlab.analysis.jobs.messages import Measured, PartFailed
from ganlab.analysis.reproduce import reproduce as reproduction
from ganlab.analysis.reproduce.published import COLUMN, DUEL, TABLES
from ganlab.analysis.reproduce.reproduce import reproduce, seconds
from ganlab.analysis.reproduce.table import Reproduction, Row
from ganlab.cli.progress import driven
from ganlab.cli.reproduce import _reported
from ganlab.core.events import Loading
from ganlab.metrics.value import Value
from ganlab.runtime.run import runs
from ganlab.training.recipes import RECIPES
from tests.support.workers import train_in_threads


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


def value(number: float, subject: str, **changes: Any) -> Value:
    made = Value("distance", number, 0.12, 1000, 60_000, "mnist train, 28 px", "lenet-mnist abc", "none", 0, subject)
    return replace(made, floor=subject.startswith("real"), **changes)


SIZE_32 = {"reference": "mnist train, 32 px"}
HALF = {"reference": "mnist train, second half, 28 px", "n_real": 30_000}


def test_the_table_has_a_row_for_each_system_and_for_real_images() -> None:
    first, last, floor = (value(number, who) for number, who in ((40.0, "a"), (9.0, "a"), (0.5, "real images (mnist test)")))
    rows = (
        Row("column-gan", "run", "540.90 → 103.69", 20, 200, 600, (first,), (last,)),
        Row("column-cgan-fid", "run", "605.47 → 79.92", 0.25, 200, 7200, (), (value(90.0, "b"),)),
        Row("column-lsgan-mlp", "run", "532.52 → 94.01", 0, 200, 3, (), ()),
    )
    table = str(Reproduction("column", rows, (floor,), ("column-dcgan: it broke.",))).splitlines()
    assert table[2] == "| `column-gan` | 540.90 → 103.69 | 40.00 ± 0.12 → 9.00 ± 0.12 | 20 of 200 | 10 min |"
    assert table[3] == "| `column-cgan-fid` | 605.47 → 79.92 | 90.00 ± 0.12 | 0.25 of 200 | 2 h |"
    assert table[4] == "| real images (mnist test) |  | 0.50 ± 0.12 |  |  |"
    assert len({line.count("|") for line in table[:5]}) == 1
    printed_table = "\n".join(table)
    assert "`column-lsgan-mlp` was not measured" in printed_table and table[-1] == "column-dcgan: it broke."


def test_no_column_holds_numbers_that_refuse_to_be_compared() -> None:
    """One system at 28 px, one at 32 px, and a half against a half: three protocols, three tables, each with its own."""
    rows = (
        Row("column-gan", "run", "540.90 → 103.69", 20, 200, 600, (value(40.0, "a"),), (value(9.0, "a, later"),)),
        Row("column-dcgan", "run", "314.34 → 44.99", 2, 200, 600, (), (value(5.0, "b", **SIZE_32),)),
    )
    test, half = "real images (mnist test)", "real images (mnist train, first half)"
    floors = (value(0.5, test), value(0.1, half, **HALF), value(0.6, test, **SIZE_32))
    printed_table = str(Reproduction("column", rows, floors))
    tables = [block.splitlines() for block in printed_table.split("\n\n") if block.startswith("|")]
    assert [[line.split("|")[1].strip() for line in table[2:]] for table in tables] == [
        ["`column-gan`", test],
        ["`column-dcgan`", test],
        [half],
    ]
    below = [block for block in printed_table.split("\n\n") if block.startswith("1,000 images")]
    for protocol, reference in zip(below, ("60,000 of mnist train, 28", "60,000 of mnist train, 32", "30,000 of"), strict=True):
        assert reference in protocol


@pytest.fixture
def only_the_quickest(monkeypatch: pytest.MonkeyPatch) -> None:
    """One system, and no floors, which take a while."""

    def none(*_: Any) -> Generator[Loading, None, list[Value]]:
        yield Loading()
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


@pytest.fixture
def in_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    """No process is started for what is about who waits for whom; tests/runtime/test_launch.py starts some."""
    train_in_threads(monkeypatch)
    monkeypatch.setattr(reproduction, "_POLL_SECONDS", 0.2)


def test_closing_stops_the_training_and_the_next_call_goes_on(real_data: Path, only_the_quickest: None, in_threads: None) -> None:
    ran_until(reproduce("column"), 2)
    first = runs()[0].status()
    assert first.state == "stopped" and runs()[0].checkpoints()
    short = driven(_reported("column", reproduce("column", 0.0, n=300)))  # no time: measured at once
    (row,) = short.rows
    assert row.last[0].step == first.step and not row.first and 0 < row.epochs < row.epochs_wanted == 200
    assert row.last[0].subject.startswith(f"column-cgan-fid, epoch {row.epochs:.3g} of 200, ")
    again = driven(_reported("column", reproduce("column", 1.0, n=300)))  # less than it has trained, but this call's own
    assert len(runs()) == 1 and again.rows[0].seconds >= first.seconds + 1
    assert again.rows[0].last[0].step > first.step


class Trained:
    """A run as far as its budget matters: it never moves, whoever asks."""

    def __init__(self, recipe: str) -> None:
        self.id = recipe


def stubbed(monkeypatch: pytest.MonkeyPatch, spent: dict[str, float], broken: str = "") -> list[float | None]:
    """Trainings that take `spent` seconds; -> the shares they were given, as they are given."""
    shares: list[float | None] = []

    def trained(configs: dict[str, Any], share: float | None) -> Generator[Loading, None, tuple[list[Any], float]]:
        (recipe,) = configs
        shares.append(share)
        yield Loading("training_systems")
        if recipe == broken:
            raise ValueError("it broke.")
        return [Trained(recipe)], spent.get(recipe, share or 0.0)

    def row(run: Trained, n: int) -> Generator[Loading, None, Row]:
        yield Loading("reading_images")
        return Row(run.id, run.id, "", 1, 200, 7200, (), (value(1.0, run.id),))

    def none(*_: Any) -> Generator[Loading, None, list[Value]]:
        yield Loading()
        return []

    monkeypatch.setattr(reproduction, "_trained", trained)
    monkeypatch.setattr(reproduction, "_row", row)
    monkeypatch.setattr(reproduction, "_floors", none)
    return shares


def test_a_budget_is_for_one_call_whatever_was_trained_before(monkeypatch: pytest.MonkeyPatch) -> None:
    shares = stubbed(monkeypatch, {})
    for _ in range(2):  # each row has two hours behind it
        driven(_reported("column", reproduce("column", 3600.0)))
    assert shares == [900.0] * 8


def test_who_takes_too_long_leaves_no_less_than_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    shares = stubbed(monkeypatch, {"column-gan": 5000.0})
    driven(_reported("column", reproduce("column", 3600.0)))
    assert shares == [900.0, 0.0, 0.0, 0.0]


def test_one_that_fails_leaves_the_others_and_what_they_read(monkeypatch: pytest.MonkeyPatch) -> None:
    stubbed(monkeypatch, {}, broken="column-dcgan")
    yielded = list(KINDS["reproduce"](name="column", budget=40.0))
    kept = [value.subject for one in yielded if isinstance(one, Measured) for value in one.values]
    assert kept == ["column-gan", "column-lsgan-mlp", "column-cgan-fid"]
    assert [one.sentence for one in yielded if isinstance(one, PartFailed)] == ["column-dcgan: it broke."]


def test_what_is_known_is_printed_when_it_is_cut_short(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    stubbed(monkeypatch, {})
    work = _reported("column", reproduce("column", 40.0))
    for _ in range(3):
        next(work)
    work.close()
    assert "`column-gan`" in capsys.readouterr().out


def test_the_duel_runs_side_by_side_and_reports_its_losses(little_data: None, in_threads: None) -> None:
    ran_until(reproduce("duel", 600.0, dataset="shapes"), 12, count=2)
    assert {run.status().state for run in runs()} == {"stopped"}
    table = driven(_reported("duel", reproduce("duel", 0.0, dataset="shapes")))
    assert [row.recipe for row in table.rows] == ["duel-bce", "duel-mse"] and len(runs()) == 2
    for row in table.rows:
        g, d = row.last
        assert (g.metric, d.metric) == ("loss of G", "loss of D") and g.value > 0 and d.value > 0
    with pytest.raises(ValueError, match="cannot be compared"):  # other losses, other units
        _ = table.rows[0].last[0] < table.rows[1].last[0]
