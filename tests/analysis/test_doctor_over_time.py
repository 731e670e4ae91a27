"""The doctor as a run goes on: no true finding is taken back for a trifle, and none blames a setting for what was before it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ganlab.analysis.doctor import examine
from ganlab.analysis.doctor.detectors import DETECTORS
from ganlab.analysis.doctor.detectors.memorisation import NEAR, shows
from ganlab.analysis.doctor.examination import findings, read
from ganlab.analysis.doctor.real_images import Real
from ganlab.analysis.doctor.record import STEERING, Change, Record
from ganlab.analysis.doctor.tiles import Tiles, between
from ganlab.app.views.doctor_wording import worded
from ganlab.core.interventions import Intervention
from ganlab.runtime.fork import new_fork
from ganlab.training.families import FAMILIES
from tests.support.fake_runs import FakeRun
from tests.support.records import CHANCE, NOISE, STEPS, balanced, kinds, record, tiles

REAL = Real(tiles(400, seed=5), whole=True)


def at(one: Record, step: int) -> set[str]:
    return {finding.kind for finding in findings(one.until(step))}


# -- taken back ------------------------------------------------------------------------------------------------------------

# Differences between the pictures of a sheet, of those between real digits, every 50 steps: a GAN with a momentum of 0.9.
RECORDED = "110 50 1 28 49 16 19 0 0 0 0 9 1 85 166 256 72 0 35 41 42 3 0"


def test_identical_pictures_stay_collapsed_when_they_differ_by_a_trifle_more() -> None:
    rising = {step: tiles(spread=0.025 + 0.012 * (step - 100) / 500) for step in range(100, 601, 50)}
    one = record(pictures=rising, real=REAL)
    assert all(at(one, step) == {"collapse"} for step in range(100, 601, 50))
    assert all("collapse" in at(record(pictures=rising), step) for step in range(100, 601, 50))  # without real images too


def test_a_collapse_as_it_was_recorded_is_not_taken_back() -> None:
    """But where the pictures differed by a quarter of what real ones do, twelve times as much as 300 steps before."""
    spreads = [int(one) / 1000 for one in RECORDED.split()]
    sheets = {100 + 50 * index: tiles(spread=max(spread, 1e-4), seed=index) for index, spread in enumerate(spreads)}
    one = record(pictures=sheets, real=REAL)
    assert {step for step in sheets if "collapse" not in at(one, step)} <= {850}


def test_a_collapse_that_is_over_is_taken_back() -> None:
    sheets = {step: tiles(spread=0.02 if step <= 300 else 0.9) for step in range(100, 601, 50)}
    one = record(pictures=sheets, real=REAL)
    assert at(one, 300) == {"collapse"} and at(one, 350) == set() and at(one, 600) == set()


def test_copies_a_little_fewer_than_before_are_still_copies() -> None:
    eight = tiles(8, seed=9)

    def drawn(copies: int) -> Tiles:
        rows = np.repeat(eight.rows, 5, axis=0) + 0.01 * CHANCE.random((40, 64)).astype(np.float32)
        return Tiles(np.concatenate([rows[:copies], tiles(40, seed=3).rows[copies:]]), np.arange(40) % 5)

    one = record(pictures={1500: drawn(20), 1800: drawn(30), 2000: drawn(20)}, real=Real(eight, whole=True))
    assert at(one, 1500) == set() and at(one, 1800) == at(one, 2000) == {"memorisation"}


# -- noise -----------------------------------------------------------------------------------------------------------------


def test_grey_noise_is_no_copy_although_it_is_near_to_everything() -> None:
    photos = Real(tiles(64, seed=9), whole=True)
    grey = Tiles((0.5 + 0.05 * CHANCE.normal(size=(40, 64))).astype(np.float32), np.arange(40) % 10)
    pale = Tiles((0.5 + 0.2 * (np.repeat(photos.tiles.rows, 1, axis=0)[:40] - 0.5)).astype(np.float32), np.arange(40) % 10)
    mean = Tiles(np.repeat(photos.tiles.rows.mean(axis=0, keepdims=True), 40, axis=0), np.arange(40) % 10)
    for drawn in (grey, pale, mean):
        near = between(drawn.rows, photos.tiles.rows).min(axis=1) < NEAR * photos.typical * 1.15
        assert near.mean() > 0.9  # by the distance alone they would pass, or nearly
        assert "memorisation" not in kinds(record(pictures={2000: drawn}, real=photos))
    assert shows(photos.tiles.rows, photos.tiles.rows).all()


# -- the gradient ----------------------------------------------------------------------------------------------------------

FLAT = Tiles(0.5 + 0.001 * CHANCE.random((40, 64)), np.arange(40) % 10)


def empty(gradient: np.ndarray | float | None, **more: Any) -> Record:
    curves = {} if gradient is None else {"gradient__G": gradient}
    return record(pictures={100: FLAT, 500: FLAT, 2000: FLAT}, real=REAL, **curves, **more)


def test_a_gradient_that_was_measured_is_not_called_none() -> None:
    found = DETECTORS["dead"](empty(1.119 + 0.01 * NOISE))
    assert found is not None and found.severity == "warning" and found.evidence.numbers["gradient"] == pytest.approx(1.119, 0.01)
    assert worded(found)["title"] == "Empty images" and "its length is 1.12" in worded(found)["explanation"]
    assert "no gradient" not in worded(found)["explanation"]
    unmeasured = DETECTORS["dead"](empty(None))
    assert unmeasured is not None and "gradient" not in worded(unmeasured)["explanation"]


def test_nothing_is_said_of_pictures_before_step_100() -> None:
    for more in ({}, {"lr": 0.5}, {"d_steps": 20}):
        assert at(empty(1.119, **more), 60) == set()


def test_a_g_that_no_gradient_reaches_is_dead_however_young() -> None:
    dead = np.where(STEPS < 100, 2.0, 0.0)
    found = DETECTORS["dead"](empty(dead, batch_size=8).until(500))
    assert found is not None and found.severity == "failure" and worded(found)["title"] == "Dead output"
    assert "no gradient passes" in worded(found)["explanation"]
    assert DETECTORS["dead"](empty(2.0 + 0.1 * NOISE, batch_size=8).until(500)) is None  # it may catch up


# -- few images ------------------------------------------------------------------------------------------------------------


def test_64_images_that_d_knows_by_heart_are_not_healthy() -> None:
    scores = balanced(0.86, 0.1)  # D(x) 0.93, D(G(z)) 0.07
    found = DETECTORS["few-images"](record(**scores, num_images=64))
    assert (
        found is not None
        and found.evidence.numbers["passes"] == 2000
        and "each of the 64 training" in worded(found)["explanation"]
    )
    assert kinds(record(**scores, num_images=64)) == {"few-images"} and kinds(record(**scores, num_images=60_000)) == set()
    assert kinds(record(**balanced(0.3, 0.8), num_images=64)) == set()  # it cannot tell
    assert at(record(**scores, num_images=480, batch_size=8), 1000) == set()  # 17 passes


def test_d_that_forgets_the_few_images_a_little_still_knows_them() -> None:
    falling = balanced(0.9, 0.1)
    falling["score__real"] = 0.5 + np.interp(STEPS, [0, 1000, 2000], [0.45, 0.45, 0.31])
    falling["score__fake"] = 1 - falling["score__real"]
    assert all(at(record(**falling, num_images=64), step) == {"few-images"} for step in range(400, 2001, 100))


# -- what a setting is blamed for ------------------------------------------------------------------------------------------

LEAPING = balanced(0.4, 0.6) | {"loss__D__adversarial": np.where(STEPS > 1310, 2.0 + 3.0 * NOISE, 1.2 + 0.02 * NOISE)}
RAISED = [Change(1310, "lr", 2e-4)]


def test_a_rate_is_blamed_only_for_what_followed_it() -> None:
    one = record(**LEAPING, lr=0.05, changes=RAISED)
    found = DETECTORS["rate"](one)
    assert found is not None and (found.step_from, found.step_to) == (1311, 2000) and found.fix == {"lr": 2e-4}
    assert DETECTORS["rate"](record(**LEAPING, lr=0.05)).step_from == 0  # type: ignore[union-attr]
    assert DETECTORS["rate"](one.until(1340)) is None  # three points after it say nothing
    assert one.until(1310).config.lr == 2e-4 and one.until(1320).config.lr == 0.05


def test_a_change_does_not_take_back_what_was_true_before_it() -> None:
    won = record(**balanced(0.995, 0.01, 0.001), d_steps=1, changes=[Change(1000, "d_steps", 20)])
    before, just_after = (DETECTORS["d-wins"](won.until(step)) for step in (1000, 1030))
    assert before is not None and just_after is not None and just_after.fix == before.fix == {"d_steps": 1}
    assert just_after.step_to == 1000
    after = DETECTORS["d-wins"](won)
    assert after is not None and "d_steps" not in after.fix  # it is not that any more


@pytest.mark.parametrize("step", [1990, 2000, 2500])
def test_a_change_at_the_newest_step_says_nothing_yet(step: int) -> None:
    one = record(**balanced(0.4, 0.6), lr=0.05, changes=[Change(step, "lr", 2e-4)])
    assert one.settled.config.lr == 2e-4 and findings(one) == [] and one.until(2000) is one


def changed_run(home: Path) -> FakeRun:
    """A run whose rate is raised after 131 steps; its losses leap from then on."""
    fake = FakeRun(home, channels=1, log_every=1, checkpoint_every=50, lr=2e-4)
    calm = fake.point
    fake.point = lambda step: (  # type: ignore[method-assign]
        calm(step) if step <= 131 else (step, calm(step)[1] | {"loss/D/adversarial": 6.0 * (step % 2), "loss/G/adversarial": 9.0})
    )
    fake.start().train(131)
    change = Intervention(131, "lr", 0.05)
    fake.recorder._writer.intervene(change.to_dict())
    fake.recorder._writer.annotate(131, "changed", change.effect(fake.config))
    return fake


def test_a_run_whose_rate_was_changed_at_131_is_blamed_from_132_on(tmp_path: Path) -> None:
    fake = changed_run(tmp_path).train(74).finish("stopped")
    (found,) = [finding for finding in examine(fake.run) if finding.kind == "rate"]
    assert (found.step_from, found.step_to) == (132, 205) and found.evidence.numbers["lr_ratio"] == pytest.approx(250)
    assert found.fix == {"lr": 2e-4} and found.before == {"lr": 0.05}


def test_a_fork_is_blamed_for_its_own_changes_alone(tmp_path: Path) -> None:
    fake = FakeRun(tmp_path, channels=1).start().train(300).checkpoint().finish("stopped")
    made = new_fork(fake.run, 300, d_lr_ratio=50.0).create()
    one = read(made)
    assert one.changes == [Change(300, "d_lr_ratio", 1.0)] and one.first_with("d_lr_ratio") == 301 and one.first_with("lr") == 0


CHANGES = st.builds(Change, st.integers(1, 1990), st.sampled_from(STEERING), st.just(1))


@settings(max_examples=40, deadline=None)
@given(
    st.lists(CHANGES, max_size=4),
    st.sampled_from([0.995, 0.4, -0.2]),
    st.sampled_from([{"d_steps": 9}, {"lr": 0.1}, {"d_lr_ratio": 30.0}, {"d_lr_ratio": 0.02}]),
    st.integers(100, 2000),
)
def test_no_finding_covers_steps_before_the_change_of_what_it_blames(
    changes: list[Change], apart: float, config: dict[str, Any], step: int
) -> None:
    changes = sorted(changes, key=lambda change: change.step)
    curves = balanced(apart, 0.01 if apart > 0.9 else 1.4) | {"loss__G__adversarial": 9.0 + NOISE}
    one = record(**curves, **config, changes=changes).until(step)
    for kind in ("rate", "d-wins", "g-wins"):
        found = DETECTORS[kind](one)
        if found is None:
            continue
        json.dumps(found.to_dict(), allow_nan=False)
        assert found.step_from <= found.step_to <= step
        blamed = {"rate": ("lr", "d_lr_ratio")}.get(kind, ())
        last = max((change.step for change in changes if change.name in blamed and change.step < found.step_to), default=0)
        assert found.step_from > last or not last


def test_every_family_reads_its_changes(tmp_path: Path) -> None:
    assert all({"lr", "d_lr_ratio", "d_steps"} <= {setting.name for setting in family.settings()} for family in FAMILIES.values())
