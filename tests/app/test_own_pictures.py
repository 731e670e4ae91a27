"""Train on one's own pictures: looked at before anything starts, the form filled in, uploads kept with their run."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from ganlab.app.serving import looks
from ganlab.app.views.train import own_pictures
from ganlab.core.config import TrainConfig
from ganlab.data.uploads import keep
from ganlab.runtime import checkpoint
from ganlab.runtime.pictures import waiting_place
from ganlab.runtime.run import Run, runs_root
from ganlab.training import proposal
from tests.app.test_pages import address, button, ran, texts, visit
from tests.support.folders import fill, picture
from tests.support.hub_server import serving, use
from tests.support.hub_tables import hub

WIDE = (90, 70)


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Looks end before the page is drawn on, and a step takes a quarter of a second."""
    monkeypatch.setattr(looks, "WAIT", 30.0)
    monkeypatch.setattr(looks, "LOOKS", looks.Looks())
    monkeypatch.setattr(proposal, "_seconds_a_step", lambda *_: 0.25)
    yield


@pytest.fixture
def classes(tmp_path: Path) -> Path:
    """Twelve pictures of cats and forty of dogs."""
    names = {f"{name}/{n}.png": picture((n, 9, 200), WIDE) for name, count in (("cats", 12), ("dogs", 40)) for n in range(count)}
    return fill(tmp_path / "pets", names)


def value(page: AppTest, name: str, family: str = "cgan") -> Any:
    return page.number_input(f"train/{family}/folder/{name}").value


def own(path: object) -> AppTest:
    page = visit("train")
    page.segmented_control("train.mode").set_value("Your own images")
    ran(page.run()).text_input("train/data_path").set_value(str(path))
    return ran(page.run())


def test_pictures_are_shown_and_fill_the_form(classes: Path) -> None:
    page = own(classes)
    assert "52 pictures to train on; colour; the shorter side has 70 pixels" in texts(page)
    assert "2 classes by folder." in texts(page) and "uneven: one class has 3 times as many" in texts(page)
    assert page.selectbox("train.family").value == "cgan"
    assert (value(page, "image_size"), value(page, "batch_size"), value(page, "steps")) == (64, 8, 2400)
    assert page.checkbox("train/cgan/folder/flip").value
    assert "Filled in for these pictures" in texts(page) and "about 10 min here" in texts(page)
    assert not button(page, "Start training").disabled


def test_what_the_visitor_has_changed_stays(classes: Path, tmp_path: Path) -> None:
    page = own(classes)
    page.number_input("train/cgan/folder/batch_size").set_value(20)
    assert "Yours stay: Batch size" in texts(ran(page.run()))
    photos = fill(tmp_path / "grey", {f"{n}.png": picture(n, (40, 40)) for n in range(30)})
    page.text_input("train/data_path").set_value(str(photos))
    assert page.selectbox("train.family").value == "dcgan" if ran(page.run()) else None
    assert (value(page, "batch_size", "dcgan"), value(page, "image_size", "dcgan")) == (20, 32)
    page.selectbox("train.family").set_value("wgan-gp")
    assert value(ran(page.run()), "image_size", "wgan-gp") == 32 and value(page, "batch_size", "wgan-gp") == 20
    assert page.selectbox("train.family").value == "wgan-gp"


def test_what_cannot_serve_stops_at_the_form(tmp_path: Path) -> None:
    broken = picture((1, 2, 3), (300, 200), "JPEG")[:300]
    page = own(fill(tmp_path / "broken", {f"{n}.jpg": broken for n in range(3)}))
    assert "No picture in broken can be used (3 are broken; 0.jpg:" in texts(page)
    assert button(page, "Start training").disabled
    page = visit("train", family="pix2pix", dataset="folder", data_path=str(fill(tmp_path / "a", {"1.png": picture(size=WIDE)})))
    assert "a has no pairs: put the pictures side by side" in texts(page)
    assert button(page, "Start training").disabled


