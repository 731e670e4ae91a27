"""The doctor's sentences: one for every kind of finding, and a label for every number."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ganlab.analysis import doctor
from ganlab.analysis.doctor import Evidence, Finding
from ganlab.analysis.doctor.detectors import DETECTORS
from ganlab.app.views.doctor_wording import _LABELS, _SENTENCES, worded


def found(kind: str, **numbers: float) -> Finding:
    """A finding with these numbers as evidence."""
    return Finding(kind, "warning", 3, 7, Evidence(numbers=numbers))


def test_every_kind_has_its_sentences_and_every_number_its_label() -> None:
    assert {key.split("/")[0] for key in _SENTENCES} == set(DETECTORS)
    source = "".join(file.read_text() for file in Path(doctor.__file__).parent.rglob("*.py"))
    assert [name for name in _LABELS if f'"{name}"' not in source] == []
    used = {name for _, text in _SENTENCES.values() for name in re.findall(r"{(\w+)", text)}
    assert used - {"metric", "value"} <= set(_LABELS)


@pytest.mark.parametrize(
    ("finding", "title", "start"),
    [
        (found("divergence"), "Divergence", "A loss stopped being a number. Each network"),
        (found("divergence", **{"loss/D": 12345.6}), "Divergence", "loss/D has grown to 1.235e+04. Each network"),
        (
            found("collapse", diversity=0.25, nearest_two=0.1),
            "Mode collapse",
            "G ignores z: the images of a sheet differ by only 25% of",
        ),
        (found("collapse", diversity_of_contrast=0.2), "Mode collapse", "G ignores z: the images of a sheet differ by only 20%"),
        (found("labels-ignored", within_label=1.0, chance=0.4), "The labels are ignored", "Each column of the sheet was drawn"),
        (found("labels-ignored", chance=0.4), "The labels carry no information", "The training images of one label are no more"),
        (found("d-wins", separation=0.98, d_loss=0.014), "D wins", "D is right about nearly every image: its scores of real"),
        (
            found("repeated-data", real_diversity=0.0, examined=4096.0),
            "The training images are all the same",
            "The 4,096 training",
        ),
    ],
)
def test_a_finding_becomes_a_title_and_an_explanation(finding: Finding, title: str, start: str) -> None:
    words = worded(finding)
    assert words["title"] == title and words["explanation"].startswith(start)
    assert words["labels"].keys() == words["evidence"]["numbers"].keys()


def test_numbers_have_labels_and_metrics_keep_their_names() -> None:
    assert worded(found("d-wins", separation=0.98, d_loss=0.01))["labels"]["separation"] == "how sure D is, 0 to 1"
    assert worded(found("divergence", **{"loss/D": 50.0}))["labels"] == {"loss/D": "loss/D"}
