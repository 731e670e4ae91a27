"""Families of forks: order, depth, what was changed, and what becomes of them when a parent is deleted."""

from __future__ import annotations

import json
from pathlib import Path

from ganlab.core.interventions import Intervention
from ganlab.runtime.fork import new_fork
from ganlab.runtime.lineage import families
from ganlab.runtime.run import runs
from tests.support.fake_runs import FakeRun


def parent(root: Path) -> FakeRun:
    run = FakeRun(root, steps=400, checkpoint_every=100).start()
    for _ in range(4):
        run.train(100).checkpoint()
    return run.finish()


def test_forks_stand_below_their_parents_with_what_changed(tmp_path: Path) -> None:
    first = parent(tmp_path).run
    FakeRun(tmp_path).start().finish()  # a run without forks is no family
    child = new_fork(first, 200, steps=600, lr=1e-3).create()
    other = new_fork(first, 400, steps=800).create()
    grandchild = new_fork(child, 200, steps=600, d_steps=2).create()
    (family,) = families(runs(tmp_path))
    assert [(kin.run.id, kin.depth, kin.step) for kin in family] == [
        (first.id, 0, None),
        (child.id, 1, 200),
        (grandchild.id, 2, 200),
        (other.id, 1, 400),
    ]
    assert family[1].changes == {"steps": (400, 600), "lr": (2e-4, 1e-3)} and family[2].changes == {"d_steps": (1, 2)}


def test_what_was_changed_while_the_parent_trained_is_not_the_forks_doing(tmp_path: Path) -> None:
    run = FakeRun(tmp_path, steps=400).start().train(100)
    run.recorder._writer.intervene(Intervention(100, "lr", 5e-4).to_dict(), {"name": "lr", "before": 0.0002, "value": 0.0005})
    run.train(100).checkpoint().finish()
    made = new_fork(run.run, 200, steps=300, lr=1e-3).create()
    (family,) = families(runs(tmp_path))
    assert family[1].run.id == made.id and family[1].changes["lr"] == (5e-4, 1e-3)


def test_what_was_changed_right_after_the_checkpoint_is_not_in_it(tmp_path: Path) -> None:
    run = FakeRun(tmp_path, steps=400).start().train(100).checkpoint()
    run.recorder._writer.intervene(Intervention(100, "lr", 5e-4).to_dict(), {"name": "lr", "before": 0.0002, "value": 0.0005})
    run.train(100).checkpoint().finish()
    made = new_fork(run.run, 100, steps=300, lr=1e-3).create()
    assert families(runs(tmp_path))[0][1].changes == {"steps": (400, 300), "lr": (2e-4, 1e-3)}
    settings = made.settings.to_dict()  # as older versions wrote it
    settings["parent"].pop("changes")
    (made.path / "config.json").write_text(json.dumps(settings))
    assert families(runs(tmp_path))[0][1].changes == {"steps": (400, 300), "lr": (2e-4, 1e-3)}


def test_what_was_changed_right_before_a_stop_is_in_its_checkpoint(tmp_path: Path) -> None:
    run = FakeRun(tmp_path, steps=400).start().train(150)
    run.recorder._writer.intervene(Intervention(150, "lr", 5e-4).to_dict(), {"name": "lr", "before": 0.0002, "value": 0.0005})
    run.checkpoint().finish("stopped")
    new_fork(run.run, 150, lr=1e-3).create()
    assert families(runs(tmp_path))[0][1].changes == {"lr": (5e-4, 1e-3)}


def test_a_fork_outlives_its_parent(tmp_path: Path) -> None:
    first = parent(tmp_path).run
    child = new_fork(first, 200, steps=600).create()
    grandchild = new_fork(child, 200, steps=700).create()
    first.delete()
    (family,) = families(runs(tmp_path))
    assert [(kin.run.id, kin.depth, kin.step) for kin in family] == [(child.id, 0, None), (grandchild.id, 1, 200)]
    child.delete()
    assert families(runs(tmp_path)) == []
