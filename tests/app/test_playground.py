"""The playground's widgets: what they offer for a model, what an address restores, when the menu changes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs

import gradio as gr
import pytest
import torch
from gradio.data_classes import FileData
from PIL import Image

from ganlab.app import playground
from ganlab.app.playground import choice, fitting, model_info, theme, translate
from ganlab.app.playground.choice import Choice
from ganlab.app.playground.latent.panel import DIRECTIONS
from ganlab.app.playground.photo import photo
from ganlab.app.playground.translated import in_files
from ganlab.app.playground.weights_file import brought
from ganlab.runtime.run import Run, runs_root
from ganlab.runtime.worker import work
from tests.support import foreign as made
from tests.support.fake_runs import FakeRun
from tests.support.small import small


@pytest.fixture(autouse=True)
def nothing_shipped(own_directories: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the models that a test makes."""
    monkeypatch.setattr("ganlab.models.catalogue.SHIPPED", own_directories / "shipped")
    monkeypatch.setattr("ganlab.models.pretrained.HUB", ())


@pytest.fixture
def fake() -> Iterator[Callable[..., FakeRun]]:
    made: list[FakeRun] = []

    def make(**settings: Any) -> FakeRun:
        made.append(FakeRun(runs_root(), **settings))
        return made[-1].start().train(10).checkpoint()

    yield make
    for run in made:
        run.release()


def asked(**query: str) -> Any:
    return SimpleNamespace(query_params=query)


@cache
def head() -> tuple[gr.Blocks, Choice]:
    """The playground and the widgets above its panels, laid out once."""
    kept: list[Choice] = []
    with pytest.MonkeyPatch.context() as patch:
        lay_out = choice.lay_out
        patch.setattr(choice, "lay_out", lambda keys: kept.append(lay_out(keys)) or kept[-1])
        return playground.build(), kept[0]


def function(name: str) -> Any:
    """The function of that name behind an event."""
    return next(one for one in head()[0].fns.values() if one.name == name)


def opened(**query: str) -> dict[str, Any]:
    """What opening an address sets, by the widget that it is for; of Draw from z by its label, and each panel by its name."""
    above = head()[1]
    event = function("opened")
    found = dict(zip(event.outputs, event.fn(asked(**query)), strict=True))
    named: dict[str, Any] = {str(getattr(widget, "label", "")).lower(): value for widget, value in found.items()}
    named |= {str(widget.elem_id): value for widget, value in found.items() if getattr(widget, "elem_id", None)}
    named |= {
        "model": found[above.menu],
        "about": found[above.about],
        "shown": found[above.shown],
        "tab": event.fn(asked(**query))[0],
    }
    for panel in above.panels:
        named |= {panel.key: found[panel.body]["visible"], f"why not {panel.key}": found[panel.why]}
    return named


def refresh(name: str, shown: list[str]) -> dict[str, Any]:
    """What the timer changes, by the widget."""
    above = head()[1]
    found = dict(zip(above.outputs, choice.refreshed(above, name, shown, []), strict=True))
    return {"model": found[above.menu], "name": found[above.name], "shown": found[above.shown]}


def test_it_builds_with_a_widget_per_direction() -> None:
    demo = playground.build()
    labels = [getattr(block, "label", None) for block in demo.blocks.values()]
    assert [label for label in labels if str(label).startswith("Direction ")] == [
        f"Direction {n}" for n in range(1, DIRECTIONS + 1)
    ]
    assert "<script>" in theme.head() and theme.head().startswith("<style>")
    assert "image-rendering: pixelated" in theme.style()


def test_without_a_model_it_says_how_to_get_one() -> None:
    state = opened()
    assert not any(state[key] for key in playground.TABS)
    assert "Train one" in state["why not latent"] and "Train a CGAN" in state["why not classes"]
    assert state["shown"] == []


