"""The worker: with how many threads it trains, at first and later."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch

from ganlab.app.views.status_wording import note_text
from ganlab.core import threads
from ganlab.core.threads import THREADS
from ganlab.runtime.checkpoint import read_state
from ganlab.runtime.fork import new_fork, new_repeat
from ganlab.runtime.limits import admit, unfit
from ganlab.runtime.run import Run, runs_root
from ganlab.runtime.worker import work
from ganlab.training import meter
from tests.support.faults import end_of, same
from tests.support.small import small

CONFIG = small(steps=12, checkpoint_every=4, sample_every=6)


@pytest.fixture(autouse=True)
def two_cores(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Reports at every step, and the threads of this process afterwards as they were."""
    before = torch.get_num_threads()
    monkeypatch.setattr(meter, "FLUSH_SECONDS", 0.0)
    monkeypatch.setattr(threads, "cores", lambda: 2)
    yield
    torch.set_num_threads(before)


def by_default(count: int) -> None:
    """As a new process finds it."""
    torch.set_num_threads(count)


def made() -> Run:
    return Run.create(CONFIG, root=runs_root())


def stopped() -> Run:
    """A run with two threads, stopped after step 6; the next process would have one."""
    run = made()
    by_default(2)
    work(run, lambda event: run.request_stop() if getattr(event, "step", 0) >= 6 else None)
    run.clear_requests()
    assert run.status().state == "stopped" and run.threads == 2
    by_default(1)
    return run


def changes(run: Run) -> list[tuple[int, str]]:
    return [(note.step, note_text(note)) for note in run.annotations() if note.kind == "threads_changed"]


def test_a_resume_a_fork_and_a_repeat_take_the_threads_of_the_run_whatever_the_default_has_become() -> None:
    whole = made()
    by_default(2)
    work(whole)
    expected, _ = end_of(whole)
    resumed = stopped()
    forked, repeated = new_fork(resumed, 4).create(), new_repeat(resumed).create()
    for run in (resumed, forked, repeated):
        by_default(1)
        work(run)
        assert torch.get_num_threads() == 2 and changes(run) == []
        assert same(end_of(run)[0], expected)


def test_the_threads_are_found_again_in_a_checkpoint_where_the_record_is_gone() -> None:
    run = stopped()
    assert read_state(run.checkpoints()[-1])["threads"] == 2
    run.database.unlink()
    work(run)
    assert torch.get_num_threads() == run.threads == 2


def test_fewer_cores_are_on_record_and_on_the_charts(monkeypatch: pytest.MonkeyPatch) -> None:
    run = stopped()
    step = read_state(run.checkpoints()[-1])["step"]
    monkeypatch.setattr(threads, "cores", lambda: 1)
    work(run)
    why = "Trains with 1 thread, one for each core, before with 2"
    assert changes(run) == [(step, f"{why}: sums are added in another order, so it is not bit for bit the same from here on.")]
    assert run.status().state == "finished" and run.threads == 1


def test_another_number_that_is_asked_for_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    run = stopped()
    monkeypatch.setenv(THREADS, "1")
    work(run)
    ((_, text),) = changes(run)
    assert text.startswith("Trains with 1 thread (GANLAB_THREADS), before with 2:") and run.threads == 1
    monkeypatch.setenv(THREADS, "some")
    assert "GANLAB_THREADS = 'some'" in unfit()
    with pytest.raises(ValueError, match="GANLAB_THREADS"):
        admit(CONFIG)


def test_members_of_a_group_share_the_threads_at_first() -> None:
    run = Run.create(CONFIG.replace(steps=1), group="duel", group_size=2, root=runs_root())
    by_default(2)
    work(run)
    assert run.threads == 1 and changes(run) == []
