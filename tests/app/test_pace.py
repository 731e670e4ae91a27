"""How fast a run will train is measured, never guessed."""

from __future__ import annotations

from ganlab.app.views.train.pace import pace
from ganlab.runtime.run import runs_root
from ganlab.training.families import FAMILIES
from tests.support.fake_runs import RATE, FakeRun


def test_pace_is_that_of_the_newest_run_like_this() -> None:
    config = FAMILIES["dcgan"].config.replace(dataset="shapes")
    assert pace(config) is None
    run = FakeRun(runs_root(), **config.to_dict()).start().train(50)
    measured = pace(config.replace(steps=99, lr=0.1, seed=5))
    assert measured is not None
    assert (measured.seconds, measured.device, measured.memory) == (1 / RATE, "cpu", 400 * 2**20)
    assert pace(config.replace(batch_size=128)) is None
    run.release()
