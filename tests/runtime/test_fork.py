"""A fork goes on from another run's checkpoint; a repeat starts it again with everything that was changed."""

from __future__ import annotations

import errno
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
import torch

from ganlab.__main__ import main
from ganlab.app.api.summary import detailed
from ganlab.app.views.status_wording import note_text
from ganlab.core.events import Event, Progress
from ganlab.core.interventions import Command
from ganlab.runtime.checkpoint import checkpoints, drop_old_states, read_model, resumable, thin_out
from ganlab.runtime.compare import compare
from ganlab.runtime.fork import fork, forkable, new_fork, repeat, settings_at
from ganlab.runtime.images_seen import images_seen
from ganlab.runtime.launch import resume
from ganlab.runtime.run import Run, runs, runs_root
from ganlab.runtime.run_settings import Parent
from ganlab.runtime.worker import work
from ganlab.training import meter
from tests.support.fake_runs import FakeRun
from tests.support.small import small


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture
def parent() -> Run:
    run = Run.create(small(steps=20, checkpoint_every=5), recipe="some-recipe", root=runs_root())
    work(run)
    return run


def model(run: Run) -> dict[str, torch.Tensor]:
    return read_model(run.checkpoints()[-1])


def same(a: dict[str, torch.Tensor], b: dict[str, torch.Tensor]) -> bool:
    return all(torch.equal(tensor, b[name]) for name, tensor in a.items())


def test_a_fork_that_changes_nothing_ends_where_its_parent_did(parent: Run) -> None:
    assert forkable(parent) == [20, 15, 10, 5]
    made = new_fork(parent, 10).create()
    before = made.series()["loss/G/adversarial"]
    assert before.steps.tolist() == list(range(1, 11)) and made.samples() == [0, 10]
    work(made)
    assert made.status().state == "finished" and same(model(made), model(parent))
    whole, own = parent.series()["loss/G/adversarial"], made.series()["loss/G/adversarial"]
    assert own.values.tolist() == whole.values.tolist()
    assert made.settings.parent == Parent(parent.id, 10, ((0, 0), (10, 80)), {})


def test_a_fork_may_change_what_does_not_change_the_networks(parent: Run) -> None:
    made = new_fork(parent, 15, lr=0.001, steps=25, batch_size=4).create()
    work(made)
    assert made.status().step == 25 and (made.config.lr, made.config.batch_size) == (0.001, 4)
    assert same(read_model(checkpoints(made.path / "checkpoints")[0]), read_model(parent.path / "checkpoints" / "step-000015"))


def test_a_fork_outlives_its_parent(parent: Run) -> None:
    made = new_fork(parent, 10).create()
    parent.delete()
    work(made)
    assert made.status().state == "finished" and made.sample_path(0).is_file()


def test_a_fork_takes_the_changes_up_to_its_checkpoint_with_it() -> None:
    run = Run.create(small(steps=40, checkpoint_every=1000), root=runs_root())
    for request in (Command("change", "lr", 0.001), Command("stop")):
        run.mailbox.add(request)
    work(run)
    assert new_fork(run).create().config.lr == 0.001


@pytest.mark.parametrize(
    ("step", "changes", "problem"),
    [
        (7, {}, r"can be forked at step 20, 15, 10, 5, not at 7"),
        (10, {"width": 16}, r"A fork keeps width; it may change .*lr"),
        (10, {"steps": 10}, r"steps = 10 is behind the checkpoint: a fork at step 10 needs more"),
        (10, {"lr": 99}, r"lr = 99.0 is out of range"),
    ],
)
def test_what_cannot_be_forked_says_why_and_leaves_nothing(
    parent: Run, step: int, changes: dict[str, float], problem: str
) -> None:
    with pytest.raises(ValueError, match=problem):
        new_fork(parent, step, **changes).create()
    assert [path.name for path in runs_root().iterdir() if not path.name.startswith(".")] == [parent.id]


