from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas  # type: ignore[import-untyped]
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from ganlab import Run, runs
from ganlab.app.views.status_wording import status_text
from ganlab.core.events import Checkpoint, Finished, Loading, Progress, Samples, Started
from ganlab.core.lock import FileLock, is_held
from ganlab.runtime.checkpoint import checkpoints, read_info, read_model, read_state, save
from ganlab.runtime.recorder import Recorder
from ganlab.runtime.store import Reader, Series, Writer
from tests.support.small import small


def checkpoint(step: int = 5) -> Checkpoint:
    spec = {"image_size": 28, "channels": 1, "conditioning": "none", "num_classes": 0}
    return Checkpoint(
        step, {"G.w": torch.full((3,), float(step))}, {"step": step, "nested": {"t": torch.arange(4)}}, spec, ("a", "b")
    )


def progress(step: int, **metrics: float) -> Progress:
    return Progress(step, 20, ((step, metrics),), 2.0, 16.0, 5.0, 1000)


# -- the lock ---------------------------------------------------------------------------------------------------------------


def test_a_lock_dies_with_its_process(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    code = "import sys, pathlib; from ganlab.core.lock import FileLock; lock = FileLock(pathlib.Path(sys.argv[1]))"
    code += "; assert lock.acquire(); print(1, flush=True); sys.stdin.read()"
    holder = subprocess.Popen([sys.executable, "-c", code, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert holder.stdout is not None and holder.stdout.readline() == b"1\n"
    assert is_held(path) and not FileLock(path).acquire()
    holder.kill()  # and not reaped: os.kill(pid, 0) would still say it lives
    for _ in range(200):
        if not is_held(path):
            break
        time.sleep(0.01)
    os.kill(holder.pid, 0)
    assert not is_held(path)
    holder.communicate()


def test_shared_holders_tolerate_each_other(tmp_path: Path) -> None:
    first, second, third = (FileLock(tmp_path / "lock") for _ in range(3))
    assert first.acquire(shared=True) and second.acquire(shared=True)
    assert not third.acquire()
    first.release()
    second.release()
    assert third.acquire()


# -- the store --------------------------------------------------------------------------------------------------------------


@given(st.lists(st.tuples(st.integers(0, 50), st.sampled_from("abc"), st.floats(-1e9, 1e9)), max_size=60))
def test_what_is_written_is_read(rows: list[tuple[int, str, float]]) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "m.sqlite"
        writer = Writer(path)
        for step, name, value in rows:
            writer.write([(step, {name: value})])
        found = Reader(path).series()
        writer.close()
    expected: dict[str, dict[int, float]] = {}
    for step, name, value in rows:
        expected.setdefault(name, {})[step] = value
    assert {name: dict(zip(s.steps.tolist(), s.values.tolist(), strict=True)) for name, s in found.items()} == expected
    assert all((np.diff(series.steps) > 0).all() for series in found.values())


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=3000), st.integers(4, 200))
def test_a_reduced_series_keeps_its_ends_and_its_spikes(values: list[float], count: int) -> None:
    series = Series(np.arange(len(values)), np.array(values))
    small_one = series.reduced(count)
    assert len(small_one.steps) <= max(count + 2, 4)
    assert small_one.values.min() == series.values.min() and small_one.values.max() == series.values.max()
    assert small_one.steps[0] == 0 and small_one.steps[-1] == len(values) - 1
    assert (np.diff(small_one.steps) > 0).all()


def test_a_failed_write_leaves_nothing_behind(tmp_path: Path) -> None:
    writer = Writer(tmp_path / "m.sqlite")
    with pytest.raises(sqlite3.Error):
        writer.write([(1, {"a": 1.0})], sheets=[object()])  # type: ignore[list-item]
    assert Reader(tmp_path / "m.sqlite").series() == {}
    writer.close()


def test_reading_a_run_that_wrote_nothing_yet_is_empty(tmp_path: Path) -> None:
    reader = Reader(tmp_path / "none.sqlite")
    assert reader.names() == [] and reader.series() == {} and reader.sheets() == [] and reader.state() == {}


# -- checkpoints ------------------------------------------------------------------------------------------------------------


def test_a_checkpoint_reads_back(tmp_path: Path) -> None:
    folder = save(tmp_path, checkpoint(), small().to_dict(), "some-recipe")
    info = read_info(folder)
    assert (info.step, info.labels, info.recipe, info.config["family"]) == (5, ("a", "b"), "some-recipe", "dcgan")
    assert torch.equal(read_model(folder)["G.w"], torch.full((3,), 5.0))
    assert torch.equal(read_state(folder)["nested"]["t"], torch.arange(4))
    assert folder.name == "step-000005"


def test_an_interrupted_checkpoint_is_not_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save(tmp_path, checkpoint(5), {})

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(torch, "save", full)
        with pytest.raises(OSError, match="No space"):
            save(tmp_path, checkpoint(9), {})
    assert [folder.name for folder in checkpoints(tmp_path)] == ["step-000005"]
    save(tmp_path, checkpoint(9), {})
    assert [folder.name for folder in checkpoints(tmp_path)] == ["step-000005", "step-000009"]


def test_steps_sort_by_number(tmp_path: Path) -> None:
    for step in (999_999, 5, 1_000_000):
        save(tmp_path, checkpoint(step), {})
    assert [read_info(folder).step for folder in checkpoints(tmp_path)] == [5, 999_999, 1_000_000]


class Malicious:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return (os.system, ("touch executed",))


def test_a_training_state_never_executes_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import pickle

    monkeypatch.chdir(tmp_path)
    folder = save(tmp_path, checkpoint(), {})
    (folder / "training_state.pt").write_bytes(pickle.dumps(Malicious()))
    with pytest.raises(ValueError, match=r"training_state.pt in step-000005 is damaged"):
        read_state(folder)
    assert not (tmp_path / "executed").exists()


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"format": "ganlab-1"}', '{"format": "other"}', "null"])
def test_a_damaged_config_is_one_sentence(tmp_path: Path, content: str) -> None:
    (tmp_path / "config.json").write_text(content)
    with pytest.raises(ValueError, match=r"config.json in"):
        read_info(tmp_path)


