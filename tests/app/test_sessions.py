"""Whose tab a stream of answers is for."""

from __future__ import annotations

import pytest

from ganlab.app.security.client import Client
from ganlab.app.security.sessions import Sessions

ADA, BOB = Client("ada", apart=True), Client("bob", apart=True)
API = "/playground/gradio_api"


@pytest.mark.parametrize(
    "path", [f"{API}/queue/data", f"{API}/heartbeat/tab", f"{API}/call/translate/tab", f"{API}/call/v2/a/tab"]
)
def test_a_tab_is_its_seats_alone(path: str) -> None:
    sessions = Sessions()
    assert sessions.may_read(ADA, path, "tab") and sessions.may_read(ADA, path, "tab")
    assert not sessions.may_read(BOB, path, "tab") and sessions.may_read(BOB, f"{API}/queue/data", "another")
    for other in ("/api/runs", f"{API}/call/translate", f"{API}/call/v2/tab", f"{API}/run/tab"):
        assert sessions.may_read(BOB, other, "tab"), "nothing else is a tab's"
    assert sessions.may_read(Client("192.0.2.9"), path, "tab"), "outside of a class there are no seats"


def test_what_is_remembered_is_bounded() -> None:
    sessions = Sessions()
    for number in range(20_100):
        assert sessions.belongs(BOB, f"{number}")
    assert len(sessions._seats) == 20_000
