"""The picture route: what it draws, how it follows a training run, and that nothing from outside gets further than a sentence."""

from __future__ import annotations

import io
import shutil
import threading
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from starlette.applications import Starlette
from starlette.testclient import TestClient

from ganlab.analysis.explore.latents import Latent
from ganlab.analysis.explore.scores import scores
from ganlab.app.api.pictures import MAX_PIXELS, Order, draw, latents, routes
from ganlab.app.security import quotas
from ganlab.app.security.client import Client, serving
from ganlab.app.serving.pipelines import Pipelines
from ganlab.app.serving.priority import Priority
from ganlab.models.pipeline import Pipeline
from ganlab.runtime.checkpoint import folder_name
from ganlab.runtime.recorder import Recorder
from ganlab.runtime.run import Run, runs_root
from ganlab.training.engine import train
from tests.support.small import small


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the trained runs of this module are copied from."""
    return tmp_path_factory.mktemp("kept")


@pytest.fixture
def trained(kept: Path) -> Callable[[str], Run]:
    """Makes runs of real training, two steps long, in this test's own runs; each family is really trained only once."""

    def copy(family: str) -> Run:
        if not (kept / family).is_dir():
            run = Run.create(small(family, steps=2, samples=4, z_dim=28), root=kept / family)
            record(run)
        (source,) = (kept / family).iterdir()
        shutil.copytree(source, runs_root() / source.name)
        return Run(runs_root() / source.name)

    return copy


def record(run: Run, **changes: int) -> None:
    """Train the run in this process."""
    with Recorder(run) as recorder:
        for event in train(run.config.replace(**changes)):
            recorder.record(event)


@pytest.fixture
def run(trained: Callable[[str], Run]) -> Run:
    return trained("dcgan")


@pytest.fixture
def conditional(trained: Callable[[str], Run]) -> Run:
    return trained("cgan")


@pytest.fixture
def pipelines(monkeypatch: pytest.MonkeyPatch) -> Pipelines:
    """A cache that sees new runs at once."""
    monkeypatch.setattr("ganlab.app.serving.pipelines.CATALOGUE_SECONDS", 0.0)
    return Pipelines()


@pytest.fixture
def ask(pipelines: Pipelines) -> Callable[..., Any]:
    client = TestClient(Starlette(routes=routes(pipelines)))
    return lambda **query: client.get("/api/picture", params=query)


def pixels(response: Any) -> np.ndarray:
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == "image/png"
    return np.asarray(Image.open(io.BytesIO(response.content)))


def test_one_picture_is_the_pipelines_own(run: Run, ask: Callable[..., Any]) -> None:
    response = ask(model=run.id, seed=7)
    expected = np.asarray(Pipeline.load(run.id).sample(1, seed=7)[0])
    assert np.array_equal(pixels(response), expected)
    assert response.headers["x-step"] == "2"
    assert response.headers["cache-control"] == "no-store"
    assert not np.array_equal(pixels(ask(model=run.id, seed=8)), expected)


def test_offsets_move_z_along_the_directions(run: Run, ask: Callable[..., Any]) -> None:
    pipeline = Pipeline.load(run.id)
    z = 0.5 * pipeline.latents(1, 3) + 2 * pipeline.directions[0] - pipeline.directions[2]
    expected = pipeline.generate(z)[0, 0].numpy()
    assert np.array_equal(pixels(ask(model=run.id, seed=3, truncation=0.5, offsets="2,0,-1")), expected)


def test_a_sheet_begins_with_the_picture(run: Run, ask: Callable[..., Any]) -> None:
    sheet, picture = pixels(ask(model=run.id, n=9, offsets="1.5")), pixels(ask(model=run.id, offsets="1.5"))
    assert sheet.shape == (3 * 30 + 2, 3 * 30 + 2)
    assert np.array_equal(sheet[2:30, 2:30], picture)


def test_scale_repeats_whole_pixels(run: Run, ask: Callable[..., Any]) -> None:
    small_one, large = pixels(ask(model=run.id)), pixels(ask(model=run.id, scale=3))
    assert np.array_equal(large, small_one.repeat(3, axis=0).repeat(3, axis=1))


