"""What explains a run's numbers, for every family: the browser's sentences are tested with the same facts (tests/js).

python -m tests.app.test_quantities    ->  writes those facts anew, after a family or a quantity came or went
"""

from __future__ import annotations

import json
import math
import tempfile
from pathlib import Path
from typing import Any

import pytest

from ganlab.app.api.quantities import quantities
from ganlab.core.events import Progress, Started
from ganlab.runtime.recorder import Recorder
from ganlab.runtime.run import Run
from ganlab.training.engine import train
from ganlab.training.families import FAMILIES
from tests.support import ROOT
from tests.support.small import small

FACTS = ROOT / "tests" / "js" / "quantities.json"
# The gauge's names, one of a network to come, and those of a training that asks its fakes for other labels than the batch has.
MORE = ("distance/lenet-mnist", "distance/inception", "distance/pixels", "labels/of_real", "labels/of_fake")
MORE += ("known/trained", "known/held_out", "augment/strength", "augment/overfitting")  # of a run that augments as D overfits
READING = {"fakes": 1000.0, "real": 60000.0, "floor": 0.3}


def facts_of(family: str, root: Path) -> dict[str, Any]:
    """The names of all metrics that one step of the family yields, and what explains them."""
    config = small(family, steps=1, samples=6)
    events = list(train(config))
    names = {name for event in events if isinstance(event, Progress) for _, point in event.points for name in point}
    run = Run.create(config, root=root)
    with Recorder(run) as recorder:
        recorder.record(Started(0, 1, "cpu", 6400, {}, readings={MORE[0]: READING}))
    found = quantities(run)
    return json.loads(json.dumps({"names": sorted(names | set(MORE)), "quantities": found}))


@pytest.mark.parametrize("family", FAMILIES)
def test_the_facts_that_the_sentences_are_tested_with_are_those_of_the_family(family: str, tmp_path: Path) -> None:
    known = json.loads(FACTS.read_text())
    assert known.get(family) == facts_of(family, tmp_path), "python -m tests.app.test_quantities writes them anew"
    assert set(known) == set(FAMILIES)


def test_references_follow_the_settings_of_the_run(tmp_path: Path) -> None:
    added = quantities(Run.create(small("dcgan"), root=tmp_path))
    averaged = quantities(Run.create(small("dcgan", d_loss="mean"), root=tmp_path))
    assert added["references"] == pytest.approx({"score": 0.5, "G": math.log(2), "D": 2 * math.log(2)})
    assert averaged["references"] == pytest.approx({"score": 0.5, "G": math.log(2), "D": math.log(2)})
    assert (added["averaged"], averaged["averaged"]) == (False, True)
    assert added["noun"] == "shapes"


def test_a_run_of_another_version_has_what_is_on_record(tmp_path: Path) -> None:
    run = Run.create(small("dcgan", dataset="mnist"), root=tmp_path)
    config = json.loads((run.path / "config.json").read_text())
    config["config"]["family"] = "gan-of-tomorrow"
    (run.path / "config.json").write_text(json.dumps(config))
    found = quantities(Run.open(run.id, root=tmp_path))
    assert (found["objective"], found["references"], found["noun"]) == ("", {}, "digits")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        made = {family: facts_of(family, Path(folder)) for family in FAMILIES}
    FACTS.write_text(json.dumps(made, indent=1) + "\n")
