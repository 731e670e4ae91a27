"""What is proposed for pictures: by what they are and by the device, never over what the user chose."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ganlab.core.errors import DataError
from ganlab.data.inspection import Inspection
from ganlab.training import proposal
from ganlab.training.proposal import propose, usual_family

PHOTOS = Inspection("photos", count=100, tested=0, decoded=100, sides=(200, 300, 400), channels=3)


@pytest.fixture(autouse=True)
def pace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proposal, "_seconds_a_step", lambda *_: 0.25)


def test_photos_are_learned_at_64_pixels_in_colour_and_mirrored() -> None:
    found = propose(PHOTOS, "photos", {"device": "cpu"})
    config = found.config
    assert (config.family, config.dataset, config.data_path) == ("dcgan", "folder", "photos")
    assert (config.image_size, config.flip, config.batch_size, config.width) == (64, True, 16, 32)
    assert config.steps == 2400 and found.whole == 600  # ten minutes


@pytest.mark.parametrize(("side", "size"), [(300, 64), (48, 64), (47, 32), (32, 32), (31, 28), (20, 16)])
def test_small_pictures_are_not_blown_up(side: int, size: int) -> None:
    small = replace(PHOTOS, sides=(side, side, side))
    config = propose(small, "p", {"device": "cpu"}).config
    assert config.image_size == size and config.flip == (side >= 48)


def test_grey_pictures_are_not_mirrored() -> None:
    assert not propose(replace(PHOTOS, channels=1), "p", {"device": "cpu"}).config.flip


@pytest.mark.parametrize(
    ("change", "family"),
    [
        ({}, "dcgan"),
        ({"classes": {"a": 50, "b": 50}}, "cgan"),
        ({"classes": {"a": 95, "b": 5}}, "dcgan"),
        ({"pairs": 80, "domains": {"A": 90, "B": 90}}, "pix2pix"),
        ({"side_by_side": 100}, "pix2pix"),
        ({"domains": {"A": 50, "B": 50}}, "cyclegan"),
    ],
)
def test_the_family_follows_what_there_is(change: dict[str, object], family: str) -> None:
    found = replace(PHOTOS, **change)  # type: ignore[arg-type]
    assert usual_family(found) == family == propose(found, "p", {"device": "cpu"}).config.family


@pytest.mark.parametrize(("family", "side", "size"), [("pix2pix", 256, 128), ("cyclegan", 100, 64)])
def test_on_a_cpu_translators_are_small(family: str, side: int, size: int) -> None:
    found = replace(PHOTOS, sides=(side, side, side), pairs=9, domains={"A": 9, "B": 9})
    config = propose(found, "p", {"device": "cpu", "family": family}).config
    assert (config.image_size, config.width) == (size, 32)


@pytest.mark.parametrize(
    ("family", "words"), [("cgan", "has no labels"), ("pix2pix", "has no pairs"), ("cyclegan", "has no two domains")]
)
def test_a_family_that_cannot_learn_from_the_pictures_is_refused(family: str, words: str) -> None:
    with pytest.raises(DataError, match=f"photos {words}: put the pictures"):
        propose(PHOTOS, "p", {"device": "cpu", "family": family})


def test_what_the_user_chose_stays() -> None:
    chosen = {"device": "cpu", "family": "wgan-gp", "image_size": "32", "steps": "70", "flip": "no"}
    found = propose(PHOTOS, "p", chosen)
    assert (found.config.family, found.config.image_size, found.config.steps, found.config.flip) == ("wgan-gp", 32, 70, False)
    assert not set(found.proposed) & set(chosen)
    with pytest.raises(ValueError, match="steps = 'many' is not a whole number"):
        propose(PHOTOS, "p", {"device": "cpu", "steps": "many"})
    with pytest.raises(ValueError, match="family = 'wgan' is not one of"):
        propose(PHOTOS, "p", {"family": "wgan"})


def test_the_pace_is_measured_on_networks_of_the_family(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    tiny = replace(PHOTOS, sides=(16, 16, 16), classes={"a": 50, "b": 50})
    found = propose(tiny, "p", {"device": "cpu", "width": 4, "batch_size": 2})
    assert found.config.family == "cgan" and 0 < found.seconds < 30
