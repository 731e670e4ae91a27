"""The Runs page beside its table: the queue, the disk, the forks."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from ganlab.app import server
from ganlab.runtime.fork import new_fork
from ganlab.runtime.run import Run
from tests.app.test_pages import APP, as_read, ran, texts, visit
from tests.support.fake_runs import FakeRun


def test_the_queue_tells_who_trains_and_who_waits(fake: Callable[..., FakeRun]) -> None:
    fake(recipe="digits-quick").start().train(100)
    waiting = [fake(recipe="shapes-quick").queue(), fake(recipe="digits-cgan").queue()]
    page = visit("runs")
    assert "**CPU**: Digits in a minute" in texts(page) and "left)" in texts(page)
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
    assert f"{name} = {value!r} is not a " in as_read(page.warning[0].value) and "**CPU**: Digits in a minute" in texts(page)
    capsys.readouterr()
    server._warn()
    assert capsys.readouterr().err == f"No run can be started here: {as_read(page.warning[0].value)}\n"


def test_forks_are_listed_below_what_they_go_on_from(fake: Callable[..., FakeRun]) -> None:
    run = fake(steps=400).start().train(200).checkpoint().finish()
    assert "Forks" not in texts(visit("runs"))
    new_fork(run.run, 200, steps=600, lr=1e-3).create()
    page = visit("runs")
    assert "Forks" in texts(page) and "from step 200: steps 400 → 600, lr 0.0002 → 0.001" in texts(page)


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
