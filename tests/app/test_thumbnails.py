"""The Hub's models on Home: drawn once by themselves when they are here, a drawing of what they do while they are not."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from ganlab.app.playground import hub_menu
from ganlab.app.security import rights
from ganlab.app.serving import hub_models, thumbnails
from ganlab.app.serving.hub_models import HubModels
from ganlab.app.serving.thumbnails import Thumbnails
from ganlab.app.views.home import hub_cards
from ganlab.app.views.home.placeholder import ends, placeholder
from ganlab.models import hub, pretrained
from ganlab.models.entry import ModelEntry
from tests.support import ROOT
from tests.support.hub_server import Hub, serving, use

APP = str(ROOT / "app.py")
HORSES = "checkpoints/horse2zebra_pretrained/latest_net_G.pth"


@pytest.fixture
def online(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, foreign_weights: Path) -> Iterator[Hub]:
    """A Hub with two of the catalogue's models, the real weights of others in their places, and nothing pulled yet."""
    fresh, drawn = HubModels(), Thumbnails()
    for place in (hub_models, hub_menu, hub_cards):
        monkeypatch.setattr(place, "HUB_MODELS", fresh)
    for place in (hub_menu, hub_cards):
        monkeypatch.setattr(place, "THUMBNAILS", drawn)
    monkeypatch.setattr(hub_models, "LOOK_SECONDS", 0.0)
    monkeypatch.setattr("ganlab.models.catalogue.SHIPPED", tmp_path / "none")  # their cards are not what is looked at here
    with serving() as running:
        use(running, tmp_path, monkeypatch)
        weights = (foreign_weights / "cyclegan-horse2zebra-compressed" / "latest_net_G.pth").read_bytes()
        commit = running.add("spaces/davidpiscasio/unpaired-img2img", {HORSES: weights})
        running.repos["spaces/davidpiscasio/unpaired-img2img"].refs["3ce13dc"] = commit
        running.add("huggan/dcgan-mnist", {"pytorch_model.bin": (foreign_weights / "mnist-dcgan" / "generator.pth").read_bytes()})
        yield running
        drawn.finish(30)


def pulled(name: str) -> ModelEntry:
    entry = pretrained.named(name)
    assert entry and entry.address
    hub.pull(entry.address)
    return next(model for model in hub_models.HUB_MODELS.models() if model.name == name)


def home() -> AppTest:
    app = AppTest.from_file(APP, default_timeout=60)
    app.switch_page("pages/home.py")
    app.run()
    assert not app.exception, [element.message for element in app.exception]
    return app


def shown(app: AppTest) -> str:
    return "\n".join(element.value for kind in (app.markdown, app.caption, app.subheader) for element in kind)


def placeholders(app: AppTest) -> list[str]:
    return [element.proto.body for element in app.get("html") if "No samples of" in element.proto.body]


def played(app: AppTest) -> list[str]:
    return [element.proto.query_string for element in app.get("page_link") if element.proto.label == "Play with this"]


def test_what_was_pulled_draws_itself_once_and_a_new_commit_again(online: Hub) -> None:
    model, drawn = pulled("dcgan-mnist"), Thumbnails()
    entry = pretrained.named("dcgan-mnist")
    assert entry and entry.picture is None and model.picture is None
    assert drawn.of(model) is None
    drawn.finish(30)
    path = drawn.of(model)
    assert path and path == entry.picture == model.picture and not drawn.underway(model)
    pixels = np.asarray(Image.open(path).convert("L"), dtype=float)
    assert pixels.shape[0] == pixels.shape[1] >= 200 and pixels.std() > 60  # digits, not a grey sheet
    online.repos["huggan/dcgan-mnist"].commit({"more.txt": b"a newer commit"})
    newer = pulled("dcgan-mnist")
    assert newer.folder != model.folder and newer.picture is None and drawn.of(model) == path