@pytest.fixture
def in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is started trains here and now: equal bit for bit takes the same number of threads."""
    monkeypatch.setattr("ganlab.runtime.launch.hand_over", lambda verb, folder, *, log, lock: work(Run(folder), lock=lock))


def test_a_repeated_run_makes_the_same_changes_again(in_this_process: None) -> None:
    run = Run.create(small(steps=30, checkpoint_every=10), root=runs_root())
    for request in (Command("change", "lr", 0.001, "Ada"), Command("update", "D")):
        run.mailbox.add(request)
    work(run)
    again = repeat(run)
    assert again.status().state == "finished" and same(model(again), model(run))
    assert [note_text(note) for note in again.annotations() if note.kind == "changed"] == [
        note_text(note) for note in run.annotations() if note.kind == "changed"
    ]
    assert again.interventions() == run.interventions()


def marks(run: Run) -> list[tuple[int, str]]:
    return [(note.step, note_text(note)) for note in run.annotations() if note.kind == "changed"]


def test_a_fork_shows_what_was_changed_before_its_checkpoint_and_does_not_do_it_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(meter, "FLUSH_SECONDS", 0.0)
    run = Run.create(small(steps=20, checkpoint_every=5), root=runs_root())
    changed_at(run, 3, Command("change", "lr", 0.001), Command("update", "D"))
    ((at, _), _) = marks(run)
    late = Run.create(small(steps=20, checkpoint_every=at), root=runs_root())  # its checkpoint is older than its changes
    changed_at(late, at, Command("change", "lr", 0.001))
    assert [step for step, _ in marks(late)] == [at] and marks(new_fork(late, at).create()) == []
    made = new_fork(run, 10).create()
    assert marks(made) == marks(run) and made.interventions() == []
    first, second = ([(note.step, note.data) for note in notes] for notes in compare([run, made]).changes)
    assert first == second != []
    work(made)
    assert marks(made) == marks(run) and same(model(made), model(run))
    assert marks(new_fork(made, 15, steps=30).create()) == marks(run)


def changed_at(run: Run, step: int, *requests: Command) -> None:
    """Train it, with commands that arrive after `step` steps."""

    def ask(event: Event) -> None:
        if isinstance(event, Progress) and event.step == step and not run.mailbox.new():
            for request in requests:
                run.mailbox.add(request)

    work(run, ask)


def test_the_repeat_of_a_fork_begins_where_the_fork_did(
    parent: Run, in_this_process: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(meter, "FLUSH_SECONDS", 0.0)
    made = new_fork(parent, 10, batch_size=4).create()
    changed_at(made, 13, Command("change", "lr", 0.001))
    assert len(made.interventions()) == 1
    again = repeat(made)
    assert again.settings.parent == made.settings.parent and again.config == made.config
    assert same(model(again), model(made)) and again.samples() == made.samples()
    assert again.series()["loss/D/adversarial"].values.tolist() == made.series()["loss/D/adversarial"].values.tolist()
    (made.path / "checkpoints" / "step-000010" / "training_state.pt").unlink()
    assert same(model(repeat(made)), model(made))  # its parent has the checkpoint still
    parent.delete()
    with pytest.raises(ValueError, match=rf"began with the checkpoint of {parent.id} at step 10, which is gone"):
        repeat(made)


def test_the_settings_at_a_checkpoint_are_those_that_a_fork_from_it_has(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(meter, "FLUSH_SECONDS", 0.0)
    run = Run.create(small(steps=12, checkpoint_every=5), root=runs_root())
    changed_at(run, 7, Command("change", "lr", 0.001))
    assert [settings_at(run, step).lr for step in (5, 10)] == [0.0002, 0.001]
    assert [new_fork(run, step, steps=20).create().config.lr for step in (5, 10)] == [0.0002, 0.001]


def test_the_images_of_a_fork_are_those_of_its_parent_and_then_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(meter, "FLUSH_SECONDS", 0.0)
    run = Run.create(small(steps=20, checkpoint_every=10), root=runs_root())  # batches of 8
    changed_at(run, 6, Command("change", "d_steps", 2))
    ((_, _), (at, _), _) = images_seen(run)
    assert images_seen(run) == [(0, 0), (at, 8 * at), (20, 8 * at + 16 * (20 - at))]
    made = new_fork(run, 10, batch_size=4, d_steps=3).create()
    seen = 8 * at + 16 * (10 - at)
    assert images_seen(made) == [(0, 0), (at, 8 * at), (10, seen), (20, seen + 120)]
    assert [run_at.images for run_at in compare([run, made], "step", 10).runs_at] == [seen, seen]
    points = detailed(made)["images"]
    assert list(points["steps"]) == [0, at, 10, 20] and list(points["images"])[-1] == seen + 120
    third = new_fork(made, 10, steps=15).create()
    assert images_seen(third) == [(0, 0), (at, 8 * at), (10, seen), (15, seen + 60)]


@pytest.mark.parametrize("begin", [fork, repeat])
def test_a_fork_and_a_repeat_that_the_disk_refuses_are_one_sentence_and_leave_nothing(
    begin: Callable[[Run], Run], fake: Callable[..., FakeRun], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = fake().start().train(10).checkpoint().finish("stopped").run

    def refuse(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", str(run.path))

    monkeypatch.setattr("ganlab.runtime.fork._write_down", refuse)
    monkeypatch.setattr("ganlab.runtime.fork.share", refuse)
    with pytest.raises(ValueError, match=r"^The disk is full: make room \(ganlab clean\) and try again\.$"):
        begin(run)
    assert [path.name for path in runs_root().iterdir() if not path.name.startswith(".")] == [run.id]


@pytest.mark.parametrize("begin", [fork, repeat])
def test_a_fork_and_a_repeat_are_admitted_before_and_in_hand_when_anybody_can_see_them(
    begin: Callable[[Run], Run], fake: Callable[..., FakeRun], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = fake().start().train(10).checkpoint().finish("stopped").run
    seen: list[list[str]] = []
    monkeypatch.setattr("ganlab.runtime.launch.admit", lambda *_, sandbox: seen.append([one.id for one in runs()]))
    states: list[str] = []

    def hand_over(verb: str, folder: Path, **_: object) -> None:
        with pytest.raises(ValueError, match="is already queued"):
            resume(Run(folder))
        states.append(Run(folder).status().state)

    monkeypatch.setattr("ganlab.runtime.launch.hand_over", hand_over)
    begin(run)
    assert seen == [[run.id]] and states == ["queued"]


def fake_checkpoints(parent: Path, steps: list[int], size: int = 100) -> None:
    for step in steps:
        folder = parent / f"step-{step:06d}"
        folder.mkdir()
        for name in ("config.json", "training_state.pt"):
            (folder / name).write_bytes(bytes(size))


def test_old_states_go_when_they_take_too_much_room(tmp_path: Path) -> None:
    fake_checkpoints(tmp_path, [1, 2, 3, 4, 5])
    drop_old_states(tmp_path, budget=300)
    assert [path.name for path in resumable(tmp_path)] == ["step-000003", "step-000004", "step-000005"]
    drop_old_states(tmp_path, budget=0)
    assert len(resumable(tmp_path)) == 2 and len(checkpoints(tmp_path)) == 5


def test_thinning_keeps_the_first_the_best_the_last_and_even_gaps(tmp_path: Path) -> None:
    for step in range(1, 101):
        fake_checkpoints(tmp_path, [step])
        thin_out(tmp_path, 10, best=37 if step >= 37 else None)
    steps = [int(path.name.removeprefix("step-")) for path in checkpoints(tmp_path)]
    assert len(steps) == 10 and steps[0] == 1 and steps[-2:] == [99, 100] and 37 in steps
    gaps = [b - a for a, b in pairwise(steps)]
    assert max(gaps) <= 40


def test_thinning_keeps_the_first_regular_one_of_a_run_that_was_stopped_before_it(tmp_path: Path) -> None:
    """What a reproduced table reads after one epoch."""
    for step in (4, *range(600, 600 * 60, 600)):
        fake_checkpoints(tmp_path, [step])
        thin_out(tmp_path, 5, regular=600)
    steps = [int(path.name.removeprefix("step-")) for path in checkpoints(tmp_path)]
    assert len(steps) == 5 and steps[:2] == [4, 600]


def test_the_command_forks_with_the_family_s_own_settings(parent: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "--fork", f"{parent.id}@15", "--lr", "0.001", "--steps", "17"]) == 0
    made = next(run for run in runs() if run.id != parent.id)
    assert made.config.lr == 0.001 and made.status().step == 17 and made.settings.parent and made.settings.parent.step == 15
    assert main(["train", "--fork", f"{parent.id}@x"]) == 2
    assert "write RUN or RUN@STEP" in capsys.readouterr().err
