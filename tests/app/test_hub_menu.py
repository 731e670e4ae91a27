"""The Hub in the playground's menus: what is offered, what a pick or a typed address fetches, and what is said when it cannot."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np
import pytest
from PIL import Image, ImageDraw

from ganlab.app import playground
from ganlab.app.playground import classes, hub_menu, model_info, translate
from ganlab.app.playground.draw import sketch
from ganlab.app.playground.explore import nearest
from ganlab.app.playground.fitting import kinds, why_not
from ganlab.app.playground.latent import panel as latent_panel
from ganlab.app.serving import hub_models
from ganlab.app.serving.hub_models import HubModels
from ganlab.app.serving.pipelines import PIPELINES
from ganlab.models import catalogue, pretrained
from tests.support.hub_server import Hub, serving, use

HORSES = "checkpoints/horse2zebra_pretrained/latest_net_G.pth"


@pytest.fixture
def online(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """A Hub with two models of ours, and nothing fetched yet."""
    fresh = HubModels()
    for place in (hub_models, hub_menu):
        monkeypatch.setattr(place, "HUB_MODELS", fresh)
    monkeypatch.setattr(hub_models, "LOOK_SECONDS", 0.0)
    with serving() as running:
        use(running, tmp_path, monkeypatch)
        for name in ("shapes-quick", "horse2zebra-light"):
            folder = catalogue.SHIPPED / name
            running.add(f"someone/{name}", {path.name: path.read_bytes() for path in folder.iterdir()})
        yield running


@pytest.fixture
def warned(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What visitors were warned of."""
    words: list[str] = []
    monkeypatch.setattr(gr, "Warning", lambda text, **_: words.append(text))
    return words


def shown(choices: list[tuple[str, str]], name: str) -> str:
    return next(text for text, value in choices if value == name)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("", ""),
        ("shapes-quick", ""),
        ("dcgan-mnist", "DCGAN: digits at 64 pixels is not on this machine yet: pick it from the menu to download it."),
        ("org/name", "org/name is not on this machine: fetch it under “Another model from the Hub”."),
        (
            "org/name@../x",
            "There is no model named 'org/name@../x' here: it was deleted, or is a run that has no checkpoint yet.",
        ),
        (
            "20260101-gone",
            "There is no model named '20260101-gone' here: it was deleted, or is a run that has no checkpoint yet.",
        ),
        (
            "<b>" * 99,
            f"There is no model named {('<b>' * 99)[:80]!r} here: it was deleted, or is a run that has no checkpoint yet.",
        ),
    ],
)
def test_an_address_that_names_a_model_that_is_not_here_is_answered(online: Hub, name: str, sentence: str) -> None:
    assert playground.missing(name) == sentence


def test_the_menu_says_what_a_model_of_the_catalogue_would_cost(online: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    photos, digits = hub_menu.menu([], "translates"), hub_menu.menu([], "draws")
    assert shown(photos, "horse2zebra") == "CycleGAN: horses into zebras (Hub, download 46 MB)"
    assert shown(digits, "dcgan-mnist").endswith("(Hub, download 14 MB)")
    assert {value for _, value in photos} & {value for _, value in digits} == set()
    assert len(hub_menu.menu([], "any")) == len(pretrained.HUB) and hub_menu.menu([], "labelled") == []
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    assert shown(hub_menu.menu([], "draws"), "dcgan-mnist").endswith("(Hub, offline)")


def test_a_typed_address_is_fetched_with_progress_and_draws(online: Hub, warned: list[str]) -> None:
    seen: list[Any] = []
    chosen = hub_menu.fetched(" someone/shapes-quick ", None, lambda *a, **k: seen.append((a, k)))
    assert chosen == "someone/shapes-quick" and warned == []
    assert shown(hub_menu.menu(hub_models.playable(), "any"), chosen) == "someone/shapes-quick (Hub)"
    assert any(re.fullmatch(r"Downloading [\d.]+ (bytes|[kM]B) of [\d.]+ [kM]B", how["desc"]) for _, how in seen)
    assert latent_panel.choose(chosen)[0]["choices"][0] == ("circle", 0)
    assert len(classes.choose(chosen, 0)[0]["choices"]) == 10
    theirs, ours = (PIPELINES.get(name).sample(1, seed=3, label=2)[0] for name in (chosen, "shapes-quick"))
    assert theirs.tobytes() == ours.tobytes()
    asked = len(online.asked)
    assert hub_menu.fetched(chosen, None) == chosen and len(online.asked) == asked


def test_what_is_fetched_is_chosen_whatever_it_is_for(online: Hub, warned: list[str]) -> None:
    name = "someone/horse2zebra-light"
    assert hub_menu.fetched(name, "digits-quick") == name and warned == []
    assert kinds(name) == {"any", "translates"}
    assert "translates photos and draws nothing from z" in why_not(name, "draws")


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("someone/nothing", "someone/nothing"),
        ("no address at all", "no address on the Hub"),
        ("../../etc/passwd", "no address on the Hub"),
        ("", "no address on the Hub"),
    ],
)
def test_what_cannot_be_had_is_one_sentence(online: Hub, warned: list[str], address: str, words: str) -> None:
    chosen = hub_menu.fetched(address, "digits-quick")
    assert chosen == "digits-quick" and len(warned) == 1 and words in warned[0] and "\n" not in warned[0]