def test_a_translator_shows_before_and_after_side_by_side(online: Hub) -> None:
    model, drawn = pulled("horse2zebra"), Thumbnails()
    drawn.of(model)
    drawn.finish(60)
    path = model.picture
    assert path is not None
    picture = np.asarray(Image.open(path), dtype=float)
    assert picture.shape == (256, 256, 3)
    horse, zebra = (picture[110:140, columns].mean(axis=2) for columns in (slice(90, 120), slice(150, 200)))
    assert horse.std() < 15 and zebra.std() > 40  # an even brown, and stripes


def test_what_draws_nothing_keeps_its_placeholder_and_is_tried_once(online: Hub, caplog: pytest.LogCaptureFixture) -> None:
    tries: list[str] = []

    def fail(model: ModelEntry) -> None:
        tries.append(model.name)
        raise RuntimeError("mat1 and mat2 shapes cannot be multiplied")

    model, drawn = pulled("dcgan-mnist"), Thumbnails(fail)
    for _ in range(3):
        assert drawn.of(model) is None
        drawn.finish(30)
    assert tries == ["dcgan-mnist"] and not drawn.underway(model) and "No picture of dcgan-mnist" in caplog.text


def test_a_fetch_in_the_playground_already_draws_the_picture(online: Hub) -> None:
    assert hub_menu.fetched("dcgan-mnist", None) == "dcgan-mnist"
    hub_menu.THUMBNAILS.finish(30)
    (model,) = hub_models.HUB_MODELS.models()
    assert model.picture is not None


def test_home_waits_for_no_picture_and_shows_it_when_it_is_there(online: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    pulled("dcgan-mnist")
    go = threading.Event()

    def slowly(model: ModelEntry) -> None:
        assert go.wait(60)
        thumbnails.draw(model)

    drawn = Thumbnails(slowly)
    monkeypatch.setattr(hub_cards, "THUMBNAILS", drawn)
    first = home()
    assert "From the Hub, on this machine" in shown(first) and "model=dcgan-mnist" in played(first)
    assert [body for body in placeholders(first) if "its picture is being drawn" in body and "DCGAN: digits" in body]
    assert len(placeholders(first)) == len(pretrained.HUB)
    go.set()
    drawn.finish(60)
    later = home()
    assert len(placeholders(later)) == len(pretrained.HUB) - 1 and not any("being drawn" in body for body in placeholders(later))


def test_home_says_what_is_downloadable_out_of_reach_and_not_for_students(online: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    def picks(app: AppTest) -> list[str]:
        return [element.proto.query_string for element in app.get("page_link") if element.proto.label == "Pick it in Play"]

    page = home()
    assert "From the Hub, on this machine" not in shown(page) and "46 MB to download" in shown(page)
    assert sorted(set(picks(page))) == ["tab=latent", "tab=translate"] and len(picks(page)) == len(pretrained.HUB)
    (box,) = page.expander
    assert box.label == f"On the Hub: {len(pretrained.HUB)}, downloaded when you pick one in Play"
    with monkeypatch.context() as student:
        student.setattr(hub_cards, "may", lambda action: action is not rights.Action.PULL)
        page = home()
        assert picks(page) == [] and not page.expander
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    page = home()
    assert "46 MB out of reach: offline" in shown(page) and page.expander[0].label.endswith(
        "out of reach while this server is offline"
    )


def test_a_placeholder_says_what_leads_where_and_trusts_no_name() -> None:
    leads = {entry.name: ends(entry) for entry in pretrained.HUB}
    assert leads["horse2zebra"] == ("horse", "zebra") and leads["pix2pix-night2day"] == ("night", "day")
    assert leads["dcgan-mnist"] == ("z", "MNIST digits") and leads["punks2apes"] == ("punks", "apes")
    for entry in pretrained.HUB:
        body = placeholder(entry, "not downloaded")
        assert all(f">{word}</b>" in body for word in leads[entry.name]) and "<svg" not in body  # Streamlit would drop it
    assert "<script" not in placeholder(ModelEntry("x", "org/<script>alert(1)</script>", "hub"), "here")
