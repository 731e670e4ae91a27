"""Weights that a visitor brings to Draw from z: what their file leaves open is shown, changed and compared."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import gradio as gr
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from ganlab.app.api.pictures import Order, draw
from ganlab.app.playground import left_open as box
from ganlab.app.playground import weights_file
from ganlab.app.playground.choice import asked_for
from ganlab.app.playground.fitting import kinds
from ganlab.app.playground.hub_menu import fetched
from ganlab.app.playground.latent import panel
from ganlab.app.playground.latent.compare import compare, offered
from ganlab.app.playground.latent.pasted import draw_pasted
from ganlab.app.security import quotas
from ganlab.app.security.client import Client, serving
from ganlab.app.serving.pipelines import PIPELINES, Pipelines
from ganlab.app.serving.variants import parts, query_of, variant
from ganlab.models.adapters.foreign import Basis
from ganlab.models.pipeline import Pipeline
from tests.support import foreign as made
from tests.support.left_open import left_open

__all__ = ["left_open"]


@pytest.fixture(autouse=True)
def nothing_shipped(own_directories: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only what a test brings."""
    monkeypatch.setattr("ganlab.models.catalogue.SHIPPED", own_directories / "shipped")
    monkeypatch.setattr("ganlab.models.pretrained.HUB", ())


@pytest.fixture
def bring(left_open: Path) -> Callable[[], str]:
    def brought() -> str:
        copy = left_open.with_name(f"copy-{len(list(left_open.parent.iterdir()))}.pth")
        shutil.copy(left_open, copy)
        return weights_file.brought(str(copy))[1]

    return brought


def test_what_a_file_leaves_open_is_listed_and_has_controls(bring: Callable[[], str]) -> None:
    outer, facts, change, *controls = box.updates(bring())
    assert outer["visible"] and change["visible"]
    assert facts.startswith("Assumed: activation LeakyReLU 0.2, distribution of z standard normal; not in the file.<br>")
    assert "Unused: 4 tensors (aux.weight, aux.bias, \\x1b[31mred.weight, …)." in facts
    shown = [control for control in controls if control["visible"]]
    assert [control["label"] for control in shown] == ["Activation", "Distribution of z"]
    assert shown[0]["value"] == "leaky_relu(0.2)" and ("ReLU", "relu") in shown[0]["choices"]
    assert shown[0]["info"] == "assumed: the file does not tell"


