"""The Runs page beside its table: the queue, the disk, the forks."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from ganlab.app import server
from ganlab.app.security.rights import Role
from ganlab.app.views import permissions
from ganlab.app.views.runs.rows import Row
from ganlab.runtime.fork import new_fork
from ganlab.runtime.labels import Labels, keep_labels
from ganlab.runtime.run import Run
from tests.app.test_pages import APP, as_read, button, ran, rows, select, texts, visit
from tests.support.fake_runs import FakeRun
from tests.support.whole_app import seat


def test_the_queue_tells_who_trains_and_who_waits(fake: Callable[..., FakeRun]) -> None:
    fake(recipe="digits-quick").start().train(100)
    waiting = [fake(recipe="shapes-quick").queue(), fake(recipe="digits-cgan").queue()]
    page = visit("runs")
    assert "**CPU**: Quick digits" in texts(page) and "left)" in texts(page)
    assert "1. Ten shapes" in texts(page) and "2. Digits on demand by a CGAN" in texts(page)
    page.button(key=f"cancel/{waiting[0].id}").click().run()
    assert [run.run.stop_requested() for run in waiting] == [True, False]


def test_a_full_disk_is_told_before_it_is_full(fake: Callable[..., FakeRun], monkeypatch: pytest.MonkeyPatch) -> None:
    fake(steps=10_000, checkpoint_every=100).start().train(100).checkpoint()
    assert not visit("runs").warning
    monkeypatch.setenv("GANLAB_DISK_LIMIT", "600 kB")
    (warning,) = visit("runs").warning
    assert "will write about" in warning.value and "are left" in warning.value


@pytest.mark.parametrize(("name", "value"), [("GANLAB_DISK_LIMIT", "20GBs"), ("GANLAB_MAX_WAITING", "many")])
def test_a_limit_that_is_none_is_a_warning(
    name: str,
    value: str,
    fake: Callable[..., FakeRun],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    fake(recipe="digits-quick").start().train(100)
    fake().queue()
    monkeypatch.setenv(name, value)
    page = visit("runs")
    assert f"{name} = {value!r} is not a " in as_read(page.warning[0].value) and "**CPU**: Quick digits" in texts(page)
    capsys.readouterr()
    server._warn()
    assert capsys.readouterr().err == f"No run can be started here: {as_read(page.warning[0].value)}\n"


def test_forks_are_listed_below_what_they_go_on_from(fake: Callable[..., FakeRun]) -> None:
    run = fake(steps=400).start().train(200).checkpoint().finish()
    assert "Forks" not in texts(visit("runs"))
    new_fork(run.run, 200, steps=600, lr=1e-3).create()
    page = visit("runs")
    assert "Forks" in texts(page) and "from step 200: Steps 400 → 600, Learning rate 0.0002 → 0.001" in texts(page)


def test_a_run_can_be_repeated(fake: Callable[..., FakeRun], monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[Run] = []
    monkeypatch.setattr("ganlab.runtime.launch.hand_over", lambda verb, folder, **_: started.append(Run(folder)))
    run = fake(steps=100, lr=1e-3).start().train(100).finish().run
    app = AppTest.from_file(APP, default_timeout=60)
    app.switch_page("pages/runs.py")
    app.session_state["runs.selected"] = [run.id]
    button = next(button for button in ran(app.run()).button if button.label == "Repeat")
    ran(button.click().run())
    (again,) = started
    assert again.id != run.id and again.config == run.config


NASTY = "**bold** <b>x</b> :red[y] \u202e [link](https://example.com)"


def test_a_run_is_named_with_notes_and_tags(fake: Callable[..., FakeRun]) -> None:
    run = fake(recipe="digits-quick").start().train(10).finish()
    page = select(run)
    button(page, "Name and notes").click().run()
    page.text_input(f"runs.label/{run.id}/name").set_value(f"  My {NASTY} ")
    page.text_area(f"runs.label/{run.id}/notes").set_value("Drew eights.\nThen **nothing**.")
    page.text_input(f"runs.label/{run.id}/tags").set_value("lesson 3, good,good")
    ran(button(page, "Save").click().run())
    labels = run.run.labels
    assert labels == Labels.of(f"My {NASTY}", "Drew eights.\nThen **nothing**.", ["lesson 3", "good"])
    page = select(run)
    (row,) = rows(page)
    assert row["recipe"] == f"{labels.name} · Quick digits" and list(row["tags"]) == ["lesson 3", "good"]
    assert [text.value for text in page.get("text")] == ["Drew eights.\nThen **nothing**."]
    assert visit("watch", run=run.id).selectbox[0].options[0].startswith(labels.name)


def test_runs_are_searched_by_words_and_settings(fake: Callable[..., FakeRun]) -> None:
    made = [fake(lr=1e-3).start().finish(), *(fake().start().finish() for _ in range(4))]
    keep_labels(made[1].run.path, Labels.of("Émile", "too dark", ["keep"]))
    page = visit("runs")
    assert len(rows(page)) == 5
    for wanted, count in (("e\u0301mile", 1), ("DARK keep", 1), ("lr=0.001", 1), ("shapes", 5)):
        page.text_input("runs.search").set_value(wanted)
        assert len(rows(ran(page.run()))) == count, wanted
    page.text_input("runs.search").set_value("no such thing")
    assert "No run has all these words" in texts(ran(page.run())) and not page.dataframe


def test_why_a_run_failed_stands_in_its_row(fake: Callable[..., FakeRun]) -> None:
    fake().start().fail("The disk is full: make room, then resume.")
    fake().start().finish()
    finished, failed = rows(visit("runs"))
    assert failed["why"] == "The disk is full: make room, then resume." and finished["why"] != finished["why"]  # no text


def test_a_student_reads_notes_and_changes_none(fake: Callable[..., FakeRun], monkeypatch: pytest.MonkeyPatch) -> None:
    run = fake().start().train(10).finish()
    keep_labels(run.run.path, Labels.of("Ours", "Look at /home/teacher/faces", ["lesson 3"]))
    monkeypatch.setenv("GANLAB_CLASSROOM", "1")
    monkeypatch.setattr(permissions, "cookies", lambda: seat(Role.STUDENT))
    page = select(run)
    assert "Name and notes" not in [one.label for one in page.button]
    assert rows(page)[0]["recipe"].startswith("Ours · ")
    assert [text.value for text in page.get("text")] == ["Look at faces"]


def test_why_a_run_cannot_be_resumed_stands_beside_it(fake: Callable[..., FakeRun], monkeypatch: pytest.MonkeyPatch) -> None:
    run = fake().start().train(10).checkpoint().finish("stopped")

    def resume(run: Run) -> None:
        raise ValueError("20 runs wait already: try again when one has begun.")

    monkeypatch.setattr("ganlab.app.views.run_actions.resume", resume)
    for page in (select(run), visit("watch", run=run.id)):
        button(page, "Resume").click().run()  # a fragment asks to run again, which this harness knows no fragment for
        for _ in range(2):  # it outlives the page's own refreshing
            errors = [as_read(error.value) for error in ran(page.run()).error]
            assert errors == ["20 runs wait already: try again when one has begun."]
        assert not page.toast


def test_where_no_run_can_be_shown_each_says_why(fake: Callable[..., FakeRun], monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(cls: type[Row], run: Run) -> Row:
        raise ValueError("its record is odd.")

    fake().start().finish()
    monkeypatch.setattr(Row, "_of", classmethod(broken))
    words = texts(visit("runs"))
    assert "cannot be shown: its record is odd." in words and "No run has all these words" not in words
