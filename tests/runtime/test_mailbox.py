"""A person's hands on a run: what is asked happens between two steps, is on record, and happens again on a resume."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from ganlab.__main__ import main
from ganlab.app.views.status_wording import change_text, note_text
from ganlab.core.config import TrainConfig
from ganlab.core.events import Checkpoint, Continued, Event, Finished, Intervened, Paused, Progress, Started
from ganlab.core.interventions import Command, Intervention, changed, made_by
from ganlab.core.lock import FileLock
from ganlab.runtime.checkpoint import read_model, read_state
from ganlab.runtime.fork import new_fork
from ganlab.runtime.mailbox import Mailbox
from ganlab.runtime.run import Run
from ganlab.runtime.store import Annotation, Writer
from ganlab.runtime.worker import work
from ganlab.training import meter
from ganlab.training.engine import train
from ganlab.training.families import FAMILIES
from tests.support.small import small


@pytest.fixture(autouse=True)
def every_step_looks(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Commands are read before every step, not a few times a second."""
    monkeypatch.setattr(meter, "FLUSH_SECONDS", 0.0)
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


class Postman:
    """Delivers commands before the steps they are meant for: `{2: [...]}` after two steps, -1 at every look while paused."""

    def __init__(self, commands: dict[int, list[Command]]) -> None:
        self.commands, self.looks = commands, -1

    def __call__(self) -> Sequence[Command]:
        self.looks += 1
        return self.commands.get(self.looks, [])


def of_kind(events: list[Event], kind: type[Any]) -> list[Any]:
    return [event for event in events if isinstance(event, kind)]


def model(events: list[Event]) -> dict[str, torch.Tensor]:
    return {name: tensor.clone() for name, tensor in of_kind(events, Checkpoint)[-1].model.items()}


def same(a: dict[str, torch.Tensor], b: dict[str, torch.Tensor]) -> bool:
    return all(torch.equal(tensor, b[name]) for name, tensor in a.items())


def test_pausing_waits_and_changes_nothing() -> None:
    config = small(steps=6)
    plain = list(train(config))
    pause = {2: [Command("pause", who="Ada")], 5: [Command("continue", who="Ada")]}
    paused = list(train(config, commands=Postman(pause)))
    assert of_kind(paused, Paused) == [Paused(2, "Ada")] and of_kind(paused, Continued) == [Continued(2, "Ada")]
    assert same(model(plain), model(paused))


def test_only_what_the_clock_counts_is_training_time() -> None:
    assert {event.seconds for event in of_kind(list(train(small(steps=3), clock=lambda: 7.0)), Progress)} == {0.0}


def test_the_time_of_a_pause_is_not_training_time() -> None:
    pause = {1: [Command("pause")], 11: [Command("continue")]}
    events = list(train(small(steps=3), commands=Postman(pause)))
    before, after = (of_kind(events, Progress)[i].seconds for i in (0, -1))
    assert after - before < 0.5  # ten looks take half a second


def test_a_paused_run_takes_single_steps_and_stops_when_asked() -> None:
    commands = {1: [Command("pause")], 3: [Command("step")], 4: [Command("step")], 6: [Command("stop")]}
    events = list(train(small(steps=50), commands=Postman(commands)))
    assert of_kind(events, Finished) == [Finished(3, "stopped")]
    assert of_kind(events, Checkpoint)[-1].step == 3


def test_while_paused_every_letter_counts_and_in_its_order() -> None:
    step, rate = Command("step"), Command("change", "lr", 0.1)
    asked = [Command("pause"), step, Command("update", "D"), step, step, rate]
    events = list(train(small(steps=50), commands=Postman({1: asked, 9: [Command("stop")]})))
    assert [(one.intervention.step, one.intervention.name) for one in of_kind(events, Intervened)] == [(2, "D"), (4, "lr")]
    assert of_kind(events, Finished) == [Finished(4, "stopped")]


