"""The playground's widgets: what they offer for a model, what an address restores, when the menu changes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
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
from ganlab.app.playground import model_info, theme, translate
from ganlab.app.playground.latent.panel import DIRECTIONS, choose, refresh, restore
from ganlab.app.playground.photo import photo
from ganlab.app.playground.translated import in_files
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


def named(updates: list[Any]) -> dict[str, Any]:
    """restore()'s updates by the widget they are for."""
    names = ["model", "stage", "nothing", "shown", "seed", "truncation", "count", "lock", "label", "every_label"]
    sliders = [f"direction {number}" for number in range(1, DIRECTIONS + 1)]
    return dict(zip([*names, *sliders, "about", "z"], updates, strict=True))


def test_it_builds_with_a_widget_per_direction() -> None:
    demo = playground.build()
    labels = [getattr(block, "label", None) for block in demo.blocks.values()]
    assert [label for label in labels if str(label).startswith("Direction ")] == [
        f"Direction {n}" for n in range(1, DIRECTIONS + 1)
    ]
    assert "<script>" in theme.head() and theme.head().startswith("<style>")
    assert "image-rendering: pixelated" in theme.style()


def test_without_a_model_it_says_how_to_get_one() -> None:
    state = named(restore(asked()))
    assert state["nothing"]["visible"]
    assert not state["stage"]["visible"]
    assert state["shown"] == []


def test_a_model_brings_its_labels_by_name(fake: Callable[..., FakeRun]) -> None:
    run = fake(z_dim=4)
    state = named(restore(asked()))
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
    state = named(restore(asked(**query)))
    assert state["model"]["value"] == older.id
    assert (state["seed"], state["truncation"], state["count"]) == (7, 0.5, 64)
    assert (state["label"]["value"], state["every_label"]["value"]) == (1, True)
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
    state = named(restore(asked(**query)))
    assert state["model"]["value"] == run.id
    assert (state["seed"], state["truncation"], state["count"], state["label"]["value"]) == (0, 1.0, 16, 0)
    assert state["direction 1"]["value"] == 0


def test_values_beyond_a_slider_are_cut(fake: Callable[..., FakeRun]) -> None:
    fake()
    state = named(restore(asked(offsets="99", truncation="9")))
    assert (state["direction 1"]["value"], state["truncation"]) == (4.0, 1.5)


def test_the_menu_changes_only_when_models_do(fake: Callable[..., FakeRun]) -> None:
    first = fake()
    shown = restore(asked())[3]
    assert all(update.get("__type__") == "update" and len(update) == 1 for update in refresh(first.id, shown))
    second = fake()
    menu = refresh(first.id, shown)
    assert menu[0]["value"] == first.id
    assert {name for _, name in menu[0]["choices"]} == {first.id, second.id}
    first.release()
    first.run.delete()
    assert refresh(first.id, menu[3])[0]["value"] == second.id


def test_a_damaged_model_does_not_break_the_menu(fake: Callable[..., FakeRun]) -> None:
    run = fake()
    (run.run.checkpoints()[-1] / "config.json").write_text("{")
    assert "is damaged" in named(restore(asked()))["about"]
    assert "is damaged" in choose(run.id)[-2]


def test_the_panel_opens_that_fits_the_model_in_the_address() -> None:
    run = Run.create(small("cyclegan", architecture="light", steps=1))
    work(run)
    assert playground._tab(asked(model=run.id)).selected == "translate"
    assert "selected" not in playground._tab(asked())  # the first one, or where a visitor has clicked
    assert playground._tab(asked(tab="translate")).selected == "translate"
    state = translate.restore(asked(model=run.id))
    assert state[0]["value"] == run.id and not state[1]["visible"]
    assert named(restore(asked(model=run.id)))["nothing"]["visible"]  # it draws nothing from z


def test_a_translators_link_restores_its_direction_and_size() -> None:
    run = Run.create(small("cyclegan", architecture="light", steps=1))
    work(run)
    link = translate.linked(run.id, "BtoA", 320)
    query = {key: values[0] for key, values in parse_qs(link.split('href="?')[1].split('"')[0].replace("&amp;", "&")).items()}
    assert query == {"tab": "translate", "model": run.id, "direction": "BtoA", "size": "320"}
    *_, direction, size = translate.restore(asked(**query))
    assert (direction["value"], size) == ("BtoA", 320)
    *_, direction, size = translate.restore(asked(**query | {"direction": "<b>", "size": "9e9"}))
    assert (direction["value"], size) == ("AtoB", 32)  # as it was trained
    assert "model=" not in translate.linked("loaded-of-somebody", "BtoA", 320)


def test_without_a_model_that_translates_the_panel_says_so() -> None:
    menu, nothing, *_ = translate.restore(asked())
    assert menu["choices"] == [] and nothing["visible"]
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
        translate.load_weights(str(file), [])


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
            menu = translate.load_weights(str(file), [])[0]
        warned.append(model_info.notes_named(menu["value"]))
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