def test_labels(conditional: Run, ask: Callable[..., Any]) -> None:
    """Each row of the label sheet is one z under every label."""
    sheet = pixels(ask(model=conditional.id, n=2, every_label=1, seed=5))
    assert sheet.shape == (2 * 30 + 2, 10 * 30 + 2)
    for label in (0, 9):
        one = pixels(ask(model=conditional.id, seed=5, label=label))
        assert np.array_equal(sheet[2:30, 2 + 30 * label : 30 + 30 * label], one)


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({"model": ""}, "model is missing"),
        ({"model": "../../etc"}, "There is no model named '../../etc'."),
        ({"seed": "-1"}, "seed = '-1' is not a whole number from 0 to"),
        ({"seed": "1.5"}, "seed = '1.5' is not a whole number"),
        ({"seed": "nan"}, "seed = 'nan'"),
        ({"n": "0"}, "n = '0' is not a whole number from 1 to 144."),
        ({"n": "1e9"}, "n = '1e9'"),
        ({"truncation": "3"}, "truncation = '3' is not a number from 0 to 2."),
        ({"truncation": "inf"}, "truncation = 'inf'"),
        ({"offsets": "1,x"}, "offsets = 'x' is not a number"),
        ({"offsets": ",".join(["1"] * 65)}, "offsets has 65 numbers"),
        ({"offsets": ",".join(["1"] * 60)}, "has 28 directions"),
        ({"label": "3"}, "is not conditional: it takes no label."),
        ({"every_label": "1"}, "is not conditional"),
        ({"n": "144", "scale": "16"}, "too large a picture"),
        ({"scale": "17"}, "scale = '17'"),
    ],
)
def test_what_does_not_fit_is_one_sentence(query: dict[str, str], sentence: str, run: Run, ask: Callable[..., Any]) -> None:
    response = ask(**{"model": run.id} | query)
    assert response.status_code == 400
    assert sentence in response.json()["error"]
    assert "Traceback" not in response.text
    assert str(run.path.parent) not in response.text


def test_a_label_out_of_range_names_the_labels(conditional: Run, ask: Callable[..., Any]) -> None:
    response = ask(model=conditional.id, label=10)
    assert response.status_code == 400
    assert "label = 10 is out of range: 0 to 9 (circle" in response.json()["error"]