def test_a_model_brings_its_labels_by_name(fake: Callable[..., FakeRun]) -> None:
    run = fake(z_dim=4)
    state = opened()
    assert state["model"]["value"] == run.id
    assert state["label"]["choices"] == [("disc", 0), ("ring", 1)]
    assert state["label"]["value"] == 0
    assert [state[f"direction {n}"]["visible"] for n in range(1, DIRECTIONS + 1)] == [True] * 4 + [False] * 6
    assert "DCGAN on Shapes, 28 × 28 grey, z of 4 numbers" in state["about"]


def test_an_address_restores_everything(fake: Callable[..., FakeRun]) -> None:
    older, _ = fake(), fake()
    query = {
        "model": older.id,
        "seed": "7",
        "label": "1",
        "truncation": "0.5",
        "offsets": "1,-2",
        "count": "64",
        "every_label": "1",
    }
    state = opened(**query)
    assert state["model"]["value"] == older.id
    assert (state["seed"], state["truncation"], state["samples"]) == (7, 0.5, 64)
    assert (state["label"]["value"], state["one column per label"]["value"]) == (1, True)
    assert [state[f"direction {n}"]["value"] for n in (1, 2, 3)] == [1.0, -2.0, 0.0]


@pytest.mark.parametrize(
    "query",
    [
        {"model": "../../etc"},
        {"seed": "-3"},
        {"seed": "many"},
        {"label": "99"},
        {"label": "-1"},
        {"truncation": "nan"},
        {"truncation": "huge"},
        {"offsets": "a,b"},
        {"offsets": "nan"},
        {"count": "1000000"},
    ],
)
def test_nonsense_in_an_address_is_left_out(query: dict[str, str], fake: Callable[..., FakeRun]) -> None:
    run = fake()
    state = opened(**query)
    assert state["model"]["value"] == run.id
    assert (state["seed"], state["truncation"], state["samples"], state["label"]["value"]) == (0, 1.0, 16, 0)
    assert state["direction 1"]["value"] == 0


def test_values_beyond_a_slider_are_cut(fake: Callable[..., FakeRun]) -> None:
    fake()
    state = opened(offsets="99", truncation="9")
    assert (state["direction 1"]["value"], state["truncation"]) == (4.0, 1.5)


def test_the_menu_changes_only_when_models_do(fake: Callable[..., FakeRun]) -> None:
    first = fake()
    shown = opened()["shown"]
    assert all(update == gr.skip() for update in refresh(first.id, shown).values())
    second = fake()
    menu = refresh(first.id, shown)
    assert menu["model"]["value"] == menu["name"] == first.id
    assert {name for _, name in menu["model"]["choices"]} == {first.id, second.id}
    first.release()
    first.run.delete()
    assert refresh(first.id, menu["shown"])["name"] == second.id


def test_a_damaged_model_does_not_break_the_menu(fake: Callable[..., FakeRun]) -> None:
    run = fake()
    (run.run.checkpoints()[-1] / "config.json").write_text("{")
    assert "is damaged" in opened()["about"]
    assert "is damaged" in model_info.described(run.id)


def test_the_panel_opens_that_fits_the_model_in_the_address() -> None:
    run = Run.create(small("cyclegan", architecture="light", steps=1))
    work(run)
    state = opened(model=run.id)
    assert state["tab"].selected == "translate" and state["model"]["value"] == run.id
    assert state["translate"] and state["layers"]
    assert not state["latent"] and "Train one" in state["why not latent"]  # it draws nothing from z, and no other is here
    assert "selected" not in playground.tab_of({}) and playground.tab_of({"tab": "translate"}) == "translate"


def test_a_model_is_chosen_for_all_panels_and_a_near_one_offered_where_it_does_not_fit(
    fake: Callable[..., FakeRun], monkeypatch: pytest.MonkeyPatch
) -> None:
    labelled, plain = fake(), fake(family="dcgan")
    unlabelled = {plain.id: model_info.ModelInfo("", (), 4)}
    monkeypatch.setattr(fitting, "info_of", lambda name: unlabelled.get(name) or model_info.info_of(name))
    _, above = head()
    state = dict(zip(above.outputs, above.show(plain.id, []), strict=True))
    (classes,) = (panel for panel in above.panels if panel.key == "classes")
    assert json.loads(state[above.served]) == {"name": plain.id, "panels": ["latent", "explore", "draw", "layers"]}
    assert not state[classes.body]["visible"] and "was trained without labels" in state[classes.why]
    (to_near,) = (one.fn for one in head()[0].fns.values() if (classes.near._id, "click") in one.targets)
    state = dict(zip(above.outputs, to_near(plain.id, []), strict=True))
    assert state[above.name] == labelled.id and state[classes.body]["visible"]
    assert state[above.menu]["value"] == labelled.id