def test_a_look_that_takes_long_holds_up_nothing(classes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looks, "WAIT", 0.0)
    monkeypatch.setattr(looks, "look", lambda _: iter_for_ever())
    monkeypatch.setattr(looks, "GIVEN_UP", -1.0)
    page = own(classes)
    assert "The pictures are being looked through" in texts(page) and button(page, "Start training").disabled
    button(page, "Start without waiting").click()
    assert not button(ran(page.run()), "Start training").disabled


def iter_for_ever() -> Iterator[Any]:
    yield looks.Loading("decoding", "pets", 3, 10)
    yield looks.Loading("decoding", "pets", 4, 10)


def test_uploads_become_one_zip_and_lie_with_their_run() -> None:
    sent = [("pets/cats/../../1.jpg", picture((9, 9, 9), WIDE, "JPEG")), ("pets/dogs/1.jpg", picture((1, 9, 9), WIDE, "JPEG"))]
    path = keep(sent, waiting_place(runs_root()))
    with zipfile.ZipFile(path) as archive:
        assert archive.namelist() == ["pets/cats/1.jpg", "pets/dogs/1.jpg"]
    run = Run.create(TrainConfig(dataset="folder", data_path=str(path)))
    assert run.config.data_path == str(run.path / "pictures.zip")
    assert (run.path / "pictures.zip").read_bytes() == path.read_bytes()
    other = Run.create(run.config)  # as a fork or a repeat makes it
    run.delete()
    assert Path(other.config.data_path).is_file() and other.id in other.config.data_path
    moved = Run(other.path.rename(other.path.with_name("moved")))
    assert moved.config.data_path == str(moved.path / "pictures.zip")
    place, spec = moved.path / "checkpoints" / "step-000001", {"image_size": 28, "channels": 1}
    checkpoint.write(place, checkpoint.Info(other.settings.config, spec, (), 1), {})
    assert checkpoint.read_info(place).config["data_path"] == moved.config.data_path


def test_pictures_that_are_gone_are_one_sentence() -> None:
    path = keep([("1.png", picture())], waiting_place(runs_root()))
    path.unlink()
    with pytest.raises(ValueError, match="no longer here: upload them again"):
        Run.create(TrainConfig(dataset="folder", data_path=str(path)))
    assert not [entry for entry in runs_root().iterdir() if not entry.name.startswith(".")]


def test_an_upload_is_used_in_place_of_a_path(monkeypatch: pytest.MonkeyPatch) -> None:
    class Sent(io.BytesIO):
        name, size = "holiday.jpg", 1234

    files = [Sent(picture((n, 2, 3), WIDE, "JPEG")) for n in range(3)]
    monkeypatch.setattr(own_pictures.st, "file_uploader", lambda *_, **__: files)
    page = visit("train", family="dcgan", dataset="folder")
    page.segmented_control("train.pictures.way").set_value(own_pictures.FILES)
    assert "3 files uploaded" in texts(ran(page.run()))
    assert "3 pictures to train on" in texts(page) and not button(page, "Start training").disabled
    again = visit("train", **address(page))  # a reload: no path and no digest on the screen
    assert "The pictures that were uploaded before" in texts(again)
    assert "train/data_path" not in [field.key for field in again.text_input]
    files.clear()
    button(page, "Upload others").click()
    assert "Name a folder or a zip" in texts(ran(page.run()))


def test_a_data_set_of_the_hub_is_offered_before_it_is_fetched(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    files = {
        f"data/train-{n}.parquet": hub(tmp_path / "t.parquet", image=[picture((n, 8, 8), WIDE)]).read_bytes() for n in (1, 2)
    }
    with serving() as server:
        use(server, tmp_path / "home", monkeypatch)
        server.add("datasets/org/pets", files)
        page = own("org/pets")
        assert "**org/pets** on the Hub:" in texts(page) and "in 2 files" in texts(page)
        assert "not on this machine yet" in texts(page) and button(page, "Start training").disabled and not server.bodies()
        button(page, "Download it").click()
        assert "2 pictures to train on; colour" in texts(ran(page.run()))
        assert not button(page, "Start training").disabled and page.text_input("train/data_path").value == "org/pets"
        assert "There is no dataset org/none on the Hub" in texts(own("org/none"))