def test_a_stop_does_not_wait_for_steps_but_changes_before_it_are_made() -> None:
    asked = [Command("pause"), *[Command("step")] * 20, Command("change", "lr", 0.1), Command("stop")]
    events = list(train(small(steps=50), commands=Postman({1: asked})))
    assert of_kind(events, Finished) == [Finished(1, "stopped")] and len(of_kind(events, Intervened)) == 1


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("network", ["G", "D"])
def test_one_network_alone_can_be_updated(family: str, network: str) -> None:
    config = small(family, steps=2, ema_decay=0.0)
    plain = of_kind(list(train(config.replace(steps=1))), Checkpoint)[-1].state["training"]["networks"]
    plain = {name: tensor.clone() for name, tensor in plain.items()}
    commands = {1: [Command("update", network), Command("stop")]}
    events = list(train(config, commands=Postman(commands)))
    after = of_kind(events, Checkpoint)[-1].state["training"]["networks"]
    moved = {
        name.partition(".")[0][0] for name, tensor in after.items() if not torch.equal(tensor, plain[name]) and _is_weight(name)
    }
    assert moved - {"F"} == {network}  # CUT's F learns with G
    assert of_kind(events, Finished) == [Finished(1, "stopped")]  # it does not count as a step
    assert change_text(of_kind(events, Intervened)[0].effect) == f"{network} updated alone."


def _is_weight(name: str) -> bool:
    """Batch norm's running statistics and spectral norm's vectors move with every pass, whoever learns."""
    return not any(part in name for part in ("running_", "num_batches", "clusters", "weight.0._"))


def test_a_change_takes_effect_and_is_reported() -> None:
    commands = {2: [Command("change", "lr", 0.001, "Ada")]}
    events = list(train(small(steps=4), commands=Postman(commands)))
    (intervened,) = of_kind(events, Intervened)
    assert intervened.intervention == Intervention(2, "lr", 0.001, "Ada")
    assert intervened.effect == {"name": "lr", "before": 0.0002, "value": 0.001, "who": "Ada"}
    assert change_text(intervened.effect) == "Learning rate 0.0002 → 0.001 (Ada)."
    state = of_kind(events, Checkpoint)[-1].state["training"]["optimizers"]
    assert {group["lr"] for optimizer in state.values() for group in optimizer["param_groups"]} == {0.001}
    assert not same(model(events), model(list(train(small(steps=4)))))


RECORD = [Intervention(1, "lr", 0.002), Intervention(1, "D"), Intervention(3, "d_steps", 2), Intervention(5, "G")]


TINY = {"cyclegan": {"batch_size": 1, "image_size": 16}}  # four deep networks


@pytest.mark.parametrize("family", ["dcgan", "self-conditioned", "cyclegan"])
def test_a_resumed_run_makes_the_changes_again_bit_for_bit(family: str) -> None:
    config = small(family, steps=6, checkpoint_every=2, **TINY.get(family, {}))
    commands = {step: [Command(*_asked(one)) for one in RECORD if one.step == step] for step in (1, 3, 5)}
    live = list(train(config, commands=Postman(commands)))
    assert [event.intervention for event in of_kind(live, Intervened)] == RECORD
    again, states = [], {}
    for event in train(config, record=RECORD):
        again.append(event)
        if isinstance(event, Checkpoint):
            states[event.step] = _copied(event)
    assert all(event.again for event in of_kind(again, Intervened))
    assert same(model(live), model(again))
    for cut in (2, 4):
        rest = list(train(config, resume=states[cut], record=RECORD))
        assert [event.intervention for event in of_kind(rest, Intervened)] == [one for one in RECORD if one.step >= cut]
        assert same(model(live), model(rest))


def test_what_an_earlier_worker_had_no_time_for_comes_after_all_that_it_had_done() -> None:
    config, record = small(steps=12, checkpoint_every=4), [Intervention(7, "lr", 0.002), Intervention(9, "lr", 0.003)]
    states = {event.step: _copied(event) for event in train(config, record=record) if isinstance(event, Checkpoint)}
    late, live = Command("change", "lr", 0.004, late=True), Command("change", "d_steps", 2)
    events = list(train(config, resume=states[4], commands=Postman({0: [late, live]}), record=record))
    intervened = [(event.intervention.step, event.intervention.value, event.again) for event in of_kind(events, Intervened)]
    assert intervened == [(4, 2, False), (7, 0.002, True), (9, 0.003, True), (9, 0.004, False)]
    assert of_kind(events, Checkpoint)[-1].state["interventions"][-1]["value"] == 0.004
    again = train(config, resume=states[8], commands=Postman({0: [late]}), record=record[:1])
    (first, *_) = of_kind(list(again), Intervened)
    assert (first.intervention.step, first.intervention.value) == (8, 0.004)  # there is nothing to wait for


