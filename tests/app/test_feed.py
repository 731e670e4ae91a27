"""Deltas: whatever the schedule of polling, a viewer ends up with the whole run, and thirty cost what one costs."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ganlab.app.api.feed import Feed
from ganlab.app.api.snapshot import FIRST_POINTS, MOST_POINTS, Seen, Snapshot, packed
from ganlab.app.serving.shared import SharedResult
from ganlab.runtime.run import Run
from ganlab.runtime.store import Series, Writer
from tests.support.fake_runs import FakeRun

NAMES = ("loss/G/adversarial", "score/real", "fid")


class Viewer:
    """A client that only keeps what deltas tell it."""

    def __init__(self) -> None:
        self.seen, self.series, self.sheets = Seen(), {}, []

    def apply(self, delta: dict[str, Any]) -> None:
        for name, (steps, values) in list(self.series.items()):
            kept = sum(step <= delta["since"] for step in steps)
            self.series[name] = (steps[:kept], values[:kept])
        for name, new in delta["series"].items():
            steps, values = self.series.get(name, ([], []))
            self.series[name] = (steps + new["steps"], values + new["values"])
        self.sheets = [step for step in self.sheets if step <= delta["sheets_since"]] + delta["sheets"]
        notes = [note["id"] for note in delta["annotations"]]
        self.seen = Seen(delta["cursor"], max(self.sheets, default=-1), max(notes, default=self.seen.notes or 0))


@st.composite
def histories(draw: st.DrawFn) -> list[tuple[str, int]]:
    """What a worker and a viewer do in turn: write some steps, be polled, be killed and resume earlier."""
    return draw(st.lists(st.tuples(st.sampled_from(["write", "poll", "resume"]), st.integers(1, 40)), max_size=25))


@settings(max_examples=60, deadline=None)
@given(histories())
def test_deltas_of_any_schedule_add_up_to_the_whole_run(history: list[tuple[str, int]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        fake = FakeRun(Path(folder))
        writer, viewer, snapshot, step = Writer(fake.run.database), Viewer(), None, 0
        writer.annotate(0, "started")
        for what, amount in [*history, ("poll", 1)]:
            if what == "write":
                fresh = range(step + 1, step + amount + 1)
                writer.write([(n, {name: n / 7 + amount for i, name in enumerate(NAMES) if n % (2 * i + 1) == 0}) for n in fresh])
                step += amount
                writer.write(sheets=[n for n in fresh if n % 10 == 0], state={"progress": {"step": step}})
            elif what == "resume":
                step = max(0, step - amount)
                writer.write(state={"progress": {"step": step}})
                writer.annotate(step, "started")
            else:
                snapshot = Snapshot.read(fake.run, snapshot)
                viewer.apply(snapshot.delta(viewer.seen))
        writer.close()
        whole = fake.run.series()
        found = {name: series for name, series in viewer.series.items() if series[0]}
        assert found.keys() == whole.keys()
        for name, series in whole.items():
            assert found[name][0] == series.steps.tolist()
            assert found[name][1] == pytest.approx(series.values.tolist(), rel=1e-6)
        assert viewer.sheets == fake.run.samples()


def test_a_snapshot_reads_only_what_is_new(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake = FakeRun(tmp_path, steps=500).start().train(200)
    first = Snapshot.read(fake.run)
    asked: list[int] = []
    whole = Run.series
    monkeypatch.setattr(Run, "series", lambda run, names=None, since=-1: asked.append(since) or whole(run, names, since))
    assert Snapshot.read(fake.run, first) is first
    fake.train(100)
    second = Snapshot.read(fake.run, first)
    assert (asked, first.cursor, second.cursor) == ([200, 200], 200, 300)
    fake.release()


def test_the_first_answer_is_reduced_and_keeps_spikes_and_means() -> None:
    values = np.random.default_rng(0).normal(size=100_000)
    values[54_321], values[65_432] = 99.0, -99.0
    run = {"loss/G/adversarial": Series(np.arange(0, 1_000_000, 10), values)}
    sent = packed(run, -1, 10**9, FIRST_POINTS)["loss/G/adversarial"]
    assert len(sent["steps"]) <= FIRST_POINTS + 2
    assert (max(sent["values"]), min(sent["values"])) == (99.0, -99.0)
    assert sent["steps"][:1] + sent["steps"][-1:] == [0, 999_990]
    # Extremes alone would say ±3; the means say what the smoothed curve must show.
    assert np.abs(sent["means"]).mean() < 0.2


def test_a_viewer_who_slept_for_hours_is_served_like_a_newcomer() -> None:
    run = {"score/real": Series(np.arange(50_000), np.ones(50_000))}
    assert len(packed(run, 0, 10**9, MOST_POINTS)["score/real"]["steps"]) <= MOST_POINTS + 2


def test_a_detail_is_exact_where_the_first_answer_was_not() -> None:
    run = {"score/real": Series(np.arange(0, 100_000), np.sin(np.arange(0, 100_000)))}
    snapshot = Snapshot.__new__(Snapshot)
    object.__setattr__(snapshot, "series", run)
    detail = snapshot.detail(500, 700)["series"]["score/real"]
    assert detail["steps"] == list(range(500, 701))
    assert detail["values"] == pytest.approx(np.sin(np.arange(500, 701)).tolist(), abs=1e-6)


def test_a_value_that_is_no_number_is_sent_as_null() -> None:
    run = {"loss/G/adversarial": Series(np.arange(3), np.array([1.0, np.nan, np.inf]))}
    assert packed(run, -1, 9, 100)["loss/G/adversarial"]["values"] == [1.0, None, None]


def test_thirty_first_requests_are_one_computation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake = FakeRun(tmp_path).start().train(300)
    calls = {"read": 0, "delta": 0}
    read, delta = Snapshot.read.__func__, Snapshot.delta

    def counted(name: str, call: Any) -> Any:
        def wrapper(*arguments: Any) -> Any:
            calls[name] += 1
            return call(*arguments)

        return wrapper

    monkeypatch.setattr(Snapshot, "read", classmethod(counted("read", read)))
    monkeypatch.setattr(Snapshot, "delta", counted("delta", delta))

    async def crowd() -> list[Any]:
        feed = Feed(fake.run)
        return await asyncio.gather(*(feed.delta(Seen()) for _ in range(30)))

    answers = asyncio.run(crowd())
    assert calls == {"read": 1, "delta": 1}
    assert len({id(answer.plain) for answer in answers}) == 1
    assert json.loads(answers[0].plain)["cursor"] == 300
    fake.release()


def test_a_shared_result_is_computed_again_when_it_has_aged() -> None:
    calls: list[int] = []

    async def ask() -> None:
        kept, fresh = SharedResult(lambda: calls.append(1), seconds=60), SharedResult(lambda: calls.append(1), seconds=0)
        for shared in (kept, kept, kept, fresh, fresh, fresh):
            await shared.get()

    asyncio.run(ask())
    assert len(calls) == 1 + 3


def test_an_error_reaches_all_who_waited_and_is_not_kept() -> None:
    attempts: list[int] = []

    def compute() -> str:
        attempts.append(1)
        if len(attempts) == 1:
            raise sqlite3.OperationalError("database is locked")
        return "fine"

    async def ask() -> tuple[list[Any], str]:
        shared = SharedResult(compute)
        return await asyncio.gather(shared.get(), shared.get(), return_exceptions=True), await shared.get()

    (first, second), later = asyncio.run(ask())
    assert isinstance(first, sqlite3.OperationalError)
    assert second is first
    assert (later, len(attempts)) == ("fine", 2)


def test_one_who_leaves_does_not_take_the_answer_with_him() -> None:
    async def ask() -> str:
        release = asyncio.get_running_loop().create_future()
        shared = SharedResult(lambda: asyncio.run_coroutine_threadsafe(_wait(release), loop).result())
        loop = asyncio.get_running_loop()
        leaver, stayer = asyncio.create_task(shared.get()), asyncio.create_task(shared.get())
        await asyncio.sleep(0)
        leaver.cancel()
        release.set_result("the answer")
        return await stayer

    assert asyncio.run(ask()) == "the answer"


async def _wait(future: asyncio.Future[str]) -> str:
    return await future
