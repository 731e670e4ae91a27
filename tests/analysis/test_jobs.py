"""Background jobs as real processes: done, queued, stopped, killed; folders and ids that come from outside."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ganlab.analysis.jobs import Job, jobs, launch, work
from ganlab.analysis.jobs.job import STARTING, Progress
from ganlab.analysis.jobs.kinds import KINDS
from ganlab.analysis.jobs.messages import Measured, PartFailed, Working
from ganlab.app.views.job_wording import outcome_text, progress_text
from ganlab.core.events import Loading
from ganlab.core.lock import FileLock, is_held
from ganlab.core.remarks import Remark
from ganlab.metrics.value import Value
from ganlab.runtime.run import runs, runs_root
from tests.support import ROOT

QUICK = {"subjects": ["shapes-quick", "nowhere"], "metrics": ["frechet-lenet-mnist"], "n": 20, "split": "test", "floors": False}
# A kind of job that needs no PyTorch, in a process of its own: it counts until it is stopped.
COUNTING = """
import itertools, sys, time
from pathlib import Path
from ganlab.app.views.job_wording import outcome_text, progress_text
from ganlab.core.events import Loading
from ganlab.analysis.jobs import Job, work
from ganlab.analysis.jobs.kinds import KINDS

def count():
    for done in itertools.count():
        yield Loading("decoding", "it", done, 100_000, "numbers")
        time.sleep(0.01)