def test_a_state_of_another_kind_of_device_is_gone_on_from_and_told() -> None:
    config = small(steps=4)
    kept = of_kind(list(train(config.replace(steps=2))), Checkpoint)[-1]
    kept.state["training"]["noise"] = kept.state["rng"]["cuda"] = torch.zeros(16, dtype=torch.uint8)  # as a GPU keeps it
    first, second = (list(train(config, resume=_copied(kept))) for _ in range(2))
    assert of_kind(first, Finished) == [Finished(4, "finished")] and same(model(first), model(second))
    (started,) = of_kind(first, Started)
    assert started.moved
    sentence = "Resumed after step 2. It began on another kind of device, so the noise is drawn anew."
    assert note_text(Annotation(1, 2, 0.0, "started", data={"moved": True})) == sentence


def _asked(one: Intervention) -> tuple[Any, ...]:
    return ("update", one.name) if one.is_update else ("change", one.name, one.value)


def _copied(event: Checkpoint) -> dict[str, Any]:
    import io

    buffer = io.BytesIO()
    torch.save(event.state, buffer)
    buffer.seek(0)
    return torch.load(buffer, weights_only=True)


def test_the_run_directory_keeps_what_was_changed(tmp_path: Path) -> None:
    run = Run.create(small(steps=10_000), root=tmp_path)
    for request in (Command("change", "lr", 0.001, "Ada"), Command("update", "D"), Command("pause"), Command("stop")):
        run.mailbox.add(request)
    work(run)
    assert [(note.kind, note_text(note)) for note in run.annotations() if note.kind in ("changed", "paused")] == [
        ("changed", "Learning rate 0.0002 → 0.001 (Ada)."),
        ("changed", "D updated alone."),
        ("paused", "Paused."),
    ]
    assert [(one.name, one.value) for one in run.interventions()] == [("lr", 0.001), ("D", None)]
    assert (run.config.lr, run.config_now.lr) == (0.0002, 0.001)
    assert run.status().state == "stopped"