def test_a_changed_assumption_draws_other_pictures_and_can_be_changed_back(
    bring: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    name = bring()
    first = box.settled(name, ["relu", "normal"])
    assert first == f"{name}?activation=relu"
    request = SimpleNamespace(query_params={})
    made = panel.entered(first, name, request)
    assert made[:-2] == [gr.skip() for _ in made[:-2]]  # a person's seed, label and sliders stay
    before, after = (draw(Order(asked), PIPELINES.get(asked)) for asked in (name, first))
    assert before != after
    second = box.settled(first, ["relu", "uniform(-1,1)"])
    assert parts(second)[1] == {"activation": "relu", "z": "uniform(-1,1)"}
    back = box.settled(second, ["leaky_relu(0.2)", "normal"])
    assert draw(Order(back), PIPELINES.get(back)) == before
    decided = {decision.setting: decision.basis for decision in PIPELINES.get(back).decisions}
    assert decided["activation"] is Basis.CHOSEN
    warned: list[str] = []
    monkeypatch.setattr(gr, "Warning", lambda text, **_: warned.append(text))
    assert box.settled(first, ["cubic<b>", "normal"]) == first
    assert len(warned) == 1 and "&lt;b&gt;" in warned[0]


def test_two_values_are_compared_from_the_same_z(bring: Callable[[], str]) -> None:
    name = bring()
    update = offered(name)
    assert ("activation: ReLU", "activation=relu") in update["choices"] and update["visible"]
    rows = compare("activation=relu", name, 3, None, 1.0)
    assert rows.count("<figure>") == 16 and "<h3>Activation LeakyReLU 0.2</h3>" in rows and "<h3>Activation ReLU</h3>" in rows
    same = compare("z=normal", f"{name}?z=normal", 3, None, 1.0).split("<h3>")[1:]
    assert same[0] == same[1]
    assert compare("", name, 3, None, 1.0) == "" and compare("activation=relu", None, 3, None, 1.0) == ""
    assert "cannot have" in compare("activation=cubic", name, 3, None, 1.0)


def test_a_pasted_seed_is_drawn_from_the_z_that_is_assumed(bring: Callable[[], str]) -> None:
    name = bring()
    for assume in ("", "z=uniform(0,1)"):
        z = draw_pasted("7", variant(name, assume))[0]
        assert [float(number) for number in z.split(",")] == pytest.approx(
            PIPELINES.get(variant(name, assume)).latents(1, 7)[0].tolist()
        )


def test_a_file_is_kept_as_long_as_its_weights(left_open: Path) -> None:
    """Also where each visitor brings the same file, which Gradio keeps once."""
    names = []
    for visitor in ("me", "another", "me", "me"):
        left_open.write_bytes(b"weights")
        with serving(Client(visitor)):
            names.append(weights_file.brought(str(left_open))[1])
        left_open.unlink()  # as Gradio does in the end
    assert quotas.most("models", "seat") == 2
    for name in (names[0], f"{names[0]}?activation=relu"):
        with pytest.raises(ValueError, match="load their file again"):
            PIPELINES.get(name)
    for name in names[1:]:
        assert PIPELINES.get(f"{name}?activation=tanh").decisions[0].value == "tanh"
        assert PIPELINES._files[name].name == left_open.name
    shutil.rmtree(PIPELINES._files[names[-1]].parent)
    with pytest.raises(ValueError, match="load their file again"):
        PIPELINES.get(f"{names[-1]}?activation=relu")
    assert PIPELINES.get(names[-1]).z_dim == 6


def test_no_file_is_kept_of_weights_that_leave_nothing_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(0)
    path = tmp_path / "photos.pth"
    torch.save(made.resnet(2), path)
    assert kinds(weights_file.brought(str(path))[1]) == {"any", "translates"}
    torch.save(made.mlp(), path)
    assert "draws" in kinds(weights_file.brought(str(path))[1])
    monkeypatch.setattr(weights_file, "can_change", lambda _: [])
    torch.save(made.mlp(), path)
    title, name = weights_file.brought(str(path))
    assert title.startswith("photos: ") and PIPELINES.keeps(name) and name not in PIPELINES._files and path.exists()


def test_brought_weights_can_be_picked_again(bring: Callable[[], str]) -> None:
    name = bring()
    assert fetched(name, None) == name
    assert asked_for({"model": f"{name}?activation=relu"}, "draws") == (
        f"{name}?activation=relu",
        [(PIPELINES.get(name).name, name)],
    )  # a reload keeps them


def test_a_checkpoint_of_ours_leaves_nothing_open() -> None:
    assert box.updates(None)[0]["visible"] is False and box.updates("nothing")[0]["visible"] is False
    with pytest.raises(ValueError, match="There is no model named 'nothing'"):
        Pipelines().get("nothing?activation=relu")


@given(st.dictionaries(st.text(min_size=1, max_size=20), st.text(min_size=1, max_size=20), max_size=4))
def test_names_with_assumptions_read_back(assume: dict[str, str]) -> None:
    name = variant("loaded-x", assume)
    assert parts(name) == ("loaded-x", assume) and variant("loaded-x", query_of(name)) == name


def test_pictures_of_z_that_is_uniform(bring: Callable[[], str]) -> None:
    name = bring()
    pipeline = PIPELINES.get(f"{name}?z=uniform(0%2C1)")
    assert isinstance(pipeline, Pipeline) and pipeline.latents(50, 0).min() >= 0
    assert np.isfinite(pipeline.generate(pipeline.latents(2, 0)).numpy()).all()


def test_loading_takes_its_time_from_a_budget() -> None:
    now = [0.0]
    seconds, ada = weights_file._Seconds(lambda: now[0]), Client("ada", "192.0.2.9", apart=True)
    for _ in range(3):
        with seconds.spent(ada):
            now[0] += 30
    with pytest.raises(ValueError, match=r"were loaded from here; try again in \d+ s"), seconds.spent(ada):
        raise AssertionError("it was loaded")
    with seconds.spent(Client("bob", "192.0.2.9", apart=True)):
        now[0] += 1
    now[0] += 60
    with seconds.spent(ada):
        pass
