"""The sandbox: what a student may start there, whose run is whose, and what hostile requests get."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.testclient import TestClient
from streamlit.testing.v1 import AppTest

from ganlab.__main__ import main
from ganlab.app.api import routes
from ganlab.app.security import classroom, quotas, rights, sandbox, visitor
from ganlab.app.security.gate import Gate
from ganlab.app.security.rights import Action, Role
from ganlab.app.security.visitor import Visitor
from ganlab.app.serving import small_runs
from ganlab.app.views import permissions
from ganlab.app.views.runs import queue as queue_view
from ganlab.app.views.runs import table
from ganlab.app.views.train import student
from ganlab.core.config import TrainConfig
from ganlab.runtime.device_queue import awaited, queue
from ganlab.runtime.limits import admit, will_wait
from ganlab.runtime.run import Run, runs, runs_root
from ganlab.runtime.run_settings import settings_of
from tests.support.fake_runs import FakeRun
from tests.support.small import small
from tests.support.whole_app import APP, headers, seat
from tests.support.workers import train_in_threads, wait_for

ANNA, BEN = "a" * 16, "b" * 16
Fake = Callable[..., FakeRun]


@pytest.fixture(autouse=True)
def in_class(own_directories: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(classroom.VARIABLE, "1")
    runs_root().mkdir(parents=True, exist_ok=True)


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch, fake: Fake) -> list[FakeRun]:
    """An open sandbox, whose runs are started by this process and train as long as the test likes."""
    sandbox.leave(opened=True)
    started: list[FakeRun] = []

    def launch(config: TrainConfig, owner: str) -> Run:
        started.append(fake(owner=owner, **{name: getattr(config, name) for name in ("steps", "device")}).start())
        return started[-1].run

    monkeypatch.setattr(small_runs, "launch", launch)
    return started


def of(name: str) -> Visitor:
    return Visitor(Role.STUDENT, name)


def one(**changes: Any) -> TrainConfig:
    return small_runs.small("dcgan", "shapes", 100).replace(**changes)


# -- open and closed --------------------------------------------------------------------------------------------------------


def test_it_is_closed_until_the_teacher_opens_it_and_again_on_another_day(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not sandbox.is_open()
    sandbox.leave(opened=True)
    assert sandbox.is_open()
    visitor._keys.cache_clear()
    classroom.forget()
    assert not sandbox.is_open()
    monkeypatch.setenv(sandbox.VARIABLE, "1")
    assert sandbox.is_open()
    sandbox.leave(opened=False)
    assert not sandbox.is_open(), "the teacher's switch counts, not how the server was started"
    sandbox.leave(opened=True)
    monkeypatch.setenv(classroom.VARIABLE, "")
    assert not sandbox.is_open()


def test_the_option_belongs_to_a_class(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["app", "--sandbox"]) == 2
    assert capsys.readouterr().err.endswith("--sandbox belongs to --classroom: only a class has students.\n")


def test_closing_stops_what_runs_and_nothing_else(opened: list[FakeRun], fake: Fake) -> None:
    small_runs.start(one(), of(ANNA))
    small_runs.start(one(), of(BEN))
    opened[1].finish()
    teachers = fake().start()
    small_runs.close("the teacher")
    assert opened[0].run.stop_requested() and not teachers.run.stop_requested()
    with pytest.raises(ValueError, match="The sandbox is closed: your teacher opens it"):
        small_runs.start(one(), of(BEN))


# -- how small, how many ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("family", small_runs.SMALL_FAMILIES)
def test_what_the_form_makes_fits(family: str) -> None:
    for dataset in small_runs.datasets(family):
        small_runs.check(small_runs.small(family, dataset, small_runs.most_steps(), 0.0002))
    assert "shapes" in small_runs.datasets(family) and "folder" not in small_runs.datasets(family)


_OVERSIZE = {
    **{"steps": 601, "batch_size": 4096, "width": 512, "image_size": 512, "z_dim": 4096, "d_steps": 100, "samples": 400},
    **{"data_path": "/home/teacher", "start_from": "org/name", "sample_every": 1, "log_every": 1, "checkpoint_every": 1},
    **{"keep_checkpoints": 0, "fid_every": 1, "device": "cpu", "precision": "float32", "architecture": "resnet"},
}


@given(st.sampled_from(sorted(_OVERSIZE)))
def test_no_setting_is_larger_or_other_than_the_sandbox_has_it(name: str) -> None:
    config = one()
    object.__setattr__(config, name, _OVERSIZE[name])  # as if it had come past every other check
    with pytest.raises(ValueError, match=f"^{name} = "):
        small_runs.check(config)


@pytest.mark.parametrize(
    ("family", "dataset", "steps"),
    [
        *[("cyclegan", "shapes", 100), ("wgan-gp", "shapes", 100), ("dcgan", "folder", 100)],
        *[("dcgan", "shapes", 10**9), ("dcgan", "shapes", 1)],
    ],
)
def test_what_the_form_does_not_offer_is_refused(family: str, dataset: str, steps: int) -> None:
    with pytest.raises(ValueError, match="sandbox"):
        small_runs.small(family, dataset, steps)


def test_one_at_a_time_and_a_few_of_the_class(opened: list[FakeRun], monkeypatch: pytest.MonkeyPatch) -> None:
    small_runs.start(one(), of(ANNA))
    with pytest.raises(ValueError, match="Your run is not over yet"):
        small_runs.start(one(), of(ANNA))
    for number in range(quotas.most("sandbox runs", "server") - 1):
        small_runs.start(one(), of(f"{number:016x}"))
    with pytest.raises(ValueError, match="8 small runs of the class train or wait already"):
        small_runs.start(one(), of(BEN))
    opened[0].finish()
    small_runs.start(one(), of(BEN))


def test_a_student_keeps_a_few(opened: list[FakeRun]) -> None:
    for _ in range(quotas.most("sandbox runs kept", "seat")):
        small_runs.start(one(), of(ANNA))
        opened[-1].finish()
    with pytest.raises(ValueError, match="You keep 4 runs already: delete one"):
        small_runs.start(one(), of(ANNA))
    opened[0].run.delete()
    small_runs.start(one(), of(ANNA))


def test_its_runs_never_take_the_teachers_turn(
    fake: Fake, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GANLAB_MAX_WAITING", "1")
    fake(device="cpu", owner=ANNA).start()
    fake(device="cpu", owner=BEN).queue()
    assert [place.ahead for place in queue()["cpu:sandbox"]] == [None, 0] and will_wait(queue()) == 0
    admit(small(), count=2)  # the device is free for the teacher
    fake(device="cpu").start()
    assert [place.ahead for place in queue()["cpu"]] == [None]
    fake(device="cpu").queue()
    with pytest.raises(ValueError, match="1 run waits already"):
        admit(small())
    admit(small(), sandbox=True)


def test_a_pause_gives_the_turn_to_those_of_the_same_line_alone(fake: Fake) -> None:
    paused = {owner: fake(device="cpu", owner=owner).start() for owner in ("", ANNA)}
    for run in paused.values():
        run.recorder.annotate("paused")
    waits = fake(device="cpu", owner=BEN).queue()
    assert awaited(paused[ANNA].run, "cpu") and not awaited(paused[""].run, "cpu")
    waits.finish("stopped")
    fake(device="cpu").queue()
    assert awaited(paused[""].run, "cpu") and not awaited(paused[ANNA].run, "cpu")


def test_a_run_trains_beside_the_teachers_and_belongs_to_its_seat(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    train_in_threads(monkeypatch)
    teachers = fake(device="cpu").start()
    sandbox.leave(opened=True)
    run = small_runs.start(one(steps=50), of(ANNA))
    assert run.settings.owner == ANNA and ANNA not in run.id
    assert json.loads((run.path / "config.json").read_text())["owner"] == ANNA
    wait_for(lambda: not run.status().active)
    assert run.status().state == "finished" and run.threads == 1 and teachers.run.status().active


# -- whose run --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["../../etc", "a", "A" * 16, "g" * 16, f"{ANNA}/", 7, None, ["a"], {}, f"{ANNA}\n"])
def test_what_is_no_seat_owns_nothing(name: object, fake: Fake) -> None:
    values = json.loads((fake().run.path / "config.json").read_text()) | {"owner": name}
    found = settings_of(values)
    assert getattr(found, "owner", None) == ""
    assert not sandbox.owns(of(""), fake().run)


@pytest.mark.parametrize("id", ["", ".", "..", "../runs", "no-such-run", "%2e%2e", "a" * 300])
def test_an_id_from_outside_is_no_path(id: str) -> None:
    assert not sandbox.owns_named(of(ANNA), id)


@pytest.fixture
def client() -> TestClient:
    return TestClient(Gate(Starlette(routes=routes())), raise_server_exceptions=False)


@pytest.mark.parametrize(
    ("whose", "passes"), [(ANNA, True), (BEN, False), ("", False)], ids=["own", "another's", "the teacher's"]
)
def test_a_student_controls_a_run_of_its_own_alone(whose: str, passes: bool, client: TestClient, fake: Fake) -> None:
    run = fake(owner=whose).start().train(100)
    anna = headers(Role.STUDENT, ANNA, **{"X-GANLab": "1"})
    for command in ("pause", "continue"):
        answer = client.post(f"/api/runs/{run.id}/control", headers=anna, json={"command": command})
        assert answer.status_code == (202 if passes else 403)
    change = client.post(
        f"/api/runs/{run.id}/control", headers=anna, json={"command": "change", "name": "sample_every", "value": 1}
    )
    assert change.status_code == 403, "also of a run of its own"
    summary = client.get(f"/api/runs/{run.id}", headers=anna).json()
    assert summary["live"] == [] and bool(summary["refusal"]) is not passes
    assert client.post(f"/api/runs/{run.id}/stop", headers=anna).status_code == (202 if passes else 403)
    assert [command.command for command in run.run.mailbox.new()] == (["pause", "continue", "stop"] if passes else [])
    teacher = headers(Role.TEACHER, **{"X-GANLab": "1"})
    assert client.get(f"/api/runs/{run.id}", headers=teacher).json()["refusal"] == ""


def test_a_student_stops_and_deletes_on_the_pages_what_is_its_own_alone(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    own, other, teachers = fake(owner=ANNA).start(), fake(owner=BEN).start(), fake().start()
    monkeypatch.setattr(permissions, "cookies", lambda: seat(Role.STUDENT, ANNA))
    for act in (student._stop, table._stop, queue_view._cancel, student._delete, table._delete_one):
        for run in (other.run, teachers.run):
            with pytest.raises(permissions.Refusal, match="Only the teacher can"):
                act(run)
    with pytest.raises(permissions.Refusal):
        queue_view._clean()
    monkeypatch.setattr(permissions, "visitor_name", lambda: "a student")
    for run in (other, teachers):
        assert not run.run.stop_requested() and run.run.path.exists()
    assert permissions.may(Action.CONTROL, own.run) and not permissions.may(Action.CONTROL, own.run, other.run)
    assert not any(
        permissions.may(action, own.run) for action in (Action.RESUME, Action.FORK, Action.LAUNCH, Action.CHANGE, Action.OPEN)
    )
    own.finish("stopped")
    student._delete(own.run)
    assert {run.id for run in runs()} == {other.id, teachers.id}


def test_only_a_student_owns_a_run(fake: Fake) -> None:
    run = fake(owner=ANNA).run
    assert not sandbox.owns(Visitor(Role.STRANGER), run) and not sandbox.owns(Visitor(Role.STRANGER, ANNA), run)
    assert not rights.may(Role.STRANGER, Action.CONTROL, own=True) and not rights.may(Role.STRANGER, Action.SANDBOX)


# -- the pages --------------------------------------------------------------------------------------------------------------


def test_a_student_starts_a_run_on_train_while_it_is_open(opened: list[FakeRun], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(permissions, "cookies", lambda: seat(Role.STUDENT, ANNA))
    shown = AppTest.from_file(str(APP), default_timeout=120).switch_page("pages/train.py").run()
    assert not shown.exception
    button = next(button for button in shown.button if button.label == "Start my run")
    assert "your run begins at once" in " ".join(caption.value for caption in shown.caption)
    shown = button.click().run()
    assert [run.run.settings.owner for run in opened] == [ANNA]
    shown = AppTest.from_file(str(APP), default_timeout=120).switch_page("pages/train.py").run()
    labels = {button.label for button in shown.button}
    assert "Stop" in labels and "Start my run" not in labels
    assert "Your run is not over yet" in " ".join(caption.value for caption in shown.caption)
    monkeypatch.setattr(permissions, "cookies", lambda: seat(Role.STUDENT, BEN))
    shown = AppTest.from_file(str(APP), default_timeout=120).switch_page("pages/train.py").run()
    assert "1 small run is before yours" in " ".join(caption.value for caption in shown.caption)
    assert "Stop" not in {button.label for button in shown.button}
    sandbox.leave(opened=False)
    next(button for button in shown.button if button.label == "Start my run").click().run()
    assert len(opened) == 1


def test_the_teacher_opens_and_closes_it_on_runs(opened: list[FakeRun], monkeypatch: pytest.MonkeyPatch) -> None:
    small_runs.start(one(), of(ANNA))
    sandbox.leave(opened=False)
    monkeypatch.setattr(permissions, "cookies", lambda: seat(Role.TEACHER))
    shown = AppTest.from_file(str(APP), default_timeout=120).switch_page("pages/runs.py").run()
    assert not shown.exception
    shown.toggle[0].set_value(True).run()
    assert sandbox.is_open() and not opened[0].run.stop_requested()
    shown.toggle[0].set_value(False).run()
    assert not sandbox.is_open() and opened[0].run.stop_requested()
    monkeypatch.setattr(permissions, "cookies", lambda: seat(Role.STUDENT))
    assert not AppTest.from_file(str(APP), default_timeout=120).switch_page("pages/runs.py").run().toggle