def test_no_path_is_a_model(run: Run, ask: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """Pipeline.load would take a path; the route must not."""
    folder = run.checkpoints()[-1]
    monkeypatch.chdir(folder.parent)
    assert Pipeline.load(folder.name).step == 2
    for name in (str(folder), folder.name, str(run.path)):
        assert ask(model=name).status_code == 400


def test_the_newest_checkpoint_is_drawn(run: Run, ask: Callable[..., Any]) -> None:
    before = pixels(ask(model=run.id))
    record(run, steps=4)
    response = ask(model=run.id)
    assert response.headers["x-step"] == "4"
    assert not np.array_equal(pixels(response), before)


def test_a_deleted_run_is_a_sentence(run: Run, ask: Callable[..., Any]) -> None:
    assert ask(model=run.id).status_code == 200
    run.delete()
    response = ask(model=run.id)
    assert response.status_code == 400
    assert "There is no model named" in response.json()["error"]


def test_a_damaged_checkpoint_is_a_sentence(run: Run, ask: Callable[..., Any]) -> None:
    (run.checkpoints()[-1] / "model.safetensors").write_bytes(b"nonsense")
    response = ask(model=run.id)
    assert response.status_code == 400
    assert "damaged" in response.json()["error"]
    assert str(run.path.parent) not in response.text


def test_the_least_recently_used_generator_is_dropped(trained: Callable[[str], Run]) -> None:
    first, second, third = (trained(family) for family in ("gan", "dcgan", "lsgan"))
    cache = Pipelines(capacity=2)
    kept, dropped = cache.get(first.id), cache.get(second.id)
    assert cache.get(first.id) is kept
    cache.get(third.id)
    assert cache.get(first.id) is kept
    assert cache.get(second.id) is not dropped


def test_many_threads_load_a_model_once(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    loads: list[str] = []
    load = Pipeline.load
    monkeypatch.setattr(Pipeline, "load", lambda source, **more: loads.append(str(source)) or load(source, **more))
    cache, found = Pipelines(), []
    threads = [threading.Thread(target=lambda: found.append(cache.get(run.id))) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(loads) == 1
    assert len(set(map(id, found))) == 1
    assert folder_name(2) in loads[0]


def test_a_download_is_named_after_the_model(run: Run, ask: Callable[..., Any]) -> None:
    disposition = ask(model=run.id, seed=3, n=4, download=1).headers["content-disposition"]
    assert disposition == f'attachment; filename="{run.id}-seed-3.png"'


def test_memory_is_bounded(run: Run) -> None:
    """The largest answer that is allowed stays below the bound, whatever the model's size."""
    pipeline = Pipeline.load(run.id)
    with pytest.raises(ValueError, match="too large"):
        draw(Order(run.id, n=144, scale=16), pipeline)
    image = Image.open(io.BytesIO(draw(Order(run.id, n=144, scale=12), pipeline)))
    assert image.width * image.height <= 1.1 * MAX_PIXELS
    assert torch.is_inference_mode_enabled() is False


def test_long_work_steps_aside_for_pictures_but_not_for_ever() -> None:
    courtesy = Priority()
    assert courtesy.step_aside() < 0.2  # nobody waits
    with courtesy.waiting(), courtesy.waiting():
        assert 0.05 <= courtesy.step_aside(0.05) < 5  # its turn comes
    assert courtesy.step_aside() < 0.2
    gone = threading.Event()

    def somebody() -> None:
        with courtesy.waiting():
            gone.wait(0.2)

    thread = threading.Thread(target=somebody)
    thread.start()
    while not courtesy._waiting:
        pass
    assert courtesy.step_aside(30) < 20  # as soon as the last one has gone
    thread.join()


def test_what_is_shown_can_be_taken_along_as_it_is(run: Run) -> None:
    pipeline = Pipeline.load(run.path)
    pipeline.name = run.id
    query = {"model": run.id, "seed": "3", "offsets": "1.5,-2", "truncation": "0.7"}
    with TestClient(Starlette(routes=routes())) as client:
        answer = client.get("/api/shown", params=query).json()
        assert client.get("/api/shown", params={"model": "nobody"}).status_code == 400
    latent = Latent.parse(answer["latent"])
    assert latent.model == run.id and torch.equal(latent.tensor(), latents(Order.parse(query), pipeline)[0])
    again = {"model": run.id, "z": ",".join(map(str, latent.z))}
    assert draw(Order.parse(again), pipeline) == draw(Order.parse(query), pipeline)
    images = pipeline.generate(latent.tensor()[None])
    assert answer["score"] == pytest.approx(scores(pipeline, images)[0])  # type: ignore[index]


def test_a_shift_moves_every_z_last(run: Run) -> None:
    pipeline = Pipeline.load(run.path)
    shift = torch.linspace(-1, 1, pipeline.z_dim)
    query = {"model": run.id, "n": "3", "truncation": "0.5", "shift": ",".join(map(str, shift.tolist()))}
    moved = latents(Order.parse(query), pipeline)
    assert torch.allclose(moved, 0.5 * pipeline.latents(3, 0) + shift, atol=1e-6)
    for bad, reason in (("1,2", "shift has 2 numbers"), ("x", "shift = 'x'"), (",".join("1" * 2000), "at most 1024")):
        with pytest.raises(ValueError, match=reason):
            latents(Order.parse(query | {"shift": bad}), pipeline)


@pytest.mark.parametrize(
    ("z", "reason"),
    [("1,2", "z has 2 numbers, but"), ("1,x", "z = 'x' is not"), ("1e9", "z = '1e9' is not"), ("0," * 2000, "at most 1024")],
)
def test_a_z_that_does_not_fit_is_a_sentence(run: Run, z: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        draw(Order.parse({"model": run.id, "z": z}), Pipeline.load(run.path))
    fitting = ",".join(["0"] * 28)
    with pytest.raises(ValueError, match="leave n away"):
        draw(Order.parse({"model": run.id, "z": fitting, "n": "4"}), Pipeline.load(run.path))


def test_whoever_brings_many_weights_gives_up_their_own() -> None:
    pipelines, brought = Pipelines(), [SimpleNamespace(number=number, memory=0) for number in range(20)]
    stranger = pipelines.adopt(brought[0], "a stranger")  # type: ignore[arg-type]
    mine = [pipelines.adopt(one, "me") for one in brought[1:6]]  # type: ignore[arg-type]
    assert [pipelines.get(name) for name in (stranger, *mine[-2:])] == [brought[0], *brought[4:6]]
    with pytest.raises(ValueError, match="load their file again"):
        pipelines.get(mine[0])
    for one in brought[6:]:
        pipelines.adopt(one, f"visitor {one.number}")  # type: ignore[arg-type]
    assert len(pipelines._adopted) == quotas.most("models", "server")


def _weights(megabytes: float) -> SimpleNamespace:
    return SimpleNamespace(memory=int(1e6 * megabytes), step=0)


def test_weights_are_bounded_in_memory_for_each_seat_and_in_all() -> None:
    pipelines, seat, server = Pipelines(), quotas.most("model memory", "seat"), quotas.most("model memory", "server")
    with pytest.raises(ValueError, match="of memory; models of up to"):
        pipelines.adopt(_weights(seat + 1), "ada")
    first, second = (pipelines.adopt(_weights(0.6 * seat), "ada") for _ in range(2))
    assert not pipelines.keeps(first) and pipelines.keeps(second)
    for number in range(10):
        pipelines.adopt(_weights(0.9 * seat), f"seat {number}")
        assert sum(one.pipeline.memory for one in pipelines._adopted.values()) <= 1e6 * server


def test_who_has_most_gives_way_to_others() -> None:
    pipelines = Pipelines()
    ada = pipelines.adopt(_weights(1), "ada")
    for number in range(30):
        for _ in range(2):
            pipelines.adopt(_weights(1), f"seat {number % 6}")
    assert pipelines.keeps(ada) and len(pipelines._adopted) == quotas.most("models", "server")


def test_weights_are_their_seats_alone() -> None:
    pipelines = Pipelines()
    name = pipelines.adopt(_weights(1), "ada")
    for seat, apart, allowed in (("ada", True, True), ("bob", True, False), ("192.0.2.9", False, True)):
        with serving(Client(seat, apart=apart)):
            assert pipelines.keeps(name) is allowed
            if allowed:
                assert pipelines.get(name).step == 0
            else:
                with pytest.raises(ValueError, match="load their file again"):
                    pipelines.get(f"{name}?activation=relu")


def test_weights_go_with_their_seat_and_when_no_one_uses_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr("ganlab.app.serving.pipelines.time.monotonic", lambda: now[0])
    pipelines, file = Pipelines(), tmp_path / "a.pt"
    file.write_bytes(b"weights")
    kept, gone = pipelines.adopt(_weights(1), "ada", file), pipelines.adopt(_weights(1), "bob")
    pipelines._loaded[f"{kept}?activation=relu"] = ((file, 0), _weights(1))
    (moved,) = pipelines._files.values()
    assert moved.exists() and file.exists(), "others of the class may bring the same"
    pipelines.free("nobody")
    pipelines.free("ada")
    assert not pipelines.keeps(kept) and pipelines.keeps(gone) and not pipelines._loaded and not moved.exists()
    now[0] = 1800.0
    pipelines.free_idle()
    assert pipelines.keeps(gone)
    now[0] = 1801.0
    pipelines.get(gone)
    now[0] = 3000.0
    pipelines.free_idle()
    assert pipelines.keeps(gone), "used meanwhile"
    now[0] = 5000.0
    pipelines.free_idle()
    assert not pipelines.keeps(gone)
