"""Whose the playground's files are, and how much of them is kept."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ganlab.app.security import quotas
from ganlab.app.security.client import Client
from ganlab.app.security.upload_owners import Files

ADA, BOB = Client("ada", "192.0.2.9", apart=True), Client("bob", "192.0.2.9", apart=True)
EVE, TEACHER = Client("eve", "192.0.2.66", apart=True), Client("teacher", "", apart=True)
FILE = "/playground/gradio_api/file="


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """A file of so many megabytes in the folder of uploads."""
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))

    def make(name: str, megabytes: float = 1) -> str:
        path = tmp_path / name / "image.png"
        path.parent.mkdir(exist_ok=True)
        with path.open("wb") as file:
            file.truncate(int(1e6 * megabytes))
        return str(path)

    return make


def test_a_file_is_served_to_its_seat_alone(made: Callable[..., str]) -> None:
    files, path = Files(), made("a")
    assert not files.may_read(ADA, FILE + path), "what no one was noted for is no one's"
    files.note(ADA, [path])
    assert files.may_read(ADA, FILE + path)
    assert not any(files.may_read(other, FILE + path) for other in (BOB, EVE, TEACHER))
    files.note(BOB, [path])
    assert files.may_read(BOB, FILE + path), "who has made the same may see it"
    assert files.may_read(EVE, "/api/runs") and not files.may_read(EVE, f"{FILE}/etc/passwd")
    files.show_all([made("page")])
    assert files.may_read(EVE, FILE + made("page"))


def test_outside_of_a_class_there_are_no_seats(made: Callable[..., str]) -> None:
    files, path = Files(), made("a")
    files.note(Client("192.0.2.9", "192.0.2.9"), [path])
    assert files.may_read(Client("192.0.2.10", "192.0.2.10"), FILE + path)


def test_a_seat_that_has_left_leaves_nothing(made: Callable[..., str]) -> None:
    files, own, both, page = Files(), made("own"), made("both"), made("page")
    files.show_all([page])
    files.note(ADA, [own, both, page])
    files.note(BOB, [both])
    files.free("ada")
    assert not Path(own).exists() and Path(both).exists() and Path(page).exists()
    assert (files.stored("ada"), files.stored("bob")) == (0, 1)
    files.free("ada")


def test_what_a_seat_stores_is_bounded_and_freed_with_deletion(made: Callable[..., str]) -> None:
    files, most = Files(), quotas.most("stored", "seat")
    paths = [made(f"{number}", 10) for number in range(20)]
    files.note(BOB, [made("bob", 10)])
    for path in paths:
        files.note(ADA, [path])
        assert files.stored("ada") <= most
    assert [Path(path).exists() for path in paths] == [False] * 8 + [True] * 12, "the oldest of its own go"
    assert files.stored("bob") == 10
    for path in paths:
        Path(path).unlink(missing_ok=True)
    files.forget_deleted()
    assert files.stored("ada") == 0


def test_one_address_on_many_seats_does_not_push_out_another_student(made: Callable[..., str]) -> None:
    """What was seen: 960 MB in 6 s, on seats that cost nothing."""
    files, photo = Files(), made("photo", 5)
    files.note(ADA, [photo])
    seats = [Client(f"taken {number}", ADA.address, apart=True) for number in range(60)]
    paths = []
    for number, seat in enumerate(seats):
        for part in range(3):
            paths.append(made(f"{number}-{part}", 20))
            files.note(seat, [paths[-1]])
    stored = sum(Path(path).stat().st_size for path in paths if Path(path).exists()) / 1e6
    assert 900 < stored <= quotas.most("stored", "address") and files.may_read(ADA, FILE + photo)
    files.note(TEACHER, [made("teacher", 100)])
    assert files.stored("teacher") == 100


def test_many_addresses_stay_within_what_the_server_has(made: Callable[..., str]) -> None:
    files, paths = Files(), []
    for number in range(30):
        paths.append(made(f"{number}", 100))
        files.note(Client(f"seat {number}", f"192.0.2.{number}", apart=True), [paths[-1]])
    assert sum(Path(path).exists() for path in paths) * 100 <= quotas.most("stored", "server")


def test_small_files_are_bounded_in_number(made: Callable[..., str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quotas, "most", lambda *_: 12)
    files = Files()
    for number in range(140):
        files.note(ADA, [made(f"{number}", 0.00001)])
    assert len(files._files) <= 10 * quotas.most("stored", "seat")


@given(st.text(max_size=60))
def test_no_name_breaks_and_none_is_owned_by_chance(name: str) -> None:
    assume(not Path(name).is_file() if "\0" not in name else True)
    files = Files()
    files.note(ADA, [name])
    assert not files.may_read(ADA, FILE + name)
    assert files.may_read(ADA, name) or name.startswith("/playground/gradio_api/file")