@given(st.binary(max_size=300))
def test_a_damaged_model_is_one_sentence(junk: bytes) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "model.safetensors").write_bytes(junk)
        with pytest.raises(ValueError, match=r"model.safetensors in .* is damaged"):
            read_model(Path(folder))


# -- the run ----------------------------------------------------------------------------------------------------------------


def test_a_run_keeps_what_the_engine_says() -> None:
    run = Run.create(small(), recipe="my-recipe")
    assert run.status().state == "lost" and run.title == "my-recipe" and run.config == small()  # nobody has it in hand
    lock = FileLock(run.lock_path)
    assert lock.acquire()
    with Recorder(run) as recorder:
        recorder.annotate("queued")
        recorder.record(Loading("reading", "MNIST", 12_000, 60_000))
        assert run.status().state == "queued" and status_text(run.status()) == "Reading MNIST: 12,000 of 60,000 images."
        recorder.record(Started(0, 20, "cpu", 60_000, {"G": 1}))
        recorder.record(Samples(0, torch.zeros(4, 1, 8, 8, dtype=torch.uint8), 2))
        recorder.record(progress(4, **{"loss/G/adversarial": 0.5}))
        status = run.status()
        assert (status.state, status.step, status.seconds_left, status.device) == ("running", 4, 8.0, "cpu")
        recorder.record(checkpoint(4))
        recorder.record(Finished(4, "stopped"))
    lock.release()
    assert run.status().state == "stopped" and status_text(run.status()) == "Stopped after step 4."
    assert run.samples() == [0] and run.sample_path(0).read_bytes().startswith(b"\x89PNG")
    assert run.series()["loss/G/adversarial"].values.tolist() == [0.5]
    assert run.last_metrics() == {"loss/G/adversarial": 0.5}
    assert [note.kind for note in run.annotations()] == ["queued", "started", "stopped"]
    assert [run.id for run in runs()] == [run.id] and Run.open(run.id).settings == run.settings


def test_a_sheet_drawn_before_a_failure_is_still_shown() -> None:
    run = Run.create(small())
    with pytest.raises(RuntimeError), Recorder(run) as recorder:
        recorder.record(Samples(7, torch.zeros(4, 1, 8, 8, dtype=torch.uint8), 2))
        raise RuntimeError
    assert run.samples() == [7] and run.sample_path(7).is_file()


def test_ids_sort_by_creation_whatever_the_runs_are_called() -> None:
    made = [Run.create(small(), recipe=name).id for name in ("zebra", "apple", "zebra", "apple", "a/../b", "Ü") * 20]
    assert made == sorted(made) and len(set(made)) == len(made)
    assert [run.id for run in runs()] == made[::-1]


@pytest.mark.parametrize("id", ["", ".", "..", "../x", "/etc", "a/b", "A", "x" * 200, "a\0b", ".deleted-x", "no-such-run"])
def test_an_id_from_outside_never_becomes_a_path(id: str) -> None:
    with pytest.raises(ValueError, match="There is no run named"):
        Run.open(id)


def test_a_run_in_hand_is_not_deleted() -> None:
    run = Run.create(small())
    lock = FileLock(run.lock_path)
    assert lock.acquire()
    with pytest.raises(ValueError, match="still running: stop it first"):
        run.delete()
    lock.release()
    run.delete()
    run.delete()  # two people pressing Delete: one outcome
    assert runs() == []


def test_a_damaged_run_is_one_sentence() -> None:
    run = Run.create(small())
    (run.path / "config.json").write_text(json.dumps(run.settings.to_dict())[:-9])
    with pytest.raises(ValueError, match=r"config.json of the run .* is damaged"):
        _ = Run.open(run.id).settings


def test_the_record_as_columns_fits_pandas() -> None:
    run = Run.create(small())
    assert run.metrics()["step"].tolist() == []
    with Recorder(run) as recorder:
        recorder.record(progress(1, **{"loss/G/adversarial": 0.5}))
        recorder.record(progress(5, **{"loss/G/adversarial": 0.25, "distance/photo-encoder": 7.0}))
    table = pandas.DataFrame(run.metrics())
    assert list(table.columns) == ["step", "distance/photo-encoder", "loss/G/adversarial"] and table["step"].tolist() == [1, 5]
    assert table["loss/G/adversarial"].tolist() == [0.5, 0.25]
    assert table["distance/photo-encoder"].isna().tolist() == [True, False]