def test_an_entry_of_the_catalogue_becomes_a_model_with_its_domains(
    online: Hub, foreign_weights: Path, warned: list[str]
) -> None:
    weights = foreign_weights / "cyclegan-horse2zebra-compressed" / "latest_net_G.pth"
    commit = online.add("spaces/davidpiscasio/unpaired-img2img", {HORSES: weights.read_bytes()})
    online.repos["spaces/davidpiscasio/unpaired-img2img"].refs["3ce13dc"] = commit
    assert hub_menu.fetched("horse2zebra", None) == "horse2zebra" and warned == []
    assert shown(hub_menu.menu(hub_models.playable(), "any"), "horse2zebra") == "CycleGAN: horses into zebras (Hub)"
    direction, _ = translate.choose("horse2zebra")
    assert direction["choices"] == [("horse to zebra", "AtoB")]
    assert [model.name for model in HubModels().models()] == ["horse2zebra"]  # another start finds it in the cache


def test_a_model_of_the_hub_is_held_against_its_data_as_one_from_here_is(online: Hub, warned: list[str]) -> None:
    hub_menu.fetched("someone/shapes-quick", None)
    theirs, ours = (nearest.answer(name, "0", "circle") for name in ("someone/shapes-quick", "shapes-quick"))
    assert theirs == ours and len(theirs[0]["nearest"]) == 6


def test_a_folder_that_a_model_of_the_hub_names_is_never_read(online: Hub, warned: list[str], tmp_path: Path) -> None:
    files = {path.name: path.read_bytes() for path in (catalogue.SHIPPED / "shapes-quick").iterdir()}
    config = json.loads(files["config.json"])
    config["config"] |= {"dataset": "folder", "data_path": str(tmp_path)}
    online.add("someone/curious", files | {"config.json": json.dumps(config).encode()})
    hub_menu.fetched("someone/curious", None)
    with pytest.raises(ValueError, match="The folder of images that this model was trained on is not on this machine"):
        nearest.answer("someone/curious", "0", "circle")


def test_of_weights_of_others_the_catalogue_says_what_they_were_trained_on(
    online: Hub, foreign_weights: Path, warned: list[str]
) -> None:
    weights = (foreign_weights / "mnist-dcgan" / "generator.pth").read_bytes()
    for repo in ("huggan/dcgan-mnist", "someone/untold"):
        online.add(repo, {"pytorch_model.bin": weights})
    for name in ("dcgan-mnist", "someone/untold"):
        assert hub_menu.fetched(name, None) == name
    corner = Image.new("L", (300, 300), 255)
    ImageDraw.Draw(corner).rectangle((10, 10, 60, 60), fill=0)
    digit, picture = (np.asarray(sketch.shown(PIPELINES.get(name), corner)) for name in ("dcgan-mnist", "someone/untold"))
    assert digit[12:16, 12:16].min() > 200 and picture[12:16, 12:16].max() < 55  # only what is drawn for MNIST is centred
    assert sketch.reading(PIPELINES.get("dcgan-mnist"), Image.fromarray(digit))
    with pytest.raises(ValueError, match="not on this machine"):
        nearest.answer("dcgan-mnist", "0", "")
    with pytest.raises(ValueError, match="someone/untold does not say what it was trained on"):
        nearest.answer("someone/untold", "0", "")


def test_a_refusal_names_the_model_and_no_folder_of_this_machine(online: Hub, warned: list[str], tmp_path: Path) -> None:
    files = {path.name: path.read_bytes() for path in (catalogue.SHIPPED / "shapes-quick").iterdir()}
    config = json.loads(files["config.json"])
    config["config"]["width"] = 16
    online.add("someone/wrong", files | {"config.json": json.dumps(config).encode()})
    hub_menu.fetched("someone/wrong", "digits-quick")
    assert warned[0].startswith("The tensors of someone/wrong do not fit its config.json") and str(tmp_path) not in warned[0]
    assert "/" not in warned[0].replace("someone/wrong", "")


def test_a_fetch_that_fails_leaves_the_choice_as_it_was(online: Hub, warned: list[str]) -> None:
    assert hub_menu.fetched("dcgan-gone", "digits-gan") == "digits-gan"
    assert hub_menu.fetched("someone/nothing", "digits-gan") == "digits-gan" and len(warned) == 2
    assert hub_menu.fetched("someone/nothing", "") is None


def test_the_panels_say_how_good_a_model_is_and_under_which_licence(
    online: Hub, foreign_weights: Path, warned: list[str]
) -> None:
    """Shipped, of the catalogue, of an address, and a run; a collapsed one is called so before its pictures are believed."""
    about = model_info.described("digits-gan")
    assert "partly collapsed. Licence mit; shipped with GANLab." in about
    assert "Known bad" not in about
    online.add("huggan/dcgan-mnist", {"pytorch_model.bin": (foreign_weights / "mnist-dcgan" / "generator.pth").read_bytes()})
    online.add("someone/bad", {"generator.pth": (foreign_weights / "cgan-collapsed" / "generator.pth").read_bytes()})
    for name in ("dcgan-mnist", "someone/bad"):
        assert hub_menu.fetched(name, None) == name
    catalogued, typed = (model_info.described(name) for name in ("dcgan-mnist", "someone/bad"))
    assert "Licence not stated; huggan/dcgan-mnist on the Hub." in catalogued and "Known bad" not in catalogued
    assert "Known bad: it draws nearly the same picture of each class" in typed and "see its page on the Hub" in typed
    assert "Licence other; shipped with GANLab." in model_info.notes_named("facades-light")
    assert model_info.notes_named("nothing") == model_info.notes_named(None) == ""
