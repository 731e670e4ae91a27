"""Runs side by side: equal steps, seconds, images and epochs; what differs; what the route and the command make of it."""

from __future__ import annotations

import itertools
import re
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from ganlab.__main__ import main
from ganlab.app.api import routes
from ganlab.app.views.status_wording import note_text
from ganlab.core.events import Point, Progress, Started
from ganlab.core.interventions import Intervention
from ganlab.runtime.compare import AXES, RunAt, compare
from ganlab.runtime.run import Run
from tests.support.fake_runs import RATE, FakeRun

RAMP = "loss/G/adversarial"


class Ramp(FakeRun):
    """A run whose loss of G is its step, and which trains `speed` times as fast as others."""

    speed = 1.0

    def point(self, step: int) -> Point:
        return step, {RAMP: float(step), "time/seconds": step / (RATE * self.speed)}


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Run, Run]:
    """600 steps of 64 images beside 400 steps of 128 images that took four times as long each."""
    slow = Ramp(tmp_path, batch_size=128, lr=1e-3)
    slow.speed = 0.25
    return Ramp(tmp_path).start().train(600).finish().run, slow.start().train(400).finish().run


def steps(runs: tuple[Run, Run], axis: str, at: float | None = None) -> list[int]:
    return [run_at.step for run_at in compare(runs, axis, at).runs_at]


def test_at_equal_steps_all_are_told_at_the_last_step_all_have_reached(pair: tuple[Run, Run]) -> None:
    found = compare(pair)
    assert (found.until, found.at, steps(pair, "step")) == (400, 400, [400, 400])
    assert [run_at.images for run_at in found.runs_at] == [400 * 64, 400 * 128]
    assert [run_at.sheet for run_at in found.runs_at] == [400, 400]


def test_at_equal_images_the_larger_batch_has_done_half_the_steps(pair: tuple[Run, Run]) -> None:
    assert steps(pair, "images", 200 * 128) == [400, 200]
    assert compare(pair, "images").until == 600 * 64


def test_at_equal_time_the_slow_one_has_done_a_quarter(pair: tuple[Run, Run]) -> None:
    found = compare(pair, "time", 4.0)
    assert [run_at.step for run_at in found.runs_at] == pytest.approx([400, 100], abs=1)
    assert [run_at.seconds for run_at in found.runs_at] == pytest.approx([4, 4], rel=0.01)


def test_an_epoch_is_every_image_once(pair: tuple[Run, Run]) -> None:
    assert steps(pair, "epoch", 2.0) == [200, 100]  # 6,400 images
    assert [run_at.epochs for run_at in compare(pair, "epoch", 2.0).runs_at] == [2, 2]


def test_values_are_means_of_the_last_twentieth(pair: tuple[Run, Run]) -> None:
    first, second = (run_at.values[RAMP] for run_at in compare(pair, "step", 400).runs_at)
    assert first == second == pytest.approx((390 + 400) / 2)  # a point every ten steps; those beyond 380


def test_only_settings_that_matter_and_differ_are_told(tmp_path: Path) -> None:
    one = FakeRun(tmp_path, sample_every=50).start().train(100).finish().run
    two = FakeRun(tmp_path, lr=1e-3, log_every=20).start().train(100).finish().run
    found = compare([one, two])
    assert found.settings == {"lr": (2e-4, 1e-3)} and found.same_z
    other = FakeRun(tmp_path, seed=1).start().train(100).finish().run
    assert not compare([one, other]).same_z


def test_a_family_that_draws_from_pictures_has_no_z(tmp_path: Path) -> None:
    """Its config has a z_dim all the same, which is told of no comparison."""
    pairs = [FakeRun(tmp_path, family="pix2pix", dataset="facades").start().train(100).finish().run for _ in range(2)]
    assert (compare(pairs).z_dims, compare(pairs).same_z) == ((None, None), False)
    found = compare([pairs[0], FakeRun(tmp_path, z_dim=64).start().train(100).finish().run])
    assert found.z_dims == found.settings["z_dim"] == (None, 64)


def test_more_updates_of_d_are_more_images_from_then_on(tmp_path: Path) -> None:
    run = FakeRun(tmp_path).start().train(100)
    run.recorder._writer.intervene(Intervention(100, "d_steps", 3).to_dict(), {"name": "d_steps", "before": 1, "value": 3})
    run.train(100).finish()
    plain = FakeRun(tmp_path).start().train(400).finish().run
    found = compare([run.run, plain], "images")
    assert [run_at.images for run_at in found.runs_at] == [64 * (100 + 300), 64 * 400]
    ((changed,), ()) = found.changes
    assert (changed.step, note_text(changed)) == (100, "D steps per step 1 → 3.")