@pytest.mark.parametrize(
    ("asked", "problem"),
    [
        ({"command": "explode"}, "command = 'explode' is not one of stop, pause"),
        ({"command": "update", "name": "F"}, "update = 'F' is not one of G, D"),
        ({"command": "change", "name": "width", "value": 8}, "width cannot be changed while dcgan trains; these can: lr, "),
        ({"command": "change", "name": "lr", "value": 7}, "lr = 7.0 is out of range"),
        ({"command": "change", "name": "lr", "value": "much"}, "lr = 'much' is not a number"),
        ({"command": "change", "name": "fid_every", "value": 5}, "fid_every cannot be changed"),
        ({}, "command = '' is not one of"),
    ],
)
def test_what_cannot_be_asked_is_refused_in_one_sentence(asked: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        Command.parse(asked, small())


def test_measuring_can_be_turned_off_and_on_again_where_the_run_began_with_it() -> None:
    begun = small(fid_every=10)
    off = Command.parse({"command": "change", "name": "fid_every", "value": 0}, begun, begun)
    now = Intervention(0, off.name, off.value).applied_to(begun)
    again = Command.parse({"command": "change", "name": "fid_every", "value": 50}, now, begun)
    assert (now.fid_every, Intervention(1, again.name, again.value).applied_to(now).fid_every) == (0, 50)


def test_a_fork_is_asked_at_its_very_step_for_what_its_parent_was_asked_for_there() -> None:
    parents, own = Intervention(6, "D", command_id="a"), Intervention(6, "D", command_id="b")
    assert made_by({"step": 6, "interventions": [parents.to_dict()]}, [own]) == []
    assert made_by({"step": 6, "interventions": [parents.to_dict()]}, [own, parents]) == [parents]
    assert made_by({"step": 6, "interventions": [Intervention(6, "D").to_dict()]}, [own]) == [own]  # an older record


@given(
    st.dictionaries(st.text(max_size=10), st.one_of(st.none(), st.text(), st.floats(), st.integers(), st.lists(st.integers())))
)
def test_nothing_from_outside_breaks_the_reading_of_a_letter(values: dict[str, Any]) -> None:
    try:
        Command.parse(values, TrainConfig())
    except ValueError as error:
        assert str(error).endswith(".")


def test_commands_are_read_once_and_half_a_line_waits(tmp_path: Path) -> None:
    path = tmp_path / "control.jsonl"
    box, sender = Mailbox(path), Mailbox(path)
    assert box.new() == []
    sender.add(Command("pause", who="Ada"))
    with path.open("ab") as file:
        file.write(b'not json\n{"command": "st')
    assert box.new() == [Command("pause", who="Ada")]
    with path.open("ab") as file:
        file.write(b'op"}\n' + json.dumps({"command": "change", "name": "lr", "value": 1e-3}).encode() + b"\n")
    assert box.new() == [Command("stop"), Command("change", "lr", 0.001)]
    assert box.new() == []


def test_half_a_letter_swallows_none_that_is_confirmed(tmp_path: Path) -> None:
    path = tmp_path / "control.jsonl"
    path.write_bytes(b'{"command": "pa')  # there was no room for more
    box = Mailbox(path)
    for request in (Command("stop"), Command("pause")):
        box.add(request)
    assert box.new() == [Command("stop"), Command("pause")]


def test_changes_before_a_resume_are_late_and_everything_else_is_void(tmp_path: Path) -> None:
    box = Mailbox(tmp_path / "control.jsonl")
    for request in (Command("change", "lr", 0.1), Command("stop"), Command("update", "D")):
        box.add(request)
    box.begin_anew()
    box.add(Command("pause"))
    assert [(command.command, command.late) for command in box.new()] == [("change", True), ("update", True), ("pause", False)]


def test_weights_of_terms_can_be_changed_where_there_are_any() -> None:
    assert changed(small("pix2pix"), "l1_weight", 10).to_dict()["l1_weight"] == 10.0
    with pytest.raises(ValueError, match="l1_weight cannot be changed while dcgan trains"):
        changed(small(), "l1_weight", 10)


def test_a_run_that_saves_at_every_step_hears_a_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(meter, "FLUSH_SECONDS", 0.1)
    run = Run.create(small(steps=2000, checkpoint_every=1, keep_checkpoints=2))
    work(run, lambda event: run.request_stop() if getattr(event, "step", 0) == 5 else None)
    assert run.status().state == "stopped" and run.status().step < 500


def test_a_live_change_during_a_replay_drops_none_of_the_recorded_ones() -> None:
    events = list(train(small(steps=6), commands=Postman({2: [Command("change", "d_steps", 2)]}), record=[RECORD[0], RECORD[3]]))
    intervened = [(event.intervention.step, event.intervention.name, event.again) for event in of_kind(events, Intervened)]
    assert intervened == [(1, "lr", True), (2, "d_steps", False), (5, "G", True)]


def test_a_change_made_while_a_run_is_repeated_leaves_its_record_its_settings_and_its_forks_true(tmp_path: Path) -> None:
    run = Run.create(small(steps=12, checkpoint_every=6), root=tmp_path)
    with closing(Writer(run.database)) as writer:
        writer.intervene(Intervention(9, "lr", 0.002, "Ada").to_dict())
    seen: dict[int, tuple[float, int]] = {}

    def look(event: Event) -> None:
        if isinstance(event, Progress):
            seen[event.step] = (run.config_now.lr, run.config_now.d_steps)
        if getattr(event, "step", -1) == 4 and len(run.interventions()) == 1:
            run.mailbox.add(Command("change", "d_steps", 2))

    work(run, look)
    (live,) = (one.step for one in run.interventions() if one.name == "d_steps")
    assert [one.name for one in run.interventions()] == ["d_steps", "lr"] and live in (4, 5)
    assert seen[3] == (0.0002, 1) and seen[7] == (0.0002, 2) and seen[12] == (0.002, 2)
    rates = _rates(run, 12)
    assert rates == [0.002] * len(rates)
    forked = new_fork(run, 6, steps=20).create()
    assert (forked.config.lr, forked.config.d_steps) == (0.0002, 2)


def _rates(run: Run, step: int) -> list[float]:
    state = read_state(run.path / "checkpoints" / f"step-{step:06d}")["training"]["optimizers"]
    return [group["lr"] for optimizer in state.values() for group in optimizer["param_groups"]]


def test_a_fork_that_dies_before_its_first_checkpoint_keeps_its_own_changes_and_not_its_parent_s(tmp_path: Path) -> None:
    parent = Run.create(small(steps=12, checkpoint_every=6), root=tmp_path)
    work(parent, lambda event: parent.mailbox.add(Command("change", "lr", 0.001)) if getattr(event, "step", 0) == 2 else None)
    made = new_fork(parent, 6, lr=0.003, steps=20).create()
    with closing(Writer(made.database)) as writer:  # changed at step 7, then killed
        writer.intervene(Intervention(7, "d_steps", 2).to_dict())
    intervened: list[Event] = []
    work(made, intervened.append)
    assert [event.intervention.name for event in of_kind(intervened, Intervened)] == ["d_steps"]
    assert _rates(made, 20)[0] == 0.003 and made.config_now.d_steps == 2


class Killed(BaseException):
    """In the place of SIGKILL: nothing after it is written."""


@pytest.mark.parametrize("moment", ["before it was read", "after it was read"])
def test_a_change_that_was_confirmed_outlives_the_worker_and_a_stop_does_not(
    tmp_path: Path, moment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = Run.create(small(steps=12, checkpoint_every=4), root=tmp_path)

    def die(event: Event) -> None:
        if isinstance(event, Progress) and event.step == 6:
            if not run.mailbox.new():
                run.mailbox.add(Command("change", "lr", 0.001, "Ada"))
                run.mailbox.add(Command("update", "D", who="Ada"))
            if moment == "before it was read":
                raise Killed
        if isinstance(event, Intervened) and event.intervention.name == "D":
            run.mailbox.add(Command("stop"))
            run.mailbox.add(Command("pause"))
            raise Killed  # both are on record already

    with pytest.raises(Killed):
        work(run, die)
    assert run.status().state == "lost"
    run.clear_requests()
    work(run)
    assert run.status().state == "finished"
    assert [(one.name, one.value, one.who) for one in run.interventions()] == [("lr", 0.001, "Ada"), ("D", None, "Ada")]
    assert _rates(run, 12)[0] == 0.001
    before = model_of(run)
    repeat = Run.create(run.config, root=tmp_path)
    with closing(Writer(repeat.database)) as writer:
        for one in run.interventions():
            writer.intervene(one.to_dict())
    work(repeat)
    assert same(before, model_of(repeat))


def model_of(run: Run) -> dict[str, torch.Tensor]:
    return read_model(run.checkpoints()[-1])


def test_a_mailbox_that_somebody_emptied_is_read_from_its_beginning(tmp_path: Path) -> None:
    box = Mailbox(tmp_path / "control.jsonl")
    box.add(Command("pause"))
    assert len(box.new()) == 1
    box.path.unlink()
    assert box.new() == []
    box.add(Command("stop"))
    assert box.new() == [Command("stop")]


def test_resuming_a_run_that_trains_is_refused_and_its_worker_still_hears_a_stop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GANLAB_RUNS", str(tmp_path))
    acquire = FileLock.acquire
    monkeypatch.setattr(
        FileLock, "acquire", lambda self, *, shared=False, timeout=0.0: acquire(self, shared=shared, timeout=min(timeout, 0.2))
    )  # nobody lets go of the run here: five seconds of trying are as good as a moment
    run = Run.create(small(steps=10_000), root=tmp_path)

    def disturb(event: Event) -> None:
        if isinstance(event, Progress) and event.step == 3:
            run.mailbox.add(Command("change", "lr", 0.001))
        if isinstance(event, Progress) and event.step == 6 and not run.stop_requested():
            with ThreadPoolExecutor(1) as somebody:
                assert somebody.submit(main, ["train", "--resume", run.id]).result() == 2
            run.request_stop()

    work(run, disturb)
    assert run.status().state == "stopped" and run.status().step < 20
    assert "already" in capsys.readouterr().err