def test_a_translators_link_restores_its_direction_and_size() -> None:
    run = Run.create(small("cyclegan", architecture="light", steps=1))
    work(run)
    link = translate.linked(run.id, "BtoA", 320)
    query = {key: values[0] for key, values in parse_qs(link.split('href="?')[1].split('"')[0].replace("&amp;", "&")).items()}
    assert query == {"tab": "translate", "model": run.id, "direction": "BtoA", "size": "320"}
    direction, size, _ = translate.enter(run.id, "", asked(**query))
    assert (direction["value"], size, direction["info"]) == ("BtoA", 320, None)
    direction, size, _ = translate.enter(run.id, "", asked(**query | {"direction": "<b>", "size": "9e9"}))
    assert (direction["value"], size) == ("AtoB", 32)  # as it was trained
    assert "model=" not in translate.linked("loaded-of-another", "BtoA", 320)


def test_without_a_model_that_translates_the_panel_says_so() -> None:
    assert "No model that translates yet" in opened()["why not translate"]
    with pytest.raises(gr.Error, match="There is no model named 'nobody'"):
        translate.run(Image.new("RGB", (8, 8)), "nobody")
    assert "first" in translate.run(None, "nobody")[1]


def test_loading_weights_is_no_endpoint() -> None:
    public = {one.api_name for one in playground.build().fns.values() if one.api_visibility == "public"}
    assert {"translate", "latent_picture"} <= public and "load_weights" not in public


def test_weights_that_translate_nothing_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "weights.pth"
    torch.save({"a.weight": torch.zeros(3)}, file)
    with pytest.raises(gr.Error, match=r"a\.weight"):
        brought(str(file))


def test_weights_that_a_visitor_brings_are_tried_after_their_upload(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that make one picture of every photo are called so in the line below the menu, which nobody waits for."""
    torch.manual_seed(0)
    good = made.resnet(2)
    last = [name for name in good if name.endswith(".weight")][-1]
    warned = []
    for number, state in enumerate((good, good | {last: torch.zeros_like(good[last])})):
        file = tmp_path / f"weights-{number}.pth"
        torch.save(state, file)
        with monkeypatch.context() as patch:
            patch.setattr(model_info, "collapse_text", lambda _: pytest.fail("the upload waited for it"))
            _, name = brought(str(file))
        warned.append(model_info.notes_named(name))
    assert warned[0] == "" and "Known bad: it draws nearly the same picture whatever the photo is" in warned[1]


def test_a_photo_is_read_by_us_after_gradio_made_its_widget_anew(tmp_path: Path) -> None:
    """As it does once an example was clicked: from the class and the settings alone."""
    with gr.Blocks():
        widget = photo(label="Photo")
        again = type(widget)(**widget.constructor_args)
    (tmp_path / "bomb.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(100))
    Image.new("RGBA", (9, 5)).save(tmp_path / "small.png")
    assert again.preprocess(FileData(path=str(tmp_path / "small.png"))).mode == "RGB"
    with pytest.raises(gr.Error, match=r"damaged|not an image"):
        again.preprocess(FileData(path=str(tmp_path / "bomb.png")))


def test_pictures_of_a_translation_are_compressed_before_gradio_has_them() -> None:
    picture = Image.new("RGB", (8, 8))
    answer = in_files(
        lambda photo: [(photo, photo), "words", gr.update(value=photo, visible=True), gr.update(visible=False), None]
    )
    (before, after), words, shown, hidden, nothing = answer(picture)
    assert before == after and Image.open(before).size == (8, 8) and before.endswith(".png")
    assert (words, shown["value"], hidden["visible"], nothing) == ("words", before, False, None)