KINDS["count"] = count
work(Job(Path(sys.argv[1])))
"""


def value(subject: str = "a", **changes: Any) -> Value:
    fields = {"metric": "lenet-mnist distance", "value": 2.0, "error": 0.5, "n_fake": 20, "n_real": 100}
    protocol = {"reference": "shapes test, 28 px", "extractor": "lenet-mnist 0", "resize": "bilinear 28", "seed": 0}
    return Value(**{**fields, **protocol, "subject": subject, **changes})


def wait_for(condition: Callable[[], object], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"waited {seconds} s in vain: {[(job.id, job.status()) for job in jobs()]}"
        time.sleep(0.05)


def state(job: Job) -> str:
    return job.status().state


class Counting:
    """A job that counts, in a real process."""

    def __init__(self, title: str) -> None:
        self.job = Job.create("count", {}, title)
        self.process = subprocess.Popen([sys.executable, "-c", COUNTING, str(self.job.path)], cwd=ROOT)
        wait_for(lambda: is_held(self.job.lock_path))

    def send(self, number: signal.Signals) -> None:
        self.process.send_signal(number)
        self.process.wait()


@pytest.fixture(autouse=True)
def no_process_survives() -> Iterator[None]:
    yield
    for job in jobs():
        job.request_stop()
    wait_for(lambda: not any(is_held(job.lock_path) for job in jobs()))


def test_a_job_measures_beside_its_caller_and_is_no_run() -> None:
    job = launch("evaluate", QUICK, "Shapes")
    assert job.status().active and [one.id for one in jobs()] == [job.id] and runs() == []
    wait_for(lambda: state(job) == "finished")
    (measured,) = job.values()
    assert (measured.subject, measured.n_fake, measured.metric) == ("shapes-quick", 20, "lenet-mnist distance")
    assert outcome_text(job.status()) == "Done, but one part could not be measured."
    (sentence,) = job.failures()
    assert sentence.startswith("There is no model 'nowhere'") and "\n" not in sentence
    assert Job.open(job.id).facts["title"] == "Shapes"
    job.delete()
    assert jobs() == [] and not job.path.exists()


def test_one_works_while_others_wait_and_a_killed_one_reads_as_lost() -> None:
    first = Counting("first")
    wait_for(lambda: first.job.status().progress.done)
    second, third = Counting("second"), Counting("third")
    wait_for(lambda: second.job.status().progress.waiting and third.job.status().progress.waiting)
    assert [state(one.job) for one in (first, second, third)] == ["running", "queued", "queued"]
    assert progress_text(second.job.status().progress) == "Waiting for another job to end"
    assert progress_text(third.job.status().progress) == "Waiting for 2 other jobs to end"
    with pytest.raises(ValueError, match="stop it first"):
        first.job.delete()
    third.job.request_stop()
    wait_for(lambda: state(third.job) == "stopped")
    assert outcome_text(third.job.status()) == "Stopped before it began."
    first.send(signal.SIGKILL)
    assert state(first.job) == "lost" and "was killed" in outcome_text(first.job.status())
    wait_for(lambda: state(second.job) == "running")
    first.job.delete()
    assert [job.id for job in jobs()] == [third.job.id, second.job.id]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_job_tells_its_rate_and_stops_at_a_polite_signal(number: signal.Signals) -> None:
    counting = Counting("polite")
    wait_for(lambda: counting.job.status().progress.seconds_left)
    progress = counting.job.status().progress
    assert (progress_text(progress), progress.unit) == ("Decoding it", "numbers")
    assert progress.rate > 1 and progress.seconds_left == pytest.approx((100_000 - progress.done) / progress.rate)
    counting.send(number)
    assert state(counting.job) == "stopped"
    assert outcome_text(counting.job.status()) == "Stopped before anything was measured."


# -- in this process: what is written when -----------------------------------------------------------------------------------


@pytest.fixture
def kind(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[Job], Working]], Job]:
    """A job of a kind of its own."""

    def make(function: Callable[[Job], Working]) -> Job:
        job = Job.create("trial", {}, "Trial")
        monkeypatch.setitem(KINDS, "trial", lambda: function(job))
        return job

    return make


def test_values_are_kept_as_they_come(kind: Callable[[Callable[[Job], Working]], Job]) -> None:
    seen = []

    def trial(job: Job) -> Working:
        yield Measured((value("a"),))
        seen.append([one.subject for one in job.values()])
        yield PartFailed("b: it is broken.")
        seen.append(job.failures())
        yield Loading("data_read", "p", remarks=(Remark("format", 2, ("1.heic", "2.heic"), "HEIC", total=9),))
        raise KeyError("c")

    job = kind(trial)
    work(job)
    assert job.remarks() == {"p": [Remark("format", 2, ("1.heic", "2.heic"), "HEIC", total=9)]}
    assert seen == [["a"], ["b: it is broken."]]
    assert (job.status().state, outcome_text(job.status())) == ("failed", "Unexpected KeyError: 'c' (details in job.log).")
    assert job.values() == [value("a")] and job.failures() == ["b: it is broken."]


def test_stopping_closes_the_work_and_keeps_what_there_is(kind: Callable[[Callable[[Job], Working]], Job]) -> None:
    closed = []

    def trial(job: Job) -> Working:
        try:
            yield Measured((value(),))
            job.request_stop()
            yield Loading("building")
            raise AssertionError("it was asked to stop")
        finally:
            closed.append(True)

    job = kind(trial)
    work(job)
    assert closed == [True] and state(job) == "stopped" and job.values() == [value()]


def test_progress_is_written_four_times_a_second_at_most(
    kind: Callable[[Callable[[Job], Working]], Job], monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[Progress] = []
    monkeypatch.setattr(Job, "write_progress", lambda job, progress: written.append(progress))

    def trial(job: Job) -> Working:
        began = time.monotonic()
        while time.monotonic() - began < 1:
            yield Loading("decoding", "it", int(1000 * (time.monotonic() - began)), 4000)
            time.sleep(0.001)
        return []

    work(kind(trial))
    kept = [progress for progress in written if progress.phase == "decoding"]
    assert 2 <= len(kept) <= 5
    assert kept[-1].rate == pytest.approx(1000, rel=0.3) and kept[-1].seconds_left == pytest.approx(3.2, abs=0.6)


def test_a_job_is_in_one_pair_of_hands(kind: Callable[[Callable[[Job], Working]], Job]) -> None:
    job = kind(lambda job: iter(()))  # type: ignore[arg-type, return-value]
    with FileLock(job.lock_path), pytest.raises(ValueError, match="in the hands of another process"):
        work(job)


def test_a_process_that_never_showed_itself_is_lost_after_a_while() -> None:
    job = Job.create("evaluate", {}, "Never started")
    assert state(job) == "queued"
    job.write("job.json", {**job.facts, "created": time.time() - STARTING - 1})
    assert state(Job(job.path)) == "lost"


def test_a_kind_that_there_is_not_starts_nothing() -> None:
    with pytest.raises(ValueError, match="kind = 'nothing' is not one of evaluate, reproduce"):
        launch("nothing", {}, "")
    assert jobs() == []


@pytest.mark.parametrize("id", ["../x", "..", "", ".turn", "a/b", "/etc", "x" * 200, "20200101-gone", "A", "a\n", "a\0"])
def test_ids_from_outside_are_checked(id: str) -> None:
    outside = runs_root() / "x"
    outside.mkdir(parents=True)
    (outside / "job.json").write_text(json.dumps({"kind": "evaluate", "arguments": {}, "title": "", "created": 0}))
    with pytest.raises(ValueError, match="There is no job named"):
        Job.open(id)


def test_an_outcome_of_an_older_version_is_still_read() -> None:
    job = Job.create("evaluate", {}, "Old")
    job.write("outcome.json", {"state": "stopped", "sentence": "Stopped; what was measured before is kept.", "ended": 0.0})
    assert (state(job), outcome_text(job.status())) == ("stopped", "Stopped; what was measured before is kept.")
    job.write("progress.json", {"what": "Reading", "done": 3, "total": 9, "waiting": False, "place": "model 1 of 2"})
    assert (job.status().progress.done, progress_text(job.status().progress)) == (3, "")


def test_damaged_files_read_as_nothing() -> None:
    job = Job.create("evaluate", {}, "Torn")
    for name in ("progress.json", "values.json", "failures.json", "remarks.json", "outcome.json"):
        (job.path / name).write_text('{"what": ')
    assert (job.values(), job.failures(), job.remarks(), state(job)) == ([], [], {}, "queued")
    (job.path / "remarks.json").write_text("[1, 2]")
    assert job.remarks() == {}
    (job.path / "job.json").write_text("[]")
    torn = Job(job.path)
    assert state(torn) == "lost"
    with pytest.raises(ValueError, match="damaged"):
        _ = torn.facts
