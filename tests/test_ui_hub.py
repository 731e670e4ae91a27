"""The Hub in the playground's menus: what is offered, what a pick or a typed address fetches, and what is said when it cannot."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gradio as gr
import pytest
from hub_server import Hub, serving, use

from ganlab import models, zoo
from ganlab.ui.playground import classes, from_hub, latent, translate
from ganlab.ui.playground.figures import drawing
from ganlab.web import shelf
from ganlab.web.pipelines import PIPELINES
from ganlab.web.shelf import Shelf

HORSES = "checkpoints/horse2zebra_pretrained/latest_net_G.pth"


@pytest.fixture
def online(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """A Hub with two models of ours, and nothing fetched yet."""
    fresh = Shelf()
    for place in (shelf, from_hub):
        monkeypatch.setattr(place, "SHELF", fresh)
    monkeypatch.setattr(shelf, "LOOK_SECONDS", 0.0)
    with serving() as running:
        use(running, tmp_path, monkeypatch)
        for name in ("shapes-quick", "horse2zebra-light"):
            folder = models.SHIPPED / name
            running.add(f"someone/{name}", {path.name: path.read_bytes() for path in folder.iterdir()})
        yield running


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What visitors were warned of."""
    words: list[str] = []
    monkeypatch.setattr(gr, "Warning", lambda text, **_: words.append(text))
    return words


def shown(choices: list[tuple[str, str]], name: str) -> str:
    return next(text for text, value in choices if value == name)


def test_the_menus_say_what_a_model_of_the_catalogue_would_cost(online: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    photos, digits = from_hub.menu([], "translates"), from_hub.menu([], "draws")
    assert shown(photos, "horse2zebra") == "CycleGAN: horses into zebras (Hub, download 46 MB)"
    assert shown(digits, "dcgan-mnist").endswith("(Hub, download 14 MB)")
    assert {value for _, value in photos} & {value for _, value in digits} == set()
    assert len(from_hub.menu([], "any")) == len(zoo.HUB) and from_hub.menu([], "labelled") == []
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    assert shown(from_hub.menu([], "draws"), "dcgan-mnist").endswith("(Hub, offline)")


def test_a_typed_address_is_fetched_with_progress_and_draws(online: Hub, told: list[str]) -> None:
    seen: list[Any] = []
    menu, chosen = from_hub.fetched("draws", drawing, " someone/shapes-quick ", None, lambda *a, **k: seen.append((a, k)))
    assert menu["value"] == chosen == "someone/shapes-quick" and told == []
    assert shown(menu["choices"], chosen) == "someone/shapes-quick (Hub)"
    assert any("Downloading" in how["desc"] and "MB" in how["desc"] for _, how in seen)
    assert latent.choose(chosen)[0]["choices"][0] == ("circle", 0)
    assert len(classes.choose(chosen, 0)[0]["choices"]) == 10
    theirs, ours = (PIPELINES.get(name).sample(1, seed=3, label=2)[0] for name in (chosen, "shapes-quick"))
    assert theirs.tobytes() == ours.tobytes()
    asked = len(online.asked)
    assert from_hub.fetched("draws", drawing, chosen, None)[1] == chosen and len(online.asked) == asked


def test_what_does_not_fit_the_panel_is_said_and_the_menu_goes_back(online: Hub, told: list[str]) -> None:
    menu, chosen = from_hub.fetched("draws", drawing, "someone/horse2zebra-light", "digits-quick")
    assert menu["value"] == chosen == "digits-quick"
    assert told == ["someone/horse2zebra-light is here now, but it translates photos: use it under Translate photos."]
    assert "someone/horse2zebra-light" in [model.name for model in translate._translating()]


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("someone/nothing", "someone/nothing"),
        ("no address at all", "no address on the Hub"),
        ("../../etc/passwd", "no address on the Hub"),
        ("", "no address on the Hub"),
    ],
)
def test_what_cannot_be_had_is_one_sentence(online: Hub, told: list[str], address: str, words: str) -> None:
    _, chosen = from_hub.fetched("draws", drawing, address, "digits-quick")
    assert chosen == "digits-quick" and len(told) == 1 and words in told[0] and "\n" not in told[0]


def test_an_entry_of_the_catalogue_becomes_a_model_with_its_domains(online: Hub, foreign_weights: Path, told: list[str]) -> None:
    weights = foreign_weights / "cyclegan-horse2zebra-compressed" / "latest_net_G.pth"
    commit = online.add("spaces/davidpiscasio/unpaired-img2img", {HORSES: weights.read_bytes()})
    online.repos["spaces/davidpiscasio/unpaired-img2img"].refs["3ce13dc"] = commit
    menu, chosen = from_hub.fetched("translates", translate._translating, "horse2zebra", None)
    assert told == [] and chosen == "horse2zebra"
    assert shown(menu["choices"], "horse2zebra") == "CycleGAN: horses into zebras (Hub)"
    direction, _ = translate.choose("horse2zebra")
    assert direction["choices"] == [("horse to zebra", "AtoB")]
    assert [model.name for model in Shelf().models()] == ["horse2zebra"]  # another start finds it in the cache