@pytest.mark.parametrize("axis", AXES)
def test_no_place_is_further_than_what_all_have_reached(pair: tuple[Run, Run], axis: str) -> None:
    """Later places never show fewer steps, and the furthest is that of the one that came least far."""
    places = [0, 0.3, 1, 7, 300, 1e5, 1e12]
    rows = [compare(pair, axis, place).runs_at for place in places]

    def ordered(before: tuple[RunAt, ...], after: tuple[RunAt, ...]) -> bool:
        return all(a.step <= b.step for a, b in zip(before, after, strict=True))

    assert all(itertools.starmap(ordered, itertools.pairwise(rows)))
    assert [row.step for row in rows[-1]] == steps(pair, axis)


def test_runs_without_a_step_yet_can_be_compared(tmp_path: Path) -> None:
    runs = [FakeRun(tmp_path).queue().run for _ in range(2)]
    for axis in AXES:
        assert [run_at.values for run_at in compare(runs, axis).runs_at] == [{}, {}]


def test_the_command_prints_a_column_for_each_run(pair: tuple[Run, Run], monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    monkeypatch.setenv("GANLAB_RUNS", str(pair[0].path.parent))
    assert main(["compare", *(run.id for run in pair), "--equal", "images", "--at", "25600"]) == 0
    printed = capsys.readouterr().out
    assert "After 25,600 real images seen; all runs have reached 38,400." in printed
    assert re.search(r"^steps +400 +200$", printed, re.M) and re.search(r"^batch_size +64 +128$", printed, re.M)
    assert main(["compare", pair[0].id]) != 0
    assert "2 to 4 runs can be compared, not 1." in capsys.readouterr().err


def test_the_route_says_what_is_wrong(pair: tuple[Run, Run], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GANLAB_RUNS", str(pair[0].path.parent))
    client = TestClient(Starlette(routes=routes()))
    ids = ",".join(run.id for run in pair)
    answer = client.get("/api/compare", params={"runs": ids, "axis": "images", "at": "25600"}).json()
    assert [run_at["step"] for run_at in answer["runs_at"]] == [400, 200]
    assert answer["settings"] == {"batch_size": [64, 128], "lr": [2e-4, 1e-3]}
    for query, sentence in (
        ({"runs": pair[0].id}, "2 to 4 runs can be compared, not 1."),
        ({"runs": ids, "axis": "luck"}, "axis = 'luck' is not one of step, time, images, epoch."),
        ({"runs": ids, "at": "soon"}, "at = 'soon' is not a number."),
        ({"runs": "../../etc,x"}, "There is no run"),
    ):
        refused = client.get("/api/compare", params=query)
        assert refused.status_code == 400 and sentence in refused.json()["error"]


def test_distances_of_two_protocols_never_share_a_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    """28 px, 32 px, and one of a version that did not say."""
    monkeypatch.setenv("GANLAB_RUNS", str(tmp_path))
    name, made = "distance/lenet-mnist", []
    for protocol in ("mnist train, 28 px", "mnist train, 32 px", "mnist train, 28 px", ""):
        fake = FakeRun(tmp_path).start()
        protocols = {name: protocol} if protocol else {}
        fake.recorder.record(Started(0, fake.config.steps, "cpu", 6400, {}, 0.0, protocols))
        points = ((1, {name: float(len(made)), "loss/G": 1.0}),)
        fake.recorder.record(Progress(1, fake.config.steps, points, 1.0, 1.0, 1.0, 0))
        made.append(fake.run)
    loss, *rows = sorted(compare(made).metrics, key=lambda row: row.name.startswith("distance"))
    assert (loss.values, loss.protocol) == ((1.0,) * 4, "")
    assert {row.protocol: row.values for row in rows} == {
        "mnist train, 28 px": (0.0, None, 2.0, None),
        "mnist train, 32 px": (None, 1.0, None, None),
        None: (None, None, None, 3.0),
    }
    assert main(["compare", *(run.id for run in made)]) == 0
    printed = capsys.readouterr().out
    assert re.search(r"^distance/lenet-mnist \[1\] +0 +– +2 +–$", printed, re.M) and "[2] mnist train, 32 px" in printed
