"""The sentences about work that is under way."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import get_args

import pytest

from ganlab.analysis.jobs.job import Progress
from ganlab.app.views.job_wording import progress_text
from ganlab.app.views.loading_wording import doing_text, loading_text
from ganlab.app.views.status_wording import activity_text
from ganlab.core.events import Loading, Phase
from ganlab.runtime.status import Activity


@pytest.mark.parametrize(
    ("event", "text"),
    [
        (Loading("downloading", "data.gz", 3, 10, "bytes"), "Downloading data.gz"),
        (Loading("reading_images"), "Reading the images"),
        (Loading("reading_images", "digits-quick", place=1, places=2), "Reading digits-quick (model 1 of 2)"),
        (Loading("reading_reference", "MNIST test", names=("lenet",), floors=True), "Reading MNIST test with lenet (floors)"),
        (Loading("decoding", "{x}"), "Decoding {x}"),
        (Loading("systems_wait", "cuda", names=("duel-bce", "duel-mse")), "Training duel-bce and duel-mse (waiting for cuda)"),
    ],
)
def test_work_is_one_phrase(event: Loading, text: str) -> None:
    assert loading_text(event) == text


def test_every_phase_has_its_words() -> None:
    for phase in set(get_args(Phase)) - {"", "paused", "waiting_jobs"}:
        assert activity_text(Activity(phase, "it", names=("a",))) not in ("it.", ".")


def test_what_another_version_does_is_shown_by_its_subject() -> None:
    assert doing_text(Activity("loading_data", "Loading MNIST")) == "Loading MNIST"  # type: ignore[arg-type]


def test_progress_survives_a_file_and_fields_of_another_version() -> None:
    made = Progress("decoding", "photos", 3, 9, names=("a",), rate=2.0, seconds_left=3.0)
    assert Progress.from_dict(json.loads(json.dumps(asdict(made))) | {"what": "Decoding photos", "waiting": False}) == made
    assert progress_text(Progress("waiting_jobs", ahead=1)) == "Waiting for another job to end"
    assert progress_text(Progress("waiting_jobs", ahead=2)) == "Waiting for 2 other jobs to end"
