"""The queue as it is, its limits, and what cleaning up frees and keeps."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from ganlab.__main__ import main
from ganlab.app.views.cleanup_wording import cleaned_text, shortage_text
from ganlab.runtime.checkpoint import STATE, step_of
from ganlab.runtime.cleanup import Rule, clean
from ganlab.runtime.device_queue import cancel, queue
from ganlab.runtime.disk import bytes_of, checkpoint_bytes, checkpoint_bytes_of, limit, room, will_write
from ganlab.runtime.fork import new_fork
from ganlab.runtime.limits import admit, shortage, unfit
from ganlab.runtime.run import Run, runs_root
from ganlab.runtime.status import Activity, Status
from ganlab.runtime.worker import work
from tests.support.fake_runs import FakeRun
from tests.support.small import small


@pytest.fixture
def held() -> Iterator[list[FakeRun]]:
    """Fake runs that are let go in the end."""
    made: list[FakeRun] = []
    yield made
    for fake in made:
        fake.release()


def on_cpu(held: list[FakeRun], **settings: object) -> FakeRun:
    held.append(FakeRun(runs_root(), device="cpu", **settings))  # type: ignore[arg-type]
    return held[-1]


def ended(**changes: object) -> Run:
    run = Run.create(small(**{"steps": 20, "checkpoint_every": 2, "keep_checkpoints": 50} | changes))
    work(run)
    return run


def steps(run: Run) -> list[int]:
    return [step_of(folder) for folder in run.checkpoints()]


def states(run: Run) -> list[int]:
    return [step_of(folder) for folder in run.checkpoints() if (folder / STATE).is_file()]


def test_the_queue_names_who_has_the_device_and_who_waits_in_order(held: list[FakeRun]) -> None:
    assert queue() == {}
    first, second, third, other = (on_cpu(held) for _ in range(4))
    first.start()
    third.queue()
    second.queue()
    other.start().finish()
    (places,) = queue().values()
    assert [(place.run.id, place.device, place.ahead) for place in places] == [
        (first.id, "cpu", None),
        (second.id, "cpu", 0),
        (third.id, "cpu", 1),
    ]


def test_a_run_that_loads_its_data_has_the_device(held: list[FakeRun]) -> None:
    loading, waiting = on_cpu(held).queue(), on_cpu(held).queue()
    (runs_root() / ".devices").mkdir()
    (runs_root() / ".devices" / "cpu.holder").write_text(loading.id)
    assert [(place.run.id, place.waits) for place in queue()["cpu"]] == [(loading.id, False), (waiting.id, True)]


def test_only_a_waiting_run_can_be_cancelled(held: list[FakeRun]) -> None:
    training, waiting = on_cpu(held).start(), on_cpu(held).queue()
    cancel(waiting.run)
    assert waiting.run.stop_requested()
    with pytest.raises(ValueError, match="is running: it does not wait"):
        cancel(training.run)
    assert not training.run.stop_requested()


def test_no_more_may_wait_than_the_server_allows(held: list[FakeRun], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GANLAB_MAX_WAITING", "1")
    admit(small())
    on_cpu(held).start()
    admit(small())
    with pytest.raises(ValueError, match=r"^Others have cpu and this server lets 1 run wait: try again when it is free\.$"):
        admit(small(), count=2)
    on_cpu(held).queue()
    with pytest.raises(ValueError, match=r"^1 run waits already and this server lets 1 run wait: cancel one, or"):
        admit(small())
    monkeypatch.setenv("GANLAB_MAX_WAITING", "0")
    with pytest.raises(ValueError, match="1 run waits already and this server lets no run wait"):
        admit(small())
    monkeypatch.setenv("GANLAB_MAX_WAITING", "many")
    with pytest.raises(ValueError, match="GANLAB_MAX_WAITING = 'many' is not a whole number"):
        admit(small())


def test_who_only_begins_on_a_free_device_takes_nobodys_place_in_the_queue(
    held: list[FakeRun], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GANLAB_MAX_WAITING", "1")
    for _ in range(2):
        on_cpu(held, group="duel", group_size=2).queue(Activity("starting_torch"))
    admit(small())
    on_cpu(held).queue()
    assert main(["queue"]) == 0 and "1 run waits (at most 1 may)." in capsys.readouterr().out
    with pytest.raises(ValueError, match=r"^1 run waits already"):
        admit(small())


@pytest.mark.parametrize(("text", "size"), [("20 GB", 20 * 10**9), ("500mb", 5 * 10**8), ("1.5 kB", 1500), ("", None)])
def test_a_disk_limit_is_a_size(text: str, size: int | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GANLAB_DISK_LIMIT", text)
    assert limit() == size


@pytest.mark.parametrize("text", ["lots", "-3 GB", "5", "120 %", "3 parsecs"])
def test_what_is_no_size_is_refused(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GANLAB_DISK_LIMIT", text)
    with pytest.raises(ValueError, match="is not a size: write 20 GB"):
        limit()
    assert unfit() == f"GANLAB_DISK_LIMIT = {text!r} is not a size: write 20 GB, 500 MB or 60 %."


def test_a_folder_of_runs_that_is_read_only_is_named(tmp_path: Path) -> None:
    root = tmp_path / "runs"
    assert unfit(root) == ""
    root.mkdir(0o500)
    assert unfit(root) == f"The folder of runs, {root}, cannot be written: make it writable, or let GANLAB_RUNS name another."


def test_a_share_of_the_disk_is_a_limit_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GANLAB_DISK_LIMIT", "100 %")
    whole = limit()
    monkeypatch.setenv("GANLAB_DISK_LIMIT", "50 %")
    assert whole and limit() == whole // 2


def test_without_room_for_two_checkpoints_nothing_begins(monkeypatch: pytest.MonkeyPatch) -> None:
    run = ended()
    monkeypatch.setenv("GANLAB_DISK_LIMIT", f"{bytes_of(runs_root()) + 1000} B")
    assert room() == 1000
    with pytest.raises(ValueError, match=r"Only 1 kB of the .* allows are left and two checkpoints take .*cleaning up frees"):
        admit(small())
    run.delete()
    admit(small())


def test_what_a_run_will_write_is_about_what_it_writes() -> None:
    config = small("gan", steps=60, checkpoint_every=10, sample_every=5)
    run = Run.create(config)
    guessed = will_write(run)
    work(run)
    assert will_write(run) == 0
    assert 0.5 < guessed / bytes_of(run.path) < 2
    measured, before = checkpoint_bytes(run), checkpoint_bytes_of(config)
    assert all(abs(a - b) < 0.1 * a for a, b in zip(measured, before, strict=True))


def test_a_warning_comes_before_the_disk_is_full(held: list[FakeRun], monkeypatch: pytest.MonkeyPatch) -> None:
    assert shortage() is None
    on_cpu(held, family="dcgan", steps=10_000, checkpoint_every=100).start()
    assert shortage() is None
    monkeypatch.setenv("GANLAB_DISK_LIMIT", "20 MB")
    lacking = shortage()
    assert lacking is not None
    text = shortage_text(lacking)
    assert text.startswith("The run that is active will write about ") and text.count(".") - text.count(". ") >= 1
    assert "delete runs" in text and text.endswith(".")


def test_cleaning_keeps_first_best_last_and_every_kth() -> None:
    run = ended()
    before, curves, sheets = steps(run), run.series(), run.samples()
    taken = bytes_of(run.path)
    promised = clean(rule=Rule(every=4), dry_run=True)
    assert steps(run) == before and promised.checkpoints > 0
    freed = clean(rule=Rule(every=4))
    assert freed == promised
    assert steps(run) == [2, 8, 16, 20] and states(run) == [20]
    assert abs(taken - bytes_of(run.path) - freed.bytes) < 0.02 * taken  # directories take a little too
    assert run.series().keys() == curves.keys() and run.samples() == sheets
    assert cleaned_text(clean(), "Freed") == "Nothing to clean up."


def test_the_best_checkpoint_is_never_cleaned_up() -> None:
    from ganlab.runtime.store import Writer

    run = ended()
    writer = Writer(run.database)
    writer.write(state={"best": 6})
    writer.close()
    clean(rule=Rule(every=100))
    assert steps(run) == [2, 6, 20]


def test_an_active_run_is_left_alone_and_an_unfinished_one_can_still_fall_back(held: list[FakeRun]) -> None:
    unfinished = Run.create(small(steps=1000, checkpoint_every=2, keep_checkpoints=50))
    work(unfinished, lambda event: unfinished.request_stop() if getattr(event, "step", 0) >= 20 else None)
    assert unfinished.status().state == "stopped" and len(states(unfinished)) > 2
    active = on_cpu(held).start()
    for _ in range(3):
        active.train(100).checkpoint()
    before = steps(active.run)
    newest = states(unfinished)[-2:]
    clean(rule=Rule(every=100))
    assert steps(active.run) == before and states(unfinished) == newest


def test_what_a_fork_shares_frees_nothing_and_stays_in_the_fork() -> None:
    run = ended()
    fork = new_fork(run, 6).create()
    shared = bytes_of(fork.path / "checkpoints")
    alone = clean(dry_run=True).bytes
    fork.delete()
    assert clean(dry_run=True).bytes - alone >= 0.9 * shared


def test_leftovers_of_killed_processes_go_and_strangers_stay() -> None:
    run = ended()
    root = runs_root()
    for name in (".deleted-x", "20200101-000000-0000-half"):
        (root / name / "samples").mkdir(parents=True)
        for file in ("lock", "metrics.sqlite", "metrics.sqlite-wal", "config.partial"):  # killed while it was queued
            (root / name / file).touch()
        os.utime(root / name, (1, 1))
    (root / "20990101-000000-0000-being-made").mkdir()
    (root / "my-notes").mkdir()
    (root / "my-notes" / "thesis.txt").write_text("important")
    os.utime(root / "my-notes", (1, 1))
    clean()
    left = {path.name for path in root.iterdir() if path.name != ".devices"}
    assert left == {run.id, "20990101-000000-0000-being-made", "my-notes"}


def test_queue_and_clean_on_the_command_line(held: list[FakeRun], capsys: pytest.CaptureFixture[str]) -> None:
    run = ended()
    on_cpu(held).start()
    waiting = on_cpu(held).queue()
    assert main(["queue"]) == 0
    printed = capsys.readouterr().out
    assert f"{waiting.id}" in printed and "1 run waits (at most 20 may)." in printed
    assert main(["queue", "--cancel", waiting.id]) == 0 and waiting.run.stop_requested()
    assert main(["queue", "--cancel", run.id]) == 2
    assert main(["clean", "--dry-run"]) == 0 and len(steps(run)) == 10
    assert "Would free" in capsys.readouterr().out
    assert main(["clean"]) == 0 and len(steps(run)) < 10
    assert main(["clean", "--every", "0"]) == 2


def test_a_run_that_is_being_written_to_stops_neither_the_queue_nor_the_warning(
    held: list[FakeRun], monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting, busy = on_cpu(held).queue(), on_cpu(held)
    real = Run.status

    def locked(run: Run) -> Status:
        if run.id == busy.id:
            raise sqlite3.OperationalError("database is locked")
        return real(run)

    monkeypatch.setattr(Run, "status", locked)
    assert [place.run.id for place in queue()["cpu"]] == [waiting.id]
    assert shortage() is None


def test_a_damaged_run_stops_neither_the_queue_nor_cleaning(held: list[FakeRun]) -> None:
    run = ended()
    waiting = on_cpu(held).queue()
    (run.path / "config.json").write_text("{")
    broken = Path(on_cpu(held).run.path)
    (broken / "metrics.sqlite").write_bytes(b"garbage" * 1000)
    assert [place.run.id for place in queue()["cpu"]] == [waiting.id]
    clean()
